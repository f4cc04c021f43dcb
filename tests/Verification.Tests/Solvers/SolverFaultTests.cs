using System.Collections.Immutable;
using System.Diagnostics;
using Sim.Verification.Claims;
using Sim.Verification.Provers;
using Sim.Verification.Solvers;
using Sim.Verification.Verdicts;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Verification.Tests.Solvers;

/// <summary>Solvers that are missing, die, hang or talk nonsense leave a claim unknown, with the reason: never proved, never
/// refuted.</summary>
public class SolverFaultTests
{
    // A solver in shell: reads a line, answers by the rule of the case; echo commands are answered as a solver answers them.
    private const string Frame = "case \"$line\" in '(echo '*) e=${line#*\\\"}; echo \"${e%%\\\"*}\";; ";

    [TestCase("'(check-sat)') exit 3;;", "died", TestName = "dies")]
    [TestCase("'(check-sat)') echo perhaps;;", "answers 'perhaps'", TestName = "says garbage")]
    [TestCase("'(check-sat)') sleep 60;;", "did not answer", TestName = "hangs")]
    [TestCase("'(check-sat)') echo unknown;;", "does not know", TestName = "does not know")]
    [TestCase("'(check-sat)') echo '(error \"line 7: out of memory\")';;", "complains", TestName = "complains")]
    [TestCase("'(check-sat)') echo sat;; '(get-value '*) echo '((x0 9) (x1 9) (x2 9))';;", "model that is none",
        TestName = "gives a model that is none")]
    [TestCase("'(check-sat)') echo sat;; '(get-value '*) echo '((x0 1) (x1 oops';;", "to get-value", TestName = "gives half a model")]
    [TestCase("'(check-sat)') echo sat;; '(get-value '*) yes '((x0 1)';;", "stop answering", TestName = "does not stop answering")]
    [TestCase("'(check-sat)') echo unsat;;", "void", TestName = "says unsat to everything")]
    public void AFaultySolverLeavesTheClaimUnknown(string rule, string reason)
    {
        string file = Path.Combine(Path.GetTempPath(), $"solver-{Guid.NewGuid():N}.sh");
        File.WriteAllText(file, $"while read -r line; do {Frame}{rule} esac; done\n");
        try
        {
            using var pool = new SolverPool(new SolverCommand("sh", [file], hasObjectives: true) { FixedName = "a solver" });
            var ladder = new Ladder([new PrefixExtremes(), new SmtProver(pool, TimeSpan.FromSeconds(0.5))]);
            Verdict verdict = ladder.Decide(Claim(6));
            Assert.That(verdict, Is.InstanceOf<Unknown>());
            Assert.That(((Unknown)verdict).Reason, Does.Contain(reason));
            Assert.That(verdict.Bounds[0], Is.EqualTo(new Interval(0, 60)));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Test]
    public void AMissingSolverLeavesTheClaimUnknown()
    {
        using var pool = new SolverPool(SolverCommand.Z3("no-such-solver"));
        Verdict verdict = new Ladder([new PrefixExtremes(), Z3.Prover(pool)]).Decide(Claim(6));
        Assert.That((verdict as Unknown)?.Reason, Does.Contain("no-such-solver").And.Contains("cannot be started"));
    }

    [Test]
    public void TheTimeLimitOfZ3LeavesTheBoundsOfTheIntervals()
    {
        using SolverPool pool = Z3.Pool();
        // A subset of 48 numbers of 30 bits with a given sum: no solver of linear integer arithmetic finds out in half a second whether
        // there is one.
        const int K = 48;
        var random = new Random(5);
        long[] numbers = [.. Enumerable.Range(0, K).Select(_ => random.NextInt64(1L << 29, 1L << 30))];
        ChannelClaim claim = Claim(8, [.. Enumerable.Range(1, K)],
            [new LinearRelation([.. numbers], numbers.Sum() / 2, numbers.Sum() / 2)], new(0, 1));
        Verdict verdict = new Ladder([new PrefixExtremes(), Z3.Prover(pool, 0.5)]).Decide(claim);
        Assert.That((verdict as Unknown)?.Reason, Does.Contain("limit 0.5 s").Or.Contains("did not answer"));
    }

    [Test]
    public void ASolverThatIsKilledIsReplaced()
    {
        using SolverPool pool = Z3.Pool();
        int opened = 0, killed = 0;
        using var watched = new SolverPool(new Watched(pool.Solver, () => opened++, session =>
        {
            if (++killed != 2) return;
            using var process = Process.GetProcessById(((SolverProcess)session).ProcessId);
            process.Kill();
            process.WaitForExit();
        }));
        Verdict verdict = new Ladder([new PrefixExtremes(), Z3.Prover(watched)]).Decide(Claim(6));
        Assert.That(verdict, Is.InstanceOf<Proved>());
        Assert.That(opened, Is.EqualTo(2));
        Assert.That(killed, Is.GreaterThan(3), "the questions after the kill");
        Assert.That(new Ladder([new PrefixExtremes(), Z3.Prover(watched)]).Decide(Claim(5)), Is.InstanceOf<Refuted>());
        Assert.That(opened, Is.EqualTo(2), "the session is kept");
    }

    // 10·x0 + 20·x1 + 30·x2 of x in [0, 1] and one-hot: at most 30.
    private static ChannelClaim Claim(int bits) => Claim(bits, [10, 20, 30], [new LinearRelation([1, 1, 1], 1, 1)], new(0, 1));

    private static ChannelClaim Claim(int bits, int[] weights, ImmutableArray<LinearRelation> relations, Interval box)
    {
        var layer = new IntegerLayer("layer", "MatMul", new GemmLayer("layer", "MatMul", 1, 1, 1, weights.Length, weights.Length), weights,
            new(-128, 127), [box]);
        return new(layer, 0, new AnyOrder(), [new Register(bits)], BiasPlacement.None, ZeroPoints.Folded) { Relations = relations };
    }

    private sealed class Watched(ISmtSolver solver, Action opened, Action<ISmtSession> before) : ISmtSolver
    {
        public string Name => solver.Name;

        public bool HasObjectives => solver.HasObjectives;

        public string Limit(TimeSpan time) => solver.Limit(time);

        public ISmtSession Open(CancellationToken cancellation = default)
        {
            opened();
            return new Session(solver.Open(cancellation), before);
        }

        private sealed class Session(ISmtSession session, Action<ISmtSession> before) : ISmtSession
        {
            public string Send(string commands, TimeSpan limit)
            {
                before(session);
                return session.Send(commands, limit);
            }

            public void Dispose() => session.Dispose();
        }
    }
}
