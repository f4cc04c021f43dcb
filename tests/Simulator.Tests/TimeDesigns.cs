using System.Collections.Immutable;
using Sim.ArchModel;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Tests;
using Sim.Workloads.Graph;

namespace Sim.Simulator.Tests;

/// <summary>Small builders for timing tests.</summary>
internal static class TimeDesigns
{
    // Ports that keep up with every array of these tests.
    public const int WidePort = 65536, ManyBanks = 64;

    public static DatapathSpec Int8 { get; } = new("int8", FormatCatalogue.Parse("int8"), FormatCatalogue.Parse("int8"),
        new IntegerAccumulator(32, RegisterOverflow.Wrap));

    public static Architecture Design(PeArray array, long bufferBytes = 1L << 40, bool doubleBuffered = true, double? bytesPerCycle = null,
        DatapathSpec? datapath = null) =>
        new("test", "none", 1e9, datapath ?? Int8, array,
            [
                new BufferLevel("activation_buffer", bufferBytes, WidePort, ManyBanks, doubleBuffered, Operands.Activations),
                new BufferLevel("weight_buffer", bufferBytes, WidePort, ManyBanks, doubleBuffered, Operands.Weights),
                new BufferLevel("output_buffer", bufferBytes, WidePort, ManyBanks, doubleBuffered, Operands.Outputs),
            ],
            new DramLevel("LPDDR4", bytesPerCycle), new VectorUnit(16));

    public static GemmLayer Gemm(int m, int n, int k, int groups = 1) => new("gemm", "Gemm", groups, m, n, k, (long)groups * m * k);

    public static Dataflow DataflowOf(string code) => code switch
    {
        "os" => Dataflow.OutputStationary,
        "ws" => Dataflow.WeightStationary,
        "is" => Dataflow.InputStationary,
        _ => throw new ArgumentOutOfRangeException(nameof(code), code, "os, ws or is"),
    };

    /// <summary>Rows of a CSV file with a header, as column name → cell.</summary>
    public static ImmutableArray<IReadOnlyDictionary<string, string>> Table(string path)
    {
        string[][] lines = [.. ReferenceData.Lines(path).Select(l => l.Split(','))];
        return [.. lines.Skip(1).Select(cells => (IReadOnlyDictionary<string, string>)lines[0].Zip(cells)
            .ToDictionary(p => p.First, p => p.Second))];
    }
}
