using System.Collections.Immutable;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Simulator.Cycles;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;

namespace Sim.Simulator.Execution;

/// <summary>Is shown the rows of codes that a layer multiplies.</summary>
internal delegate void OperandTap(QuantizedLayer layer, ReadOnlySpan<uint> rows, int m, int group, int zeroPoint);

/// <summary>The operands of every matrix layer for the first sample, as the network's execution makes them.</summary>
internal sealed class OperandCapture
{
    private sealed record Rows(QuantizedLayer Layer, List<uint>[] Groups)
    {
        public int ZeroPoint { get; set; }
    }

    private readonly Dictionary<string, Rows> _rows = new(StringComparer.Ordinal);

    /// <summary>Runs the first sample, and those that share its batch.</summary>
    public static OperandCapture Of(AccuracyPlan plan)
    {
        PreparedNetwork network = plan.Network;
        int batch = network.Graph.Inputs[0].Shape is [> 0, ..] ? network.Graph.Inputs[0].Shape[0] : 1;
        Tensor part = EvaluationData.Slice(network.Data.Inputs, 0, Math.Min(batch, network.Data.Inputs.Shape[0]));
        var capture = new OperandCapture();
        var engine = new DatapathEngine(plan.Quantized, network.ReferenceResults, 0, part.Shape[0]) { Tap = capture.Take };
        GraphExecutor.Run(network.Graph, new Dictionary<string, Tensor> { [network.Graph.Inputs[0].Name] = part }, engine);
        return capture;
    }

    /// <summary>The operands of a layer; null: the datapath does not execute it, or its rows are not those that were mapped.</summary>
    public MachineOperands? Operands(GemmLayer layer, DatapathSpec spec)
    {
        if (!_rows.TryGetValue(layer.Name, out Rows? rows) || rows.Groups.Length != layer.Groups) return null;
        int width = spec.Dot is { Segment: > 0 } unit ? unit.RowCodes(layer.K) : layer.K;
        LayerKernel[] kernels = rows.Layer.Groups;
        if (rows.Groups.Any(g => g.Count < layer.M * width) || kernels.Any(k => k.Codes.Length != layer.N * width)) return null;
        (ImmutableArray<uint> a, ImmutableArray<uint> aScales) = Split(rows.Groups.Select(g => g.ToArray()), layer.M, layer.K, width, spec,
            spec.ActivationBlocks);
        (ImmutableArray<uint> w, ImmutableArray<uint> wScales) = Split(kernels.Select(k => k.Codes), layer.N, layer.K, width, spec,
            spec.WeightBlocks);
        return new MachineOperands(a, w)
        {
            ActivationScales = aScales,
            WeightScales = wScales,
            ActivationZeroPoint = rows.ZeroPoint,
            WeightZeroPoints = kernels.All(k => k.ZeroPoints.Length == 0) ? [] : [.. kernels.SelectMany(k => k.ZeroPoints)],
        };
    }

    private void Take(QuantizedLayer layer, ReadOnlySpan<uint> rows, int m, int group, int zeroPoint)
    {
        string name = layer.Layer.Name;
        if (!_rows.TryGetValue(name, out Rows? kept))
            _rows.Add(name, kept = new Rows(layer, [.. layer.Groups.Select(_ => new List<uint>())]));
        kept.ZeroPoint = zeroPoint;
        kept.Groups[group].AddRange(rows);
    }

    // Rows of codes with scales before each segment, apart.
    private static (ImmutableArray<uint> Codes, ImmutableArray<uint> Scales) Split(IEnumerable<uint[]> groups, int rows, int k, int width,
        DatapathSpec spec, BlockFormat? blocks)
    {
        ImmutableArray<uint>.Builder codes = ImmutableArray.CreateBuilder<uint>(), scales = ImmutableArray.CreateBuilder<uint>();
        int segment = spec.Dot?.Segment ?? 0;
        foreach (uint[] group in groups)
        {
            if (segment == 0)
            {
                codes.AddRange(group.AsSpan(0, rows * k));
                continue;
            }
            for (int r = 0; r < rows; r++)
            {
                for (int i = 0; i < k; i++)
                {
                    int at = r * width + i + i / segment + 1;
                    if (blocks is not null && i % blocks.Size == 0) scales.Add(group[at - i % segment - 1]);
                    codes.Add(group[at]);
                }
            }
        }
        return (codes.ToImmutable(), scales.ToImmutable());
    }
}
