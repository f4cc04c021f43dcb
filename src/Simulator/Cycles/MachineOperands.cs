using System.Collections.Immutable;
using Sim.ArchModel;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Kernels.Systolic;
using Sim.Mapper;
using Sim.Workloads.Graph;

namespace Sim.Simulator.Cycles;

/// <summary>
/// Operand codes of a layer. Activations: group, m, k row-major (im2col already applied); Weights: group, n, k row-major. Results come out
/// as group, m, n, each as <see cref="IGemmKernel.Run"/> writes it.
/// </summary>
public sealed record MachineOperands(ImmutableArray<uint> Activations, ImmutableArray<uint> Weights)
{
    /// <summary>Scale codes of activations in blocks along K: group, m, block; empty without blocks.</summary>
    public ImmutableArray<uint> ActivationScales { get; init; } = [];

    /// <summary>Scale codes of weights in blocks along K: group, n, block; empty without blocks.</summary>
    public ImmutableArray<uint> WeightScales { get; init; } = [];

    /// <summary>Subtracted from activation codes of an integer format.</summary>
    public int ActivationZeroPoint { get; init; }

    /// <summary>Subtracted from weight codes, one for each group and n; empty: 0.</summary>
    public ImmutableArray<int> WeightZeroPoints { get; init; } = [];

    /// <summary>As a grid reads them.</summary>
    internal GridOperands OfGrid(int k) => new(k, Activations, Weights)
    {
        ActivationScales = ActivationScales,
        WeightScales = WeightScales,
        ActivationZeroPoint = ActivationZeroPoint,
        WeightZeroPoints = WeightZeroPoints,
    };

    /// <summary>Of so many groups those of one block: every <paramref name="blocks"/>th.</summary>
    internal MachineOperands Every(int groups, int blocks, int block)
    {
        if (blocks == 1) return this;
        return new MachineOperands(Some(Activations), Some(Weights))
        {
            ActivationScales = Some(ActivationScales), WeightScales = Some(WeightScales),
        };

        ImmutableArray<uint> Some(ImmutableArray<uint> all)
        {
            int size = all.Length / groups;
            var some = ImmutableArray.CreateBuilder<uint>();
            for (int group = block; group < groups; group += blocks) some.AddRange(all.AsSpan(group * size, size));
            return some.ToImmutable();
        }
    }

    /// <summary>Throws ArgumentException unless there are as many codes and scales as the layer needs.</summary>
    internal void Demand(Architecture architecture, GemmLayer layer)
    {
        long activations = (long)layer.Groups * layer.M * layer.K, weights = layer.SecondElements;
        if (Activations.Length != activations || Weights.Length != weights)
            throw new ArgumentException($"layer '{layer.Name}' needs {activations} activation and {weights} weight codes, " +
                $"found {Activations.Length} and {Weights.Length}");
        Scales("activation", ActivationScales, architecture.Datapath.ActivationBlocks, layer.Groups * layer.M);
        Scales("weight", WeightScales, architecture.Datapath.WeightBlocks, layer.Groups * layer.N);
        if (WeightZeroPoints.Length != 0 && WeightZeroPoints.Length != layer.Groups * layer.N)
            throw new ArgumentException(
                $"layer '{layer.Name}' needs {layer.Groups * layer.N} weight zero points, found {WeightZeroPoints.Length}");

        void Scales(string what, ImmutableArray<uint> scales, BlockFormat? format, int rows)
        {
            int needed = (format?.Blocks(layer.K) ?? 0) * rows, found = scales.IsDefault ? 0 : scales.Length;
            if (found != needed) throw new ArgumentException($"layer '{layer.Name}' needs {needed} {what} scales, found {found}");
        }
    }

    /// <summary>The layer's results by the GEMM kernels, in the order of a mapping.</summary>
    public (ImmutableArray<long> Results, GemmEvents Events) Product(Architecture architecture, Mapping mapping)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        ArgumentNullException.ThrowIfNull(mapping);
        GemmLayer layer = mapping.Layer;
        Datapath.Specs.DatapathSpec spec = architecture.Datapath;
        var results = new long[layer.OutputElements];
        var events = new GemmEvents();
        int k = spec.Dot is { Segment: > 0 } unit ? unit.RowCodes(layer.K) : layer.K, outputs = layer.M * layer.N;
        var order = new Datapath.Specs.ReductionOrder(spec.Dot is { Segment: > 0 } dot ? dot.RowCodes(mapping.Order.Chunk)
            : mapping.Order.Chunk);
        for (int g = 0; g < layer.Groups; g++)
        {
            uint[] a = Rows(spec.ActivationBlocks, Activations, ActivationScales, g, layer.M),
                b = Rows(spec.WeightBlocks, Weights, WeightScales, g, layer.N);
            ReadOnlySpan<int> zeros = WeightZeroPoints.Length == 0 ? [] : WeightZeroPoints.AsSpan().Slice(g * layer.N, layer.N);
            PackedWeights packed = GemmRunner.Pack(spec, order, layer.N, k, b, zeros);
            packed.Run(layer.M, a, ActivationZeroPoint, results.AsSpan(g * outputs, outputs), ref events);
        }
        return (System.Runtime.InteropServices.ImmutableCollectionsMarshal.AsImmutableArray(results), events);

        uint[] Rows(BlockFormat? format, ImmutableArray<uint> codes, ImmutableArray<uint> scales, int group, int rows)
        {
            ReadOnlySpan<uint> all = codes.AsSpan().Slice(group * rows * layer.K, rows * layer.K);
            if (spec.Dot is not { Segment: > 0 } blocks) return all.ToArray();
            var joined = new uint[rows * k];
            int perRow = format?.Blocks(layer.K) ?? 0;
            for (int r = 0; r < rows; r++)
                BlockRows.Join(blocks, format, perRow == 0 ? [] : scales.AsSpan().Slice((group * rows + r) * perRow, perRow),
                    all.Slice(r * layer.K, layer.K)).CopyTo(joined, r * k);
            return joined;
        }
    }
}
