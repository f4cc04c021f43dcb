using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Checks;

/// <summary>A loop of a nest, or null where a store stands.</summary>
internal sealed record WalkedLoop(LoopDim Dim, long Count, long Tile, SpatialNode? Space)
{
    public static WalkedLoop? Of(NestNode node) => node switch
    {
        LoopNode l => new(l.Dim, l.Count, l.Tile, null),
        SpatialNode s => new(s.Dim, s.Count, s.Tile, s),
        _ => null,
    };

    public bool Sums => Dim is LoopDim.C or LoopDim.R or LoopDim.S;
}

/// <summary>Ranges of all dimensions at one point of a nest: first element and length.</summary>
internal readonly record struct NestBox(long[] Starts, long[] Lengths)
{
    /// <summary>The whole layer.</summary>
    public static NestBox Whole(LoopLayer layer) => new(new long[LoopLayer.Dims], [.. layer.Sizes]);

    /// <summary>Iteration <paramref name="index"/> of a loop; null where the last tiles are short and it does not exist.</summary>
    public NestBox? At(WalkedLoop loop, long index)
    {
        int dim = (int)loop.Dim;
        long offset = checked(index * loop.Tile);
        if (offset >= Lengths[dim]) return null;
        var inner = new NestBox([.. Starts], [.. Lengths]);
        inner.Starts[dim] += offset;
        inner.Lengths[dim] = Math.Min(loop.Tile, Lengths[dim] - offset);
        return inner;
    }

    /// <summary>Elements of an operand that the box touches, each a number; an input row or column that several touch is one.</summary>
    public HashSet<long> Words(LoopLayer layer, Operand operand)
    {
        var words = new HashSet<long>();
        LoopDim[] dims = Dims(operand);
        Add(this, 0);
        return words;

        void Add(NestBox box, int d)
        {
            if (d == dims.Length)
            {
                words.Add(box.Word(layer, operand));
                return;
            }
            int dim = (int)dims[d];
            var one = new NestBox([.. box.Starts], box.Lengths);
            for (long i = 0; i < box.Lengths[dim]; i++, one.Starts[dim]++) Add(one, d + 1);
        }
    }

    /// <summary>The element at the box's first point.</summary>
    public long Word(LoopLayer layer, Operand operand)
    {
        long word = 0;
        checked
        {
            if (operand != Operand.Activations)
            {
                foreach (LoopDim dim in Dims(operand)) word = word * layer.Size(dim) + Starts[(int)dim];
                return word;
            }
            foreach (LoopDim dim in new[] { LoopDim.N, LoopDim.G, LoopDim.C }) word = word * layer.Size(dim) + Starts[(int)dim];
            foreach ((LoopDim output, LoopDim filter) in new[] { (LoopDim.P, LoopDim.R), (LoopDim.Q, LoopDim.S) })
                word = word * ((layer.Size(output) - 1) * layer.Stride(output) + (layer.Size(filter) - 1) * layer.Dilation(filter) + 1)
                    + Starts[(int)output] * layer.Stride(output) + Starts[(int)filter] * layer.Dilation(filter);
        }
        return word;
    }

    private static LoopDim[] Dims(Operand operand) => operand switch
    {
        Operand.Activations => [LoopDim.N, LoopDim.G, LoopDim.C, LoopDim.P, LoopDim.Q, LoopDim.R, LoopDim.S],
        Operand.Weights => [LoopDim.G, LoopDim.M, LoopDim.C, LoopDim.R, LoopDim.S],
        _ => [LoopDim.N, LoopDim.G, LoopDim.M, LoopDim.P, LoopDim.Q],
    };
}
