using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Simulator.Nests;

/// <summary>
/// All instances that stand at one node of a nest, as structure of arrays: for each dimension the ranges of its spatial indices at the
/// present step, and for each instance which of these ranges are its own.
/// </summary>
internal sealed class PlaceTable
{
    private readonly LoopNest _nest;
    private readonly int[][] _loops = new int[LoopLayer.Dims][];
    private readonly long[][] _starts = new long[LoopLayer.Dims][], _sizes = new long[LoopLayer.Dims][];
    private readonly int[][] _own = new int[LoopLayer.Dims][];
    private readonly bool[][] _ever = new bool[LoopLayer.Dims][];

    public PlaceTable(LoopNest nest, int position)
    {
        (_nest, Position) = (nest, position);
        Instances = 1;
        var counts = new int[LoopLayer.Dims];
        Array.Fill(counts, 1);
        for (int d = 0; d < LoopLayer.Dims; d++)
            _loops[d] = [.. Enumerable.Range(0, position).Where(n => DimOf(nest.Nodes[n]) == d)];
        for (int n = 0; n < position; n++)
        {
            if (nest.Nodes[n] is not SpatialNode space) continue;
            Instances = checked(Instances * (int)space.Count);
            counts[(int)space.Dim] = checked(counts[(int)space.Dim] * (int)space.Count);
        }
        for (int d = 0; d < LoopLayer.Dims; d++)
        {
            (_starts[d], _sizes[d], _own[d]) = (new long[counts[d]], new long[counts[d]], new int[Instances]);
            _ever[d] = new bool[counts[d]];
            for (int i = 0; i < Instances; i++) _own[d][i] = Own(i, d);
        }
    }

    /// <summary>The node.</summary>
    public int Position { get; }

    /// <summary>Places of all spatial loops above.</summary>
    public int Instances { get; }

    /// <summary>First index of each range of a dimension.</summary>
    public ReadOnlySpan<long> Starts(LoopDim dim) => _starts[(int)dim];

    /// <summary>Indices in each range; 0 or less: none.</summary>
    public ReadOnlySpan<long> Sizes(LoopDim dim) => _sizes[(int)dim];

    /// <summary>Which range of a dimension is an instance's own.</summary>
    public int Own(LoopDim dim, int instance) => _own[(int)dim][instance];

    /// <summary>Whether an instance has work at the present step.</summary>
    public bool IsActive(int instance)
    {
        for (int d = 0; d < LoopLayer.Dims; d++)
            if (_sizes[d][_own[d][instance]] <= 0) return false;
        return true;
    }

    /// <summary>Ranges of a dimension that have ever had work.</summary>
    public long Ever(LoopDim dim) => _ever[(int)dim].Count(e => e);

    /// <summary>Moves to a step: the index of every loop in time, by node.</summary>
    public void Move(ReadOnlySpan<long> index)
    {
        for (int d = 0; d < LoopLayer.Dims; d++)
        {
            (long[] starts, long[] sizes) = (_starts[d], _sizes[d]);
            (starts[0], sizes[0]) = (0, _nest.Layer.Sizes[d]);
            int filled = 1;
            foreach (int n in _loops[d])
            {
                if (_nest.Nodes[n] is LoopNode loop)
                {
                    for (int i = 0; i < filled; i++) Cut(starts, sizes, i, i, index[n], loop.Tile);
                    continue;
                }
                var space = (SpatialNode)_nest.Nodes[n];
                for (int i = filled - 1; i >= 0; i--)
                    for (int s = (int)space.Count - 1; s >= 0; s--)
                        Cut(starts, sizes, i, i * (int)space.Count + s, s, space.Tile);
                filled *= (int)space.Count;
            }
            for (int i = 0; i < sizes.Length; i++) _ever[d][i] |= sizes[i] > 0;
        }
    }

    private static void Cut(long[] starts, long[] sizes, int from, int to, long index, long tile)
    {
        (long start, long size) = (starts[from], sizes[from]);
        sizes[to] = size <= 0 ? 0 : Math.Clamp(size - index * tile, 0, tile);
        starts[to] = start + index * tile;
    }

    private int Own(int instance, int dim)
    {
        int own = 0, below = Instances;
        for (int n = 0; n < Position; n++)
        {
            if (_nest.Nodes[n] is not SpatialNode space) continue;
            below /= (int)space.Count;
            if ((int)space.Dim == dim) own = own * (int)space.Count + instance / below % (int)space.Count;
        }
        return own;
    }

    private static int DimOf(NestNode node) => node switch
    {
        LoopNode l => (int)l.Dim,
        SpatialNode s => (int)s.Dim,
        _ => -1,
    };
}
