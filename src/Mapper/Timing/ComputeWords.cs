using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Timing;

/// <summary>What the compute units of one chunk (the loops below the innermost store) read and write, for the busiest instance.</summary>
internal sealed class ComputeWords(NestProgram program, TransferWords words)
{
    /// <summary>Temporal steps of a chunk.</summary>
    public long Steps(DimChunks[] chunks)
    {
        long steps = 1;
        for (int dim = 0; dim < LoopLayer.Dims; dim++) steps = checked(steps * Steps(chunks[dim], dim, program.ComputePosition));
        return steps;
    }

    /// <summary>Elements that instance 0 of the innermost store of an operand reads for (inputs) or takes from (outputs) its compute units
    /// in a chunk.</summary>
    public long Of(Operand operand, DimChunks[] chunks)
    {
        int from = program.InnermostPosition[(int)operand];
        long product = 1;
        foreach ((LoopDim first, LoopDim? second, bool relevant) in NestProgram.Groups(operand))
        {
            (int[] separate, int separates) = words.Children(operand, from, program.Nest.Nodes.Length, first);
            long sum = second is { } taps ? Window(operand, from, first, taps, chunks)
                : Sum(chunks[(int)first], (int)first, program.ComputePosition, c => relevant ? Total(c, separate.Length)
                    : Distinct(c, separate, separates));
            product = checked(product * sum);
        }
        return product;
    }

    private long Window(Operand operand, int from, LoopDim outputs, LoopDim taps, DimChunks[] chunks)
    {
        (int[] apartP, int apartsP) = words.Children(operand, from, program.Nest.Nodes.Length, outputs);
        (int[] apartR, int apartsR) = words.Children(operand, from, program.Nest.Nodes.Length, taps);
        (int stride, int dilation) = (program.Nest.Layer.Stride(outputs), program.Nest.Layer.Dilation(taps));
        return Sum(chunks[(int)outputs], (int)outputs, program.ComputePosition,
            p => Sum(chunks[(int)taps], (int)taps, program.ComputePosition, r => Rows(p, r)));

        long Rows(DimChunks p, DimChunks r)
        {
            var union = new IndexSet?[apartsP * apartsR];
            for (int i = 0; i < apartP.Length; i++)
                for (int j = 0; j < apartR.Length; j++)
                    if (p.Sizes[i] > 0 && r.Sizes[j] > 0)
                        (union[apartP[i] * apartsR + apartR[j]] ??= new IndexSet(stride, dilation)).Add(p.Starts[i], p.Sizes[i],
                            r.Starts[j], r.Sizes[j]);
            return union.Sum(s => s?.Count() ?? 0);
        }
    }

    private long Sum(DimChunks chunks, int dim, int position, Func<DimChunks, long> atStep)
    {
        for (int n = position; n < program.Nest.Nodes.Length; n++)
        {
            if (program.Nest.Nodes[n] is SpatialNode s && (int)s.Dim == dim) chunks = chunks.Split(s.Count, s.Tile);
            if (program.Nest.Nodes[n] is not LoopNode loop || (int)loop.Dim != dim) continue;
            (long all, long full) = (chunks.Iterations(loop.Tile), chunks.FullIterations(loop.Tile));
            long sum = full == 0 ? 0 : checked(full * Sum(chunks.At(0, loop.Tile, true), dim, n + 1, atStep));
            for (long i = full; i < all; i++) sum = checked(sum + Sum(chunks.At(i, loop.Tile, true), dim, n + 1, atStep));
            return sum;
        }
        return atStep(chunks);
    }

    private long Steps(DimChunks chunks, int dim, int position) => Sum(chunks, dim, position, _ => 1);

    private static long Total(DimChunks chunks, int count)
    {
        long sum = 0;
        for (int i = 0; i < count; i++) sum += chunks.Sizes[i];
        return sum;
    }

    private static long Distinct(DimChunks chunks, int[] separate, int separates)
    {
        if (separates == 1) return 1;
        var seen = new bool[separates];
        for (int i = 0; i < separate.Length; i++) seen[separate[i]] |= chunks.Sizes[i] > 0;
        return seen.Count(s => s);
    }
}
