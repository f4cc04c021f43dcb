using Sim.Foundation.Diagnostics;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers.Reading;

namespace Sim.Workloads.Integers;

/// <summary>
/// Finds the layers of a network whose sums are integers: QLinearConv, QLinearMatMul, ConvInteger, MatMulInteger; Conv, Gemm and MatMul of
/// operands that DequantizeLinear or QONNX's Quant, BipolarQuant and Trunc made, or that <see cref="ReadingOptions.PostTraining"/>
/// quantizes. What it cannot know (scales that are computed at run time, say) it refuses and never guesses.
/// </summary>
public static class IntegerNetworkReader
{
    /// <summary>The integer layers in execution order; null after recording, by node, everything that has no integer meaning.</summary>
    /// <param name="graph">A network that <see cref="Workloads.Onnx.OnnxReader.Load(string, DiagnosticBag)"/> accepts.</param>
    /// <param name="file">The file's name for messages.</param>
    public static IntegerNetwork? Read(NetworkGraph graph, string file, DiagnosticBag bag, ReadingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(bag);
        int before = bag.ErrorCount;
        options ??= new();
        if (options.PostTraining?.Recipe.FoldBatchNormalization == true) graph = BatchNormFolding.Fold(graph);
        GraphReading reading;
        try
        {
            reading = new GraphReading(graph, file, bag, options);
            foreach (Node node in graph.Nodes) NodeReaderCatalogue.Read(reading, node, reading.Fold(node));
        }
        catch (NetworkException e)
        {
            bag.Error(new Location(file, Math.Max(1, e.Node?.Position ?? 1), 1), "INT001", e.Message);
            return null;
        }
        if (bag.ErrorCount > before) return null;
        return new IntegerNetwork(graph, [.. reading.Layers], reading.Notes.ToImmutable())
        {
            Inputs = reading.Inputs.ToImmutable(),
            Outputs = [.. reading.Layers.Select((_, i) => reading.Outputs.GetValueOrDefault(i))],
            Sums = [.. reading.Sums],
            NotJudged = reading.NotJudged.ToImmutable(),
        };
    }
}
