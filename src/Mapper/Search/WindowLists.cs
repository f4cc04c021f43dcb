using Sim.ArchModel.Hierarchies;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Search;

/// <summary>
/// Lists of a window's two dimensions over the places of a skeleton, with the words that each way moves: exactly where the order of the
/// loops cannot change it, else at least and at most.
/// </summary>
internal sealed class WindowLists(MapProblem problem, Factorizations factorizations, SearchEffort effort)
{
    private readonly Dictionary<string, ChoiceList> _lists = [];
    private readonly WindowSets _rows = new(problem.Layer.StrideHeight, problem.Layer.DilationHeight);
    private readonly WindowSets _columns = new(problem.Layer.StrideWidth, problem.Layer.DilationWidth);

    /// <summary>The list of a window; limits by place of its two dimensions (0: closed).</summary>
    public ChoiceList Of(SkeletonModel model, Sliding window, long[] outputLimits, long[] filterLimits, double[] tileLimits)
    {
        bool[] shared = [.. model.Places.Select(p => p.Kind == EntryKind.Axis
            && problem.Hierarchy.Fabric(p.Level).Axes[p.Axis].Activations != Sharing.None)];
        string key = $"{window}/{string.Join(',', outputLimits)}/{string.Join(',', filterLimits)}/{string.Join(',', tileLimits)}/"
            + $"{string.Join(',', shared)}/{string.Join(';', model.WindowColumns)}/{string.Join(',', model.Places.Select(p => p.Kind))}";
        if (_lists.TryGetValue(key, out ChoiceList? known)) return known;
        (LoopDim output, LoopDim filter) = window == Sliding.Rows ? (LoopDim.P, LoopDim.R) : (LoopDim.Q, LoopDim.S);
        ChoiceList outputs = factorizations.Of(problem.Layer.Size(output), Opened(outputLimits));
        ChoiceList filters = factorizations.Of(problem.Layer.Size(filter), Opened(filterLimits));
        int places = model.Places.Length;
        var kept = new List<(int P, int R)>();
        List<double>[] least = [.. model.WindowColumns.Select(_ => new List<double>())], most = [.. model.WindowColumns.Select(_ =>
            new List<double>())];
        bool[] time = [.. model.Places.Select(p => p.Kind == EntryKind.Slot)];
        var motion = new WindowMotion(window, window == Sliding.Rows ? _rows : _columns, problem.Layer.Stride(output),
            problem.Layer.Dilation(filter), time, shared);
        long[] p = new long[places], r = new long[places];
        var found = new (double Least, double Most)[model.WindowColumns.Count];
        effort.Add(40L * outputs.Count * filters.Count * (places + found.Length));
        for (int i = 0; i < outputs.Count; i++)
        {
            for (int q = 0; q < places; q++) p[q] = outputs.Counts[q][i];
            for (int j = 0; j < filters.Count; j++)
            {
                for (int q = 0; q < places; q++) r[q] = filters.Counts[q][j];
                if (!Fits(model, window, p, r)) continue;
                bool fits = true;
                motion.Set(p, r);
                for (int c = 0; c < found.Length && fits; c++)
                {
                    found[c] = motion.Of(model.WindowColumns[c]);
                    fits = found[c].Most <= tileLimits[c];
                }
                if (!fits) continue;
                kept.Add((i, j));
                for (int c = 0; c < found.Length; c++)
                {
                    least[c].Add(Math.Log(Math.Max(found[c].Least, 1e-6)));
                    most[c].Add(Math.Log(found[c].Most));
                }
            }
        }
        return _lists[key] = new()
        {
            Count = kept.Count,
            Counts = [.. outputs.Counts.Select(c => kept.Select(k => c[k.P]).ToArray()), .. filters.Counts.Select(c => kept.Select(k =>
                c[k.R]).ToArray())],
            Logs = [.. outputs.Logs.Select(c => kept.Select(k => c[k.P]).ToArray()), .. filters.Logs.Select(c => kept.Select(k => c[k.R])
                .ToArray()),
                .. least.Select(c => c.ToArray())],
            Most = [.. most.Select(c => c.ToArray())],
        };
    }

    // A closed place holds no loop: a count of 1.
    private static long[] Opened(long[] limits) => [.. limits.Select(l => Math.Max(1, l))];

    // Axes hold both dimensions together; where this window slides it has a loop.
    private bool Fits(SkeletonModel model, Sliding window, long[] p, long[] r)
    {
        for (int q = 0; q < p.Length; q++)
            if (model.Places[q] is { Kind: EntryKind.Axis } axis
                && p[q] * r[q] > problem.Hierarchy.Fabric(axis.Level).Axes[axis.Axis].Size) return false;
        foreach (WindowColumn column in model.WindowColumns)
            if (column.Part == WindowPart.Down && column.Slides == window && column.Direct >= 0 && p[column.Direct] * r[column.Direct] == 1)
                return false;
        return true;
    }
}
