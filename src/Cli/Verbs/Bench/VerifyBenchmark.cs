using System.Collections.Immutable;
using System.Diagnostics;
using Sim.Foundation.Random;
using Sim.Verification;
using Sim.Verification.Claims;
using Sim.Verification.Provers;
using Sim.Verification.Relations;
using Sim.Verification.Solvers;
using Sim.Workloads.Generators;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Cli.Verbs.Bench;

/// <summary>How long proofs take, against the times that the project allows.</summary>
internal sealed class VerifyBenchmark : IBenchmark
{
    private const double WeightsPerSecond = 1e9, QuerySeconds = 0.3, LayersSeconds = 60;
    private const int QueryInputs = 1024, Queries = 20;
    private static readonly Interval Int8 = new(-128, 127), UInt8 = new(0, 255);

    public string Name => "verify";

    public string Summary => "Proofs about accumulators: minimal widths in closed form of all channels of a network with the shapes of ResNet-50 (random 8-bit weights, unsigned 8-bit inputs) on one " +
        "core; SMT questions about one channel of 1024 products under a linear relation, one process, median; widths of a network with the shapes of the keyword network by linear programs over its layers. The ratio is the time allowed over the time taken.";

    public IReadOnlyList<BenchRow> Run(Action<string> progress)
    {
        progress("ResNet-50");
        var random = new RandomStream(50);
        ImmutableArray<IntegerLayer> layers = [.. GeneratedWorkload.ResNet50.Select(l => Random(l, random))];
        double weights = layers.Sum(l => (double)l.Weights.Length);
        var options = new VerifyOptions { Threads = 1 };
        double closed = BestOf.Seconds(() =>
        {
            foreach (IntegerLayer layer in layers) Verifier.Minimal(layer, options, tight: false);
        });
        var rows = new List<BenchRow>
        {
            new($"ResNet-50, {layers.Sum(l => l.Rows)} channels, {weights / 1e6:F1} M weights", "closed form, one core", closed * 1e3,
                weights / closed / 1e9, "G weights/s", weights / closed / WeightsPerSecond, "1 G weights/s", 1),
        };
        progress("keyword network");
        IntegerNetwork keywords = KeywordNet.Network();
        long start = Stopwatch.GetTimestamp();
        // Once: a later run would find the layers' chains made.
        var related = new VerifyOptions { Threads = Environment.ProcessorCount, Network = new NetworkRelations(keywords),
            Provers = ProverCatalogue.OverLayers };
        foreach (IntegerLayer layer in keywords.Layers) Verifier.Minimal(layer, related);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        int channels = keywords.Layers.Sum(l => l.Rows);
        rows.Add(new($"keyword network, {channels} channels", "LP over layers", seconds * 1e3, channels / seconds, "channels/s",
            LayersSeconds / seconds, "60 s for the network", 1));
        foreach (SumOrder order in (SumOrder[])[new FinalOrder(), new AnyOrder()])
        {
            progress($"K = {QueryInputs}, {order}");
            if (Median(order) is { } median)
                rows.Add(new($"K = {QueryInputs}, one linear relation, order {order}", "z3, QF_LIA", median * 1e3, 1 / median,
                    "questions/s", QuerySeconds / median, "0.3 s a question", 1));
            else progress("z3 is not here");
        }
        return rows;
    }

    private static IntegerLayer Random(GemmLayer shape, RandomStream random)
    {
        var weights = new int[shape.Groups * shape.N * shape.K];
        for (int i = 0; i < weights.Length; i += 8)
        {
            ulong bits = random.NextUInt64();
            for (int j = i; j < Math.Min(i + 8, weights.Length); j++, bits >>= 8) weights[j] = unchecked((sbyte)bits);
        }
        return new(shape.Name, shape.OpType, shape, weights, Int8, [UInt8]) { Bias = new long[shape.Groups * shape.N] };
    }

    // The seconds of the question in the middle: half of them at the least width that holds, half one bit below.
    private static double? Median(SumOrder order)
    {
        using var solvers = new SolverPool(SolverCommand.Z3());
        var prover = new SmtProver(solvers, TimeSpan.FromSeconds(60));
        var seconds = new List<double>();
        try
        {
            _ = solvers.Solver.Name;
        }
        catch (SolverException)
        {
            return null;
        }
        for (ulong seed = 0; seed < Queries / 2; seed++)
        {
            var random = new RandomStream(seed);
            int[] weights = [.. Enumerable.Range(0, QueryInputs).Select(_ => random.NextInt32(-128, 127))];
            var layer = new IntegerLayer("channel", "MatMul", new GemmLayer("channel", "MatMul", 1, 1, 1, QueryInputs, QueryInputs),
                weights, Int8, [UInt8]);
            ImmutableArray<LinearRelation> relation = [new([.. Enumerable.Repeat(1L, QueryInputs)], null, 64 * QueryInputs + 100)];
            var options = new VerifyOptions { Order = order, Bias = BiasPlacement.None, Relations = (_, _) => relation };
            int least = Verifier.Minimal(layer, options, tight: false).Channels[0].Widths[0];
            foreach (int width in (ReadOnlySpan<int>)[least, least - 1])
            {
                ChannelClaim claim = options.Claim(layer, 0, [width]);
                long start = Stopwatch.GetTimestamp();
                ProverBound bound = prover.Bound(claim);
                seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                if (bound.Reason is not null) throw new InvalidOperationException($"a question of the benchmark stays open: {bound.Reason}");
            }
        }
        return seconds.Order().ElementAt(seconds.Count / 2);
    }
}
