using Sim.Workloads.Nests;

namespace Sim.Mapper.Timing;

/// <summary>Rows (or columns) of the input that chunks of outputs and of filter taps touch together, as exact sets.</summary>
internal sealed class WindowWords(LoopLayer layer)
{
    private readonly IndexRuns _now = new(), _then = new(), _union = new(), _fresh = new();

    /// <summary>Held by child 0, the part of it that it held before, read for all children, and the part of that which nobody
    /// fetches.</summary>
    public (long Held, long Kept, long Read, long Old) Of(LoopDim outputs, SharedPlaces placesP, DimChunks? beforeP, DimChunks afterP,
        LoopDim taps, SharedPlaces placesR, DimChunks? beforeR, DimChunks afterR)
    {
        bool unchanged = ReferenceEquals(beforeP, afterP) && ReferenceEquals(beforeR, afterR);
        (int stride, int dilation) = (layer.Stride(outputs), layer.Dilation(taps));
        (long held, long kept, long read, long fresh) = (0, 0, 0, 0);
        for (int groupP = 0; groupP < placesP.Groups; groupP++)
            for (int groupR = 0; groupR < placesR.Groups; groupR++)
            {
                _union.Clear();
                _fresh.Clear();
                for (int i = First(placesP, groupP); i < placesP.Children; i++)
                {
                    if (placesP.Group[i] != groupP)
                    {
                        if (placesP.Groups == placesP.Children) break;
                        continue;
                    }
                    for (int j = First(placesR, groupR); j < placesR.Children; j++)
                    {
                        if (placesR.Group[j] == groupR) Child(i, j);
                        else if (placesR.Groups == placesR.Children) break;
                    }
                }
                read += _union.Size();
                if (!unchanged) fresh += _fresh.Size();
            }
        return (held, kept, read, read - fresh);

        // Where every child is a group of its own, they are numbered alike.
        static int First(SharedPlaces places, int group) => places.Groups == places.Children ? group : 0;

        void Child(int i, int j)
        {
            if (afterP.Sizes[i] == 0 || afterR.Sizes[j] == 0) return;
            if (unchanged)
            {
                _union.Add(afterP.Starts[i], afterP.Sizes[i], afterR.Starts[j], afterR.Sizes[j], stride, dilation);
                if (i == 0 && j == 0) held = kept = Size(afterP, 0, afterR, 0);
                return;
            }
            Fill(_now, afterP, i, afterR, j);
            _union.Add(_now);
            _then.Clear();
            if (beforeP is not null && beforeR is not null) Fill(_then, beforeP, i, beforeR, j);
            _fresh.AddWithout(_now, _then);
            if (i == 0 && j == 0) (held, kept) = (_now.Size(), _now.Size() - _fresh.Size());
        }

        long Size(DimChunks p, int i, DimChunks r, int j)
        {
            Fill(_now, p, i, r, j);
            return _now.Size();
        }

        void Fill(IndexRuns set, DimChunks p, int i, DimChunks r, int j)
        {
            set.Clear();
            set.Add(p.Starts[i], p.Sizes[i], r.Starts[j], r.Sizes[j], stride, dilation);
            set.Merge();
        }
    }
}
