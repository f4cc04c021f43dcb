using Sim.ArchModel.Hierarchies;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Timing;

/// <summary>What the compute units of one chunk (the loops below the innermost store) read and write, for the busiest instance.</summary>
internal sealed class ComputeWords(NestProgram program, ChunkPool pool)
{
    private readonly IndexRuns _rows = new();
    private readonly SharedPlaces?[] _places = new SharedPlaces?[3 * LoopLayer.Dims];

    /// <summary>Temporal steps of a chunk.</summary>
    public long Steps(DimChunks[] chunks)
    {
        long steps = 1;
        for (int dim = 0; dim < LoopLayer.Dims; dim++)
            steps = checked(steps * Sum(chunks[dim], Inner(dim), static (_, _, _) => 1, null, false));
        return steps;
    }

    /// <summary>Elements that instance 0 of the innermost store of an operand reads for (inputs) or takes from (outputs) its compute units
    /// in a chunk.</summary>
    public long Of(Operand operand, DimChunks[] chunks)
    {
        long product = 1;
        foreach ((LoopDim first, LoopDim? second, bool relevant) in NestProgram.Groups(operand))
        {
            DimChunks chunk = chunks[(int)first];
            SharedPlaces places = Places(operand, first);
            long sum = second is { } taps ? Window(operand, first, taps, chunks)
                : Sum(chunk, Inner((int)first), static (c, p, relevant) => relevant ? c.Total(p!.Children) : p!.Active(c), places,
                    relevant);
            product = checked(product * sum);
        }
        return product;
    }

    private long Window(Operand operand, LoopDim outputs, LoopDim taps, DimChunks[] chunks)
    {
        (SharedPlaces placesP, SharedPlaces placesR) = (Places(operand, outputs), Places(operand, taps));
        (int stride, int dilation) = (program.Nest.Layer.Stride(outputs), program.Nest.Layer.Dilation(taps));
        DimChunks filter = chunks[(int)taps];
        // One row a step where neither has places below the store.
        if (placesP.Children == 1 && placesR.Children == 1)
            return checked(Sum(chunks[(int)outputs], Inner((int)outputs), static (_, _, _) => 1, null, false)
                * Sum(filter, Inner((int)taps), static (_, _, _) => 1, null, false));
        return Sum(chunks[(int)outputs], Inner((int)outputs), (p, _, _) => Sum(filter, Inner((int)taps), (r, _, _) => Rows(p, r), null,
            false), null, false);

        long Rows(DimChunks p, DimChunks r)
        {
            long rows = 0;
            for (int groupP = 0; groupP < placesP.Groups; groupP++)
                for (int groupR = 0; groupR < placesR.Groups; groupR++)
                {
                    _rows.Clear();
                    for (int i = 0; i < placesP.Children; i++)
                        for (int j = 0; j < placesR.Children && placesP.Group[i] == groupP; j++)
                            if (placesR.Group[j] == groupR && p.Sizes[i] > 0 && r.Sizes[j] > 0)
                                _rows.Add(p.Starts[i], p.Sizes[i], r.Starts[j], r.Sizes[j], stride, dilation);
                    rows += _rows.Size();
                }
            return rows;
        }
    }

    // Over the steps of one dimension's loops.
    private long Sum(DimChunks chunks, ReadOnlySpan<int> nodes, Func<DimChunks, SharedPlaces?, bool, long> atStep, SharedPlaces? places,
        bool relevant)
    {
        for (int n = 0; n < nodes.Length; n++)
        {
            int node = nodes[n];
            if (program.Counts[node] > 0)
            {
                chunks = pool.Split(chunks, node);
                continue;
            }
            long tile = program.Tiles[node];
            (long all, long full) = (chunks.Iterations(tile), chunks.FullIterations(tile));
            ReadOnlySpan<int> inner = nodes[(n + 1)..];
            long sum = full == 0 ? 0 : checked(full * Sum(pool.First(chunks, node), inner, atStep, places, relevant));
            for (long i = full; i < all; i++)
                sum = checked(sum + Sum(pool.At(chunks, node, i, true), inner, atStep, places, relevant));
            return sum;
        }
        return atStep(chunks, places, relevant);
    }

    private ReadOnlySpan<int> Inner(int dim) => program.NodesOf(dim, program.ComputePosition, program.Nest.Nodes.Length);

    private SharedPlaces Places(Operand operand, LoopDim dim) => _places[(int)operand * LoopLayer.Dims + (int)dim] ??=
        SharedPlaces.Of(program, operand, program.InnermostPosition[(int)operand], program.Nest.Nodes.Length, (int)dim);
}
