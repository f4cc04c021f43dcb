using System.Collections.Immutable;
using System.Diagnostics;
using Sim.ArchModel;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Mapper;
using Sim.Simulator.Cycles;
using Sim.ArchModel.Reading;
using Sim.Workloads.Graph;
using Sim.Workloads.Generators;

namespace Sim.Cli.Verbs.Bench;

/// <summary>The machine with values: every register of a 32×32 array every cycle, against Verilator; ResNet-50 from event to
/// event.</summary>
internal sealed class MachineBenchmark : IBenchmark
{
    private const int Size = 32, VerilatorCycles = 100_000;
    private const double Goal = 3.3e6, FloatGoal = 1e6, TilesSeconds = 30;

    public string Name => "machine";

    public string Summary => "The cycle machine with real operands, one thread. " +
        "`registers`: every register of a 32x32 array every cycle, on a product of 256x256 outputs and K = 1024 (output-stationary), " +
        "else with 1024 steps in a fold and 256 of the other dimensions; " +
        "the baseline is Verilator on a plain 32x32 int8 output-stationary array in SystemVerilog, in the same run. " +
        "`tiles` and `registers` of ResNet-50: all 54 matrix layers with values (random int8), weight-stationary.";

    public IReadOnlyList<BenchRow> Run(Action<string> progress)
    {
        double? verilator = Verilator.CyclesPerSecond(Size, Size, VerilatorCycles, progress);
        var rows = new List<BenchRow>();
        if (verilator is { } peer) rows.Add(new BenchRow("int8 → int32, output-stationary", "Verilator", VerilatorCycles / peer * 1e3, peer,
            "cycles/s", 1, "itself"));
        foreach (string datapath in new[] { "int8_acc32", "int8_acc16_sat", "fp16_fp32", "bf16_fp32", "e4m3_fp32", "e4m3_fp16" })
        {
            var bag = new DiagnosticBag();
            DatapathSpec spec = DatapathReader.Load(datapath, bag)
                ?? throw new InvalidOperationException($"datapath {datapath} is not in the catalogue");
            foreach (Dataflow dataflow in Enum.GetValues<Dataflow>())
            {
                progress($"{datapath}, {dataflow}");
                rows.Add(Registers(spec, dataflow, verilator));
            }
        }
        foreach (MachineDepth depth in new[] { MachineDepth.Tiles, MachineDepth.Registers })
        {
            progress($"ResNet-50, {depth}");
            rows.Add(Network(depth));
        }
        return rows;
    }

    private static BenchRow Registers(DatapathSpec spec, Dataflow dataflow, double? verilator)
    {
        Architecture design = Design(spec, dataflow, null);
        GemmLayer layer = dataflow switch
        {
            Dataflow.OutputStationary => new("product", "Gemm", 1, 256, 256, 1024, 256 * 1024),
            Dataflow.WeightStationary => new("product", "Gemm", 1, 1024, 256, 256, 256 * 1024),
            _ => new("product", "Gemm", 1, 256, 1024, 256, 256 * 256),
        };
        Mapping mapping = LayerMapper.Map(design, layer).Required;
        MachineOperands operands = RandomOperands.Of(design, layer);
        MachineResult result = Machine.Run(design, mapping, operands);
        // The best of many short runs: other programs on the machine disturb some of them.
        double seconds = Enumerable.Range(0, 3).Min(_ => BestOf.Seconds(() => Machine.Run(design, mapping, operands)));
        double rate = result.Cycles / seconds;
        double goal = spec.Accumulator is FloatAccumulator ? FloatGoal : Goal;
        string what = $"{spec.Name}, {dataflow}, {result.Arithmetic}";
        return verilator is { } peer
            ? new BenchRow(what, "registers", seconds * 1e3, rate, "cycles/s", rate / peer, "Verilator on the int8 array, in the same run",
                spec.Accumulator is FloatAccumulator ? null : 10)
            : new BenchRow(what, "registers", seconds * 1e3, rate, "cycles/s", rate / goal,
                "3.3 M cycles/s, floats 1 M (Verilator is not installed)", 1);
    }

    private static BenchRow Network(MachineDepth depth)
    {
        var bag = new DiagnosticBag();
        Architecture design = Design(DatapathReader.Load("int8_acc32", bag)!, Dataflow.WeightStationary, 16);
        ImmutableArray<(Mapping Mapping, MachineOperands Operands)> layers =
            [.. GeneratedWorkload.ResNet50.Select(l => (LayerMapper.Map(design, l).Required, RandomOperands.Of(design, l)))];
        long start = Stopwatch.GetTimestamp(), cycles = 0;
        foreach ((Mapping mapping, MachineOperands operands) in layers) cycles += Machine.Run(design, mapping, operands, depth).Cycles;
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new BenchRow($"ResNet-50 with values, {cycles} cycles", depth.ToString().ToLowerInvariant(), seconds * 1e3, cycles / seconds,
            "cycles/s", TilesSeconds / seconds, "30 s for the whole network", depth == MachineDepth.Tiles ? 1 : null);
    }

    private static Architecture Design(DatapathSpec spec, Dataflow dataflow, double? bytesPerCycle)
    {
        BufferLevel Buffer(string name, Operands keeps) => new(name, 1 << 20, 1024, 8, true, keeps);
        return new Architecture("bench", "none", 1e9, spec, new PeArray(Size, Size, dataflow),
            [Buffer("activation_buffer", Operands.Activations), Buffer("weight_buffer", Operands.Weights),
                Buffer("output_buffer", Operands.Outputs)],
            new DramLevel("LPDDR4", bytesPerCycle), new VectorUnit(32));
    }
}
