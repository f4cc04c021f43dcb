using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Simulator.Nests;

/// <summary>The multiply-adders, a chunk at a time.</summary>
internal interface IProducts
{
    /// <summary>Multiplications done.</summary>
    long Macs { get; }

    /// <summary>One chunk, from the given step on; its steps. Adds what instance 0 of the innermost stores reads or takes.</summary>
    long Chunk(long[] index, Span<long> words, Span<int> done);
}

/// <summary>
/// Chunks of products as sets: each axis of an operand is walked by itself, and what a step reads is the product over the axes of the words
/// that children served apart need there.
/// </summary>
internal sealed class TileProducts : IProducts
{
    private sealed record Factor(LoopDim Dim, LoopDim? Taps, bool Counts, int[] Group, bool[] First, int[] Seen, int Size, NestSteps Steps);

    private readonly LoopNest _nest;
    private readonly PlaceTable _leaves;
    private readonly AxisLists _outputs;
    private readonly Factor[][] _factors;
    private readonly InputStore[] _inputs;
    private readonly SumStore _sums;
    private readonly long[] _index;
    private readonly NestSteps[] _steps;
    private int _stamp;

    /// <param name="nest">The nest.</param>
    /// <param name="hierarchy">The machine.</param>
    /// <param name="from">Where the chunk begins.</param>
    /// <param name="stores">By operand: the position of the innermost store.</param>
    /// <param name="inputs">Innermost stores of activations and weights.</param>
    /// <param name="sums">Innermost store of the outputs.</param>
    /// <param name="outputs">Outputs of a chunk, at its beginning.</param>
    public TileProducts(LoopNest nest, Hierarchy hierarchy, int from, int[] stores, InputStore[] inputs, SumStore sums, AxisLists outputs)
    {
        (_nest, _inputs, _sums, _outputs) = (nest, inputs, sums, outputs);
        (_leaves, _index) = (new PlaceTable(nest, nest.Nodes.Length), new long[nest.Nodes.Length]);
        _steps = [.. Enum.GetValues<LoopDim>().Select(d => new NestSteps(nest, from, nest.Nodes.Length, _index, d))];
        _factors = new Factor[3][];
        foreach (Operand operand in Enum.GetValues<Operand>())
        {
            var space = new WordSpace(nest.Layer, operand);
            var factors = new List<Factor>();
            for (int a = 0; a < WordSpace.Axes; a++) factors.Add(Make(space.Dims[a], space.Taps[a], true, (int)space.Sizes[a]));
            foreach (LoopDim dim in Enum.GetValues<LoopDim>())
                if (!space.Has(dim)) factors.Add(Make(dim, null, false, 1));
            _factors[(int)operand] = [.. factors];

            Factor Make(LoopDim dim, LoopDim? taps, bool counts, int size)
            {
                (int[] group, bool[] first, int groups) = Groups(hierarchy, operand, stores[(int)operand], dim, taps);
                return new Factor(dim, taps, counts, group, first, new int[checked(groups * size)], size,
                    new NestSteps(nest, from, nest.Nodes.Length, _index, dim, taps));
            }
        }
    }

    /// <inheritdoc/>
    public long Macs { get; private set; }

    /// <inheritdoc/>
    public long Chunk(long[] index, Span<long> words, Span<int> done)
    {
        index.CopyTo(_index, 0);
        for (int x = 0; x < 3; x++)
        {
            (long all, long first) = (1, 1);
            foreach (Factor factor in _factors[x])
            {
                (long a, long f) = Sum(factor);
                checked { (all, first) = (all * a, first * f); }
            }
            if (x < 2) _inputs[x].Reads += all;
            else _sums.Updates += all;
            words[x] += first;
        }
        long steps = 1;
        foreach (NestSteps loops in _steps)
        {
            long own = 1;
            while (loops.Next() >= 0) own++;
            steps = checked(steps * own);
        }
        Complete(index, done);
        return steps;
    }

    private void Complete(long[] index, Span<int> done)
    {
        PlaceTable places = _outputs.Places;
        places.Move(index);
        _outputs.Move();
        for (int i = 0; i < places.Instances; i++)
        {
            if (!places.IsActive(i)) continue;
            int products = 1;
            foreach (LoopDim d in new[] { LoopDim.C, LoopDim.R, LoopDim.S })
                products = checked(products * (int)places.Sizes(d)[places.Own(d, i)]);
            foreach (AxisEntry a in _outputs.Of(0, i))
                foreach (AxisEntry b in _outputs.Of(1, i))
                    foreach (AxisEntry c in _outputs.Of(2, i))
                        foreach (AxisEntry d in _outputs.Of(3, i))
                            foreach (AxisEntry e in _outputs.Of(4, i))
                            {
                                done[(int)(a.Word + b.Word + c.Word + d.Word + e.Word)] += products;
                                Macs += products;
                            }
        }
    }

    // Over the steps of its own loops: different words (or places in use) of children served apart, of all and of the first instance.
    private (long All, long First) Sum(Factor factor)
    {
        (long all, long first) = (0, 0);
        do
        {
            _leaves.Move(_index);
            _stamp = checked(_stamp + 1);
            ReadOnlySpan<long> starts = _leaves.Starts(factor.Dim), sizes = _leaves.Sizes(factor.Dim);
            int taps = factor.Taps is { } t ? _leaves.Sizes(t).Length : 1;
            for (int local = 0; local < factor.Group.Length; local++)
            {
                if (sizes[local / taps] <= 0 || (factor.Taps is { } tap && _leaves.Sizes(tap)[local % taps] <= 0)) continue;
                long word = !factor.Counts ? 0 : factor.Taps is not { } window ? starts[local]
                    : starts[local / taps] * _nest.Layer.Stride(factor.Dim)
                        + _leaves.Starts(window)[local % taps] * _nest.Layer.Dilation(window);
                ref int seen = ref factor.Seen[factor.Group[local] * factor.Size + (int)word];
                if (seen == _stamp) continue;
                seen = _stamp;
                all++;
                if (factor.First[local]) first++;
            }
        }
        while (factor.Steps.Next() >= 0);
        return (all, first);
    }

    // For each choice of the spatial indices of one or two dimensions: which are served together, and which stand below instance 0.
    private (int[] Group, bool[] First, int Groups) Groups(Hierarchy hierarchy, Operand operand, int store, LoopDim dim, LoopDim? taps)
    {
        int count = _leaves.Sizes(dim).Length * (taps is { } t ? _leaves.Sizes(t).Length : 1), groups = 1;
        var (group, first) = (new int[count], new bool[count]);
        Array.Fill(first, true);
        int below = count;
        foreach (LoopDim? own in new[] { dim, taps })
        {
            for (int n = 0; own is not null && n < _nest.Nodes.Length; n++)
            {
                if (_nest.Nodes[n] is not SpatialNode space || space.Dim != own) continue;
                below /= (int)space.Count;
                FabricAxis axis = hierarchy.Fabric(space.Level).Axes[space.Axis];
                bool apart = n < store || (operand == Operand.Outputs ? axis.Outputs == Reduction.None : axis.Of(operand) == Sharing.None);
                for (int i = 0; i < count; i++)
                {
                    int at = i / below % (int)space.Count;
                    if (apart) group[i] = group[i] * (int)space.Count + at;
                    if (n < store && at != 0) first[i] = false;
                }
                if (apart) groups = checked(groups * (int)space.Count);
            }
        }
        return (group, first, groups);
    }
}
