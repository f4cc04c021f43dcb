using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Timeloop;

/// <summary>Tiles of an operand as boxes in its own coordinates, and how they move when two iterations of each loop are walked.</summary>
internal sealed class TimeloopBoxes(LoopNest nest, Operand operand)
{
    private readonly (int Coordinate, long Step)?[] _axes = Axes(nest.Layer, operand);
    private readonly int _order = Axes(nest.Layer, operand).Max(a => a?.Coordinate ?? -1) + 1;

    /// <summary>Dimension, count and tile of a loop; null for a store.</summary>
    public static (LoopDim Dim, long Count, long Tile)? Loop(NestNode node) => node switch
    {
        LoopNode l => (l.Dim, l.Count, l.Tile),
        SpatialNode s => (s.Dim, s.Count, s.Tile),
        _ => null,
    };

    /// <summary>Coordinate of the operand that a dimension moves, and by how much; null: none.</summary>
    public (int Coordinate, long Step)? Coordinate(LoopDim dim) => _axes[(int)dim];

    private static (int Coordinate, long Step)?[] Axes(LoopLayer layer, Operand operand)
    {
        var axes = new (int Coordinate, long Step)?[LoopLayer.Dims];
        int next = 0;
        for (LoopDim dim = LoopDim.N; dim <= LoopDim.S; dim++)
        {
            if (!NestEdge.Indexes(operand, dim)) continue;
            bool input = operand == Operand.Activations, output = input && dim >= LoopDim.P;
            axes[(int)dim] = input && dim >= LoopDim.R ? (axes[(int)dim - 2]!.Value.Coordinate, layer.Dilation(dim)) : (next++, output ? layer.Stride(dim) : 1);
        }
        return axes;
    }

    /// <summary>Words of the bounding box of the tile at a node.</summary>
    public long Box(int node)
    {
        long words = 1;
        foreach (long extent in Extents(node)) words = checked(words * extent);
        return words;
    }

    private long[] Extents(int node)
    {
        long[] sizes = [.. nest.Layer.Sizes], extents = new long[_order];
        for (int i = 0; i < node; i++)
            if (Loop(nest.Nodes[i]) is var (dim, _, tile)) sizes[(int)dim] = tile;
        Array.Fill(extents, 1);
        for (int d = 0; d < LoopLayer.Dims; d++)
            if (_axes[d] is var (coordinate, step)) extents[coordinate] += (sizes[d] - 1) * step;
        return extents;
    }

    /// <summary>Places of the spatial loops above a node, or of those that index the operand.</summary>
    public long Places(int node, bool relevantOnly)
    {
        long places = 1;
        for (int i = 0; i < node; i++)
            if (nest.Nodes[i] is SpatialNode s && (!relevantOnly || _axes[(int)s.Dim] is not null)) places = checked(places * s.Count);
        return places;
    }

    /// <summary>Temporal steps of the loops above a node.</summary>
    public long TemporalSteps(int node)
    {
        long steps = 1;
        for (int i = 0; i < node; i++)
            if (nest.Nodes[i] is LoopNode l) steps = checked(steps * l.Count);
        return steps;
    }

    /// <summary>Words that arrive at the first instance of the store at a node.</summary>
    public long Moved(int node)
    {
        LoopNode[] loops = [.. nest.Nodes.Take(node).OfType<LoopNode>()];
        var walk = new Walk(Extents(node));
        Visit(0, 1, new long[_order]);
        return walk.Words;

        void Visit(int k, long weight, long[] at)
        {
            if (k == loops.Length)
            {
                walk.MoveTo(at, weight);
                return;
            }
            Visit(k + 1, weight, at);
            if (_axes[(int)loops[k].Dim] is not var (coordinate, step))
            {
                Visit(k + 1, checked(weight * (loops[k].Count - 1)), at);
                return;
            }
            at[coordinate] += loops[k].Tile * step;
            Visit(k + 1, checked(weight * (loops[k].Count - 1)), at);
            at[coordinate] -= loops[k].Tile * step;
        }
    }

    private sealed class Walk(long[] extents)
    {
        private long[]? _last, _move;

        public long Words { get; private set; }

        public void MoveTo(long[] at, long weight)
        {
            long all = 1, shared = 1;
            bool stands = _last is not null;
            for (int d = 0; d < extents.Length; d++)
            {
                long moved = _last is null ? extents[d] : at[d] - _last[d];
                all = checked(all * extents[d]);
                shared *= Math.Max(0, extents[d] - Math.Abs(moved));
                if (moved != 0) stands = false;
            }
            if (stands) return;
            long[]? move = _last is null ? null : [.. at.Zip(_last, (a, b) => a - b)];
            bool reset = move is not null && _move is not null && !move.AsSpan().SequenceEqual(_move);
            Words = checked(Words + weight * (reset ? all : all - shared));
            _move = reset ? null : move ?? _move;
            _last = [.. at];
        }
    }
}
