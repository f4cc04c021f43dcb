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
    private const double BudgetSeconds = 0.050;
    // One AlexNet conv1 of 121,124 cycles took SCALE-Sim v2 11.5 CPU seconds at 32x32 on a shared two-core machine.
    private const double ScaleSimCyclesPerSecond = 121_124 / 11.5;
    private const string Budget = "50 ms for the whole network";
    private const string Peer = "SCALE-Sim v2's 10.5 k simulated cycles a second, measured at 32x32 on another machine";

    public string Name => "estimator";

    public string Summary => "The 54 matrix layers of ResNet-50 mapped and timed on a 32x32 int8 array with 256 KiB buffers, one thread; rows `first` are the first run after start.";

    public IReadOnlyList<BenchRow> Run(Action<string> progress)
    {
        ImmutableArray<GemmLayer> layers = GeneratedWorkload.ResNet50;
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
                foreach (GemmLayer layer in layers) cycles += Estimator.Estimate(design, layer).TotalCycles;
                double first = Stopwatch.GetElapsedTime(start).TotalSeconds;
                double warm = BestOf.Seconds(() =>
                {
                    foreach (GemmLayer layer in layers) Estimator.Estimate(design, layer);
                });
                string how = bytesPerCycle is null ? "closed form" : "recurrence over tiles";
                if (rows.Count == 0) rows.Add(new BenchRow($"{dataflow}, {bus}, first", how, first * 1e3, layers.Length / first,
                    "layers/s", BudgetSeconds / first, Budget, 1));
                rows.Add(new BenchRow($"{dataflow}, {bus}", how, warm * 1e3, layers.Length / warm, "layers/s", BudgetSeconds / warm,
                    Budget, 1));
                rows.Add(new BenchRow($"{dataflow}, {bus}, {cycles} cycles", how, warm * 1e3, cycles / warm, "cycles/s",
                    cycles / warm / ScaleSimCyclesPerSecond, Peer));
            }
        }
        return rows;
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
