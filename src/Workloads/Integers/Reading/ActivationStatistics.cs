using Sim.Workloads.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Workloads.Integers.Reading;

/// <summary>What the operands of matrix layers are on calibration samples: all values, or the extremes where calibration asks for no
/// more.</summary>
internal sealed class ActivationStatistics
{
    private readonly Dictionary<string, List<float>> _values = new(StringComparer.Ordinal);

    internal static ActivationStatistics Of(NetworkGraph graph, Tensor samples, Recipe recipe)
    {
        var statistics = new ActivationStatistics();
        HashSet<string> wanted = [.. graph.Nodes.Where(n => n.OpType is "Conv" or "Gemm" or "MatMul").SelectMany(n => n.Inputs.Take(2))];
        bool extremes = recipe.Activations.Method is CalibrationMethod.AbsMax or CalibrationMethod.None;
        void See(string name, Tensor t)
        {
            if (!wanted.Contains(name) || t.Type != ElementType.Float32 || t.Count == 0) return;
            if (!statistics._values.TryGetValue(name, out List<float>? list)) statistics._values[name] = list = [];
            if (extremes) list.AddRange([t.Floats.Min(), t.Floats.Max()]);
            else list.AddRange(t.Floats);
        }
        Tensor chosen = BatchExecutor.Rows(samples, 0, Math.Min(recipe.CalibrationSamples, samples.Shape[0]));
        See(graph.Inputs[0].Name, chosen);
        BatchExecutor.Run(graph, chosen, observer: See);
        return statistics;
    }

    /// <summary>Values of an operand; null when it was not seen.</summary>
    internal float[]? Values(string name) => _values.TryGetValue(name, out List<float>? list) ? [.. list] : null;
}
