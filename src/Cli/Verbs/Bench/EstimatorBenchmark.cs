using System.Collections.Immutable;
using System.Diagnostics;
using Sim.ArchModel;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Simulator.Timing;
using Sim.Workloads.Generators;
using Sim.Workloads.Graph;

namespace Sim.Cli.Verbs.Bench;

/// <summary>All layers of ResNet-50 mapped and timed, the first time after start and warm, against a budget and against stepping cycles in
/// Python.</summary>
internal sealed class EstimatorBenchmark : IBenchmark
{
    private const double FirstBudgetSeconds = 0.050, BudgetSeconds = 0.001, LlamaBudgetSeconds = 0.020;
    // One AlexNet conv1 of 121,124 cycles took SCALE-Sim v2 11.5 CPU seconds at 32x32 on a shared two-core machine.
    private const double ScaleSimCyclesPerSecond = 121_124 / 11.5;
    private const string Budget = "1 ms for the whole network", LlamaBudget = "20 ms for every layer";
    private const string Peer = "SCALE-Sim v2's 10.5 k simulated cycles a second, measured at 32x32 on another machine";

    public string Name => "estimator";

    public string Summary => "The 54 matrix layers of ResNet-50, and all of Llama-3-8B at 512 tokens, mapped and timed on a 32x32 int8 "
        + "array with 256 KiB buffers, each shape once, one thread; rows `first` are the first run after start. Then the best loop nests that a "
        + "short search finds for the same layers on machines of memories and fabrics.";

    public IReadOnlyList<BenchRow> Run(Action<string> progress)
    {
        ImmutableArray<(GemmLayer Layer, int Times)> layers = Shapes(GeneratedWorkload.ResNet50), llama = Shapes(Llama());
        var rows = new List<BenchRow>();
        foreach (double? bytesPerCycle in new double?[] { 16, null })
        {
            string bus = bytesPerCycle is { } rate ? $"{rate} B/cycle" : "unlimited";
            foreach (Dataflow dataflow in Enum.GetValues<Dataflow>())
            {
                progress($"{dataflow}, {bus}");
                Architecture design = Design(dataflow, bytesPerCycle);
                long cycles = 0;
                long start = Stopwatch.GetTimestamp();
                foreach ((GemmLayer layer, int times) in layers) cycles += times * Estimator.Estimate(design, layer).TotalCycles;
                double first = Stopwatch.GetElapsedTime(start).TotalSeconds;
                int count = layers.Sum(l => l.Times), ofLlama = llama.Sum(l => l.Times);
                double warm = BestOf.Seconds(() => All(design, layers)), wide = BestOf.Seconds(() => All(design, llama));
                string how = bytesPerCycle is null ? "closed form" : "recurrence, extrapolated";
                if (rows.Count == 0) rows.Add(new BenchRow($"{dataflow}, {bus}, first", how, first * 1e3, count / first,
                    "layers/s", FirstBudgetSeconds / first, "50 ms for the first run", 1));
                rows.Add(new BenchRow($"{dataflow}, {bus}", how, warm * 1e3, count / warm, "layers/s", BudgetSeconds / warm,
                    Budget, 1));
                rows.Add(new BenchRow($"{dataflow}, {bus}, {cycles} cycles", how, warm * 1e3, cycles / warm, "cycles/s",
                    cycles / warm / ScaleSimCyclesPerSecond, Peer));
                rows.Add(new BenchRow($"Llama-3-8B, {dataflow}, {bus}", how, wide * 1e3, ofLlama / wide, "layers/s",
                    LlamaBudgetSeconds / wide, LlamaBudget, 1));
            }
        }
        rows.AddRange(NestEstimates.Rows([("ResNet-50", layers, BudgetSeconds, Budget),
            ("Llama-3-8B", llama, LlamaBudgetSeconds, LlamaBudget)], progress));
        return rows;
    }

    private static void All(Architecture design, ImmutableArray<(GemmLayer Layer, int Times)> layers)
    {
        foreach ((GemmLayer layer, _) in layers) Estimator.Estimate(design, layer);
    }

    private static ImmutableArray<(GemmLayer Layer, int Times)> Shapes(IEnumerable<GemmLayer> layers) =>
        [.. layers.GroupBy(l => l with { Name = "" }).Select(g => (g.First(), g.Count()))];

    // Grattafiori et al., The Llama 3 Herd of Models, 2024, table 3: 32 layers of 4096, 8 key heads of 32, feed-forward 14336,
    // 128256 words.
    private static IEnumerable<GemmLayer> Llama()
    {
        const int Tokens = 512;
        static GemmLayer Product(string name, int n, int k, int m = Tokens, int groups = 1) =>
            new(name, "MatMul", groups, m, n, k, (long)groups * m * k);
        for (int i = 0; i < 32; i++)
        {
            yield return Product($"{i}.q", 4096, 4096);
            yield return Product($"{i}.k", 1024, 4096);
            yield return Product($"{i}.v", 1024, 4096);
            yield return Product($"{i}.scores", Tokens, 128, 4 * Tokens, 8);
            yield return Product($"{i}.context", 128, Tokens, 4 * Tokens, 8);
            yield return Product($"{i}.o", 4096, 4096);
            yield return Product($"{i}.gate", 14336, 4096);
            yield return Product($"{i}.up", 14336, 4096);
            yield return Product($"{i}.down", 4096, 14336);
        }
        yield return Product("head", 128256, 4096);
    }

    private static Architecture Design(Dataflow dataflow, double? bytesPerCycle)
    {
        INumberFormat int8 = FormatCatalogue.Parse("int8");
        BufferLevel Buffer(string name, Operands keeps) => new(name, 256 * 1024, 256, 8, true, keeps);
        return new Architecture("bench", "none", 1e9,
            new DatapathSpec("int8", int8, int8, new IntegerAccumulator(32, RegisterOverflow.Wrap)), new PeArray(32, 32, dataflow),
            [Buffer("activation_buffer", Operands.Activations), Buffer("weight_buffer", Operands.Weights),
                Buffer("output_buffer", Operands.Outputs)],
            new DramLevel("LPDDR4", bytesPerCycle), new VectorUnit(32));
    }
}
