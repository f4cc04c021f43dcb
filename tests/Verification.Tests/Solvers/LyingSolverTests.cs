using System.Collections.Immutable;
using Sim.Tests;
using Sim.Verification.Claims;
using Sim.Verification.Provers;
using Sim.Verification.Solvers;
using Sim.Verification.Verdicts;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Verification.Tests.Solvers;

/// <summary>Solvers that answer wrongly, stop reading or never end: nothing is proved or refuted by them, and nothing waits for them beyond
/// its limit.</summary>
public class LyingSolverTests
{
    private const string Frame = "d=0; while read -r line; do case \"$line\" in '(echo '*) e=${line#*\\\"}; echo \"${e%%\\\"*}\";; '(push 1)') d=1;; '(pop 1)') d=0;; ";

    private const string Model = "'(get-value '*) echo '((x0 1) (x1 0) (x2 0))';; ";

    private const string InsidePush = Model + "'(check-sat)') if [ $d = 1 ]; then echo unsat; else echo sat; fi;;";

    private string _file = "";

    [SetUp]
    public void Name() => _file = Path.Combine(Path.GetTempPath(), $"liar-{Guid.NewGuid():N}.sh");

    [TearDown]
    public void Remove() => File.Delete(_file);

    [Test]
    public void UnsatInsidePushProvesNothing()
    {
        using SolverPool pool = Fake(InsidePush);
        Verdict verdict = Decide(pool, 6);
        Assert.That((verdict as Unknown)?.Reason, Does.Contain("unsat to a question that has an answer"));
        Assert.That(verdict.Bounds[0], Is.EqualTo(new Interval(0, 60)));
    }

    // 30 is reached by inputs that need no solver, so a register of 5 bits (up to 15) is refuted whatever a solver says.
    [TestCase(InsidePush), TestCase(Model + "'(check-sat)') if [ $d = 1 ]; then sleep 30; else echo sat; fi;;")]
    public void WhatInputsReachIsRefutedWhateverASolverSays(string rule)
    {
        using SolverPool pool = Fake(rule);
        Verdict verdict = Decide(pool, 5);
        Assert.That(verdict, Is.TypeOf<Refuted>());
        Assert.That(((Refuted)verdict).Witness.Value, Is.EqualTo((Int128)30));
    }

    [TestCase("'(check-sat)') tr '\\0' x < /dev/zero;;", "does not stop answering",
        TestName = "writes without end and without a line break")]
    [TestCase("'(check-sat)') sleep 20 & exit 0;;", "did not answer within", TestName = "leaves an orphan with its pipe")]
    [TestCase("'(set-logic '*) sleep 20;;", "did not answer within", TestName = "stops reading")]
    public void NothingWaitsBeyondTheLimit(string rule, string reason)
    {
        using SolverPool pool = Fake(rule);
        // More than a pipe holds, so that whoever writes it is held up.
        int[] weights = [.. Enumerable.Range(0, 6000).Select(k => k % 100)];
        ChannelClaim claim = Claim(9, weights, [new LinearRelation([.. weights.Select(_ => 1L)], 1, 1)]);
        Verdict verdict = new Ladder([new PrefixExtremes(), new SmtProver(pool, TimeSpan.FromSeconds(0.3))]).Decide(claim);
        Assert.That((verdict as Unknown)?.Reason, Does.Contain(reason));
    }

    [Test]
    public void AnInterruptEndsTheWait()
    {
        using var interrupt = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        File.WriteAllText(_file, Frame + "'(check-sat)') sleep 60;; esac; done\n");
        using var pool = new SolverPool(new SolverCommand("sh", [_file], true) { FixedName = "a solver" }, interrupt.Token);
        Assert.Throws<OperationCanceledException>(() => new SmtProver(pool, TimeSpan.FromSeconds(600)).Bound(Claim(6)));
    }

    [Test]
    public void ASecondSolverThatContradictsLeavesTheClaimUnknown()
    {
        using SolverPool z3 = Z3.Pool(), fake = Fake("'(check-sat)') echo sat;;");
        using var both = new SolverPool(z3.Solver) { Second = fake };
        Assert.That((Decide(both, 6) as Unknown)?.Reason, Does.Contain("contradict each other"));
    }

    [Test]
    public void TheAnswerNamesTheSecondSolverThatAgrees()
    {
        using SolverPool z3 = Z3.Pool();
        ISmtSolver cvc5 = Installed(SolverCommand.Cvc5());
        using var both = new SolverPool(z3.Solver) { Second = new SolverPool(new OtherSolver(z3.Solver, [SolverCommand.Z3(), cvc5])) };
        Assert.That(Decide(both, 6), Is.TypeOf<Proved>().With.Property(nameof(Proved.Evidence)).One.With.Property(nameof(SmtEvidence.AgreedBy)).StartsWith("cvc5"));
        Assert.That(Decide(z3, 6), Is.TypeOf<Proved>().With.Property(nameof(Proved.Evidence)).One.With.Property(nameof(SmtEvidence.AgreedBy)).Null);
    }

