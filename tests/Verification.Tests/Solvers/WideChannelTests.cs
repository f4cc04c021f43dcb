using System.Collections.Immutable;
using Sim.Tests;
using Sim.Verification.Claims;
using Sim.Verification.Provers;
using Sim.Verification.Solvers;
using Sim.Verification.Verdicts;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Verification.Tests.Solvers;

/// <summary>Channels of 1024 products under a linear relation: the solver against a knapsack that fills by value, written here
/// anew.</summary>
public class WideChannelTests
{
    private const int K = 1024;

    [TestCase("final"), TestCase("any")]
    public void TheSolverFindsTheKnapsackMaximum(string order)
    {
        using SolverPool pool = Z3.Pool();
        int compared = 0;
        for (int seed = 0; seed < 3; seed++)
        {
            (IntegerLayer layer, int budget, VerifyOptions options) = Channel(seed, order);
            ProverBound bound = Z3.Prover(pool).Bound(options.Claim(layer, 0, [64]));
            int[] weights = [.. layer.Weights];
            Assert.That(bound.Reason, Is.Null);
            Assert.That(bound.Ranges[0], Is.EqualTo(new Interval(-Fill(weights.Select(w => -w), budget), Fill(weights, budget))));
            Assert.That(new SimplexBound().Bound(options.Claim(layer, 0, [64])).Ranges[0], Is.EqualTo(bound.Ranges[0]));
            compared += 2;
        }
        Truth.Checked("Proofs", $"tight ranges of channels of 1024 products under a budget, order {order}", "a knapsack in the tests",
            compared, "equal");
    }

    [Test]
    public void AnswersDoNotDependOnTheNumberOfWorkers()
    {
        using SolverPool pool = Z3.Pool();
        var random = new Random(3);
        const int Rows = 24, Products = 40;
        var layer = new IntegerLayer("layer", "MatMul", new GemmLayer("layer", "MatMul", 1, 1, Rows, Products, Products),
            [.. Enumerable.Range(0, Rows * Products).Select(_ => random.Next(-128, 128))], new(-128, 127), [new(0, 255)]);
        ImmutableArray<LinearRelation> relations = [new([.. Enumerable.Repeat(1L, Products)], null, 900),
            new([.. Enumerable.Range(0, Products).Select(k => (long)(k % 5 - 2))], -300, 200)];
        string[] texts = [.. new[] { 1, 2, 2 }.Select(threads => Text(Verifier.Minimal(layer, new VerifyOptions
        {
            Order = new SequentialOrder(), Threads = threads, Relations = (_, _) =>
                relations, Provers = [new PrefixExtremes(), Z3.Prover(pool)],
        })))];
        Assert.That(texts[1], Is.EqualTo(texts[0]));
        Assert.That(texts[2], Is.EqualTo(texts[0]));
        Assert.That(texts[0], Does.Contain("smt").And.Contains("Refuted"));
    }

    [Test]
    public void TooLittleMemoryLeavesTheClaimUnknown()
    {
        using (Z3.Pool()) { }
        using var pool = new SolverPool(SolverCommand.Z3(memoryMiB: 5));
        (IntegerLayer layer, _, VerifyOptions options) = Channel(1, "final");
        int least = Verifier.Minimal(layer, options, tight: false).Channels[0].Widths[0];
        Verdict verdict = new Ladder([new PrefixExtremes(), Z3.Prover(pool)]).Decide(options.Claim(layer, 0, [least]));
        Assert.That(verdict, Is.InstanceOf<Unknown>(), "proved in 5 MiB");
        TestContext.Out.WriteLine(((Unknown)verdict).Reason);
    }

    private static (IntegerLayer, int Budget, VerifyOptions) Channel(int seed, string order)
    {
        var random = new Random(seed);
        int[] weights = [.. Enumerable.Range(0, K).Select(_ => random.Next(-128, 128))];
        const int Budget = 64 * K + 100;
        ImmutableArray<LinearRelation> relations = [new([.. Enumerable.Repeat(1L, K)], null, Budget)];
        return (new("channel", "MatMul", new GemmLayer("channel", "MatMul", 1, 1, 1, K, K), weights, new(-128, 127), [new(0, 255)]), Budget,
            new VerifyOptions { Order = SumOrderCatalogue.Parse(order)!, Bias = BiasPlacement.None, Relations = (_, _) => relations });
    }

    private static Int128 Fill(IEnumerable<int> weights, int budget)
    {
        Int128 sum = 0;
        foreach (int w in weights.Where(w => w > 0).OrderDescending())
        {
            int x = Math.Min(255, budget);
            (sum, budget) = (sum + w * x, budget - x);
        }
        return sum;
    }

    private static string Text(LayerWidth width) => string.Join('\n', width.Channels.Select(c =>
        $"{c.Prover} {string.Join(' ', c.Widths)} {string.Join(' ', c.Bounds)} {string.Join(' ', c.Below.Select(b => b is Refuted r ? $"Refuted {r.Witness.Value} {string.Join(' ', r.Witness.Inputs)}" : $"{b}"))}"));
}