    [Test]
    public void EverySolverGivesTheSameAnswers()
    {
        int compared = 0;
        ISmtSolver[] solvers = [SolverCommand.Z3(), SolverCommand.Cvc5(), Library()];
        for (int seed = 0; seed < 12; seed++)
        {
            var random = new Random(seed);
            int[] weights = [.. Enumerable.Range(0, 7).Select(_ => random.Next(-9, 10))];
            ImmutableArray<LinearRelation> relations = [new([.. weights.Select(_ => (long)random.Next(-2, 3))], -3, 4),
                new([.. weights.Select(_ => 1L)], 1, 3)];
            foreach (SumOrder order in (SumOrder[])[new AnyOrder(), new SequentialOrder()])
            {
                (Interval Bound, string Name)[] bounds = [.. solvers.Select(s =>
                {
                    using var pool = new SolverPool(Installed(s));
                    return (new SmtProver(pool, TimeSpan.FromSeconds(60)).Bound(Claim(20, weights, relations, order)).Ranges[0], s.Name);
                })];
                Assert.That(bounds.Select(b => b.Bound).Distinct().Count(), Is.EqualTo(1), string.Join(", ", bounds));
                Assert.That(bounds[0].Bound, Is.EqualTo(Enumerated(weights, relations, order)));
                compared++;
            }
        }
        Assert.That(compared, Is.EqualTo(24));
    }

    [Test]
    public void TheFirstSolverThatThereIsAnswersAndTheOthersAreNamed()
    {
        List<string> notes = [];
        using var pool = new SolverPool(new FirstSolver([SolverCommand.Z3("no-such-solver"), Installed(SolverCommand.Z3())], notes.Add));
        Assert.That(Decide(pool, 6), Is.TypeOf<Proved>());
        Assert.That(notes, Has.Count.EqualTo(1).And.One.Contains("no-such-solver").And.One.Contains("is asked instead"));
        using var none = new SolverPool(new FirstSolver([SolverCommand.Z3("no-such-solver"), SolverCommand.Z3("nor-this")]));
        Assert.That((Decide(none, 6) as Unknown)?.Reason, Does.Contain("no solver").And.Contain("nor-this"));
    }

    [Test]
    public void ALibraryThatIsMissingSaysSo()
    {
        using var library = new StringWriter();
        string? before = Environment.GetEnvironmentVariable("LIBZ3");
        try
        {
            Environment.SetEnvironmentVariable("LIBZ3", "/no/such/libz3.so");
            var solver = new SolverCommand("env", ["LIBZ3=/no/such/libz3.so", Tool(), Z3Library.WorkerArgument, "256"], true);
            Assert.That(() => solver.Name, Throws.TypeOf<SolverException>().With.Message.Contains("libz3 is not found"));
        }
        finally
        {
            Environment.SetEnvironmentVariable("LIBZ3", before);
        }
    }

    // What every input reaches, by trying all of them.
    private static Interval Enumerated(int[] weights, ImmutableArray<LinearRelation> relations, SumOrder order)
    {
        Int128 low = 0, high = 0;
        bool any = false;
        for (int bits = 0; bits < 1 << weights.Length; bits++)
        {
            int[] x = [.. Enumerable.Range(0, weights.Length).Select(k => bits >> k & 1)];
            if (relations.Any(r => x.Select((v, k) => r.Coefficients[k] * v).Sum() is var sum && (sum < r.Low || sum > r.High))) continue;
            int[] terms = [.. x.Zip(weights, (a, b) => a * b)];
            IEnumerable<int> sums = order is AnyOrder ? [terms.Where(t => t > 0).Sum(), terms.Where(t => t < 0).Sum()]
                : Enumerable.Range(1, terms.Length).Select(n => terms[..n].Sum());
            foreach (int sum in sums) (low, high, any) = (any ? Int128.Min(low, sum) : sum, any ? Int128.Max(high, sum) : sum, true);
        }
        return new(low, high);
    }

    private static Verdict Decide(SolverPool pool, int bits) =>
        new Ladder([new PrefixExtremes(), new SmtProver(pool, TimeSpan.FromSeconds(10))]).Decide(Claim(bits));

    private SolverPool Fake(string rule)
    {
        File.WriteAllText(_file, Frame + rule + " esac; done\n");
        return new(new SolverCommand("sh", [_file], hasObjectives: false) { FixedName = "a solver" });
    }

    private static ISmtSolver Installed(ISmtSolver solver)
    {
        try
        {
            _ = solver.Name;
        }
        catch (SolverException e)
        {
            Assert.Ignore($"needs a solver: {e.Message}");
        }
        return solver;
    }

    private static ISmtSolver Library() => Z3Library.Of(Tool(), []);

    private static string Tool()
    {
        string configuration = Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(typeof(LyingSolverTests).Assembly.Location))!);
        string tool = Path.Combine(ReferenceData.RepositoryRoot, "src", "Cli", "bin", configuration, "net10.0", OperatingSystem.IsWindows()
            ? "sim.exe" : "sim");
        if (!File.Exists(tool)) Assert.Ignore($"needs the built tool: {tool}");
        return tool;
    }

    // 10·x0 + 20·x1 + 30·x2 of x in [0, 1] and one-hot: at most 30.
    private static ChannelClaim Claim(int bits) => Claim(bits, [10, 20, 30], [new LinearRelation([1, 1, 1], 1, 1)]);

    private static ChannelClaim Claim(int bits, int[] weights, ImmutableArray<LinearRelation> relations, SumOrder? order = null)
    {
        var layer = new IntegerLayer("layer", "MatMul", new GemmLayer("layer", "MatMul", 1, 1, 1, weights.Length, weights.Length), weights,
            new(-128, 127), [new(0, 1)]);
        return new(layer, 0, order ?? new AnyOrder(), [new Register(bits)], BiasPlacement.None, ZeroPoints.Folded)
            { Relations = relations };
    }
}
