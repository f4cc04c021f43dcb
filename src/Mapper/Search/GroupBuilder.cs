using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Constraints;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Search;

/// <summary>
/// The groups of dimensions of a skeleton with their lists. A place is closed to a dimension where another place costs nothing more in
/// any product; where a mark or a slide says that no such loop stands there; and on lanes of a dot unit, which only sum.
/// </summary>
internal sealed class GroupBuilder(MapProblem problem, Factorizations factorizations, WindowLists windows)
{
    /// <summary>The groups; null when a dimension has no way at all.</summary>
    public List<DimGroup>? Of(SkeletonModel model)
    {
        var groups = new List<DimGroup>();
        for (LoopDim dim = LoopDim.N; dim <= LoopDim.S; dim++)
        {
            if (problem.Layer.Size(dim) == 1) continue;
            if (!problem.InWindow(dim)) groups.Add(Single(model, dim));
            else if (dim == LoopDim.P) groups.Add(Window(model, Sliding.Rows, LoopDim.P, LoopDim.R));
            else if (dim == LoopDim.Q) groups.Add(Window(model, Sliding.Columns, LoopDim.Q, LoopDim.S));
            if (groups.Count > 0 && groups[^1].Ways == 0) return null;
        }
        return groups;
    }

    /// <summary>Largest count by place, 0 where closed to a dimension by the skeleton itself.</summary>
    public static long[] Limits(MapProblem problem, SkeletonModel model, LoopDim dim)
    {
        var limits = new long[model.Places.Length];
        for (int q = 0; q < limits.Length; q++)
        {
            Entry place = model.Places[q];
            limits[q] = long.MaxValue;
            if (place.Kind != EntryKind.Axis) continue;
            FabricAxis axis = problem.Hierarchy.Fabric(place.Level).Axes[place.Axis];
            limits[q] = axis.SumsOnly && dim is not (LoopDim.C or LoopDim.R or LoopDim.S) ? 1 : axis.Size;
            foreach (BoundRule rule in problem.Constraints.Rules.OfType<BoundRule>())
                if (rule.Place == BoundPlace.Axis && rule.Level == place.Level && rule.Axis == place.Axis)
                    foreach (DimBound bound in rule.Bounds)
                        if (bound.Dim == dim) limits[q] = Math.Min(limits[q], bound.Most);
        }
        Skeleton skeleton = model.Skeleton;
        for (int i = 0; i < skeleton.Entries.Length; i++)
        {
            if (skeleton.Entries[i].Kind != EntryKind.Mark || !Skeleton.Indexes(skeleton.Entries[i].Operand, dim)) continue;
            int store = skeleton.Stores(skeleton.Entries[i].Operand).First(s => s > i);
            Close(skeleton, limits, i, store);
        }
        int[] inputs = skeleton.Stores(Operand.Activations);
        bool windows = problem.HasWindow(Sliding.Rows) || problem.HasWindow(Sliding.Columns);
        for (int s = 1; s < inputs.Length && windows; s++)
        {
            int boundary = skeleton.Boundary(inputs[s]);
            if (skeleton.Slides[s - 1] == Sliding.AsParent) Close(skeleton, limits, inputs[s - 1], boundary);
            if (skeleton.Slides[s - 1] == Sliding.None && problem.InWindow(dim)) Close(skeleton, limits, boundary - 1, boundary);
        }
        return limits;
    }

    private static void Close(Skeleton skeleton, long[] limits, int from, int to)
    {
        for (int q = 0; q < limits.Length; q++)
            if (skeleton.Places[q] >= from && skeleton.Places[q] < to && skeleton.Entries[skeleton.Places[q]].Kind == EntryKind.Slot)
                limits[q] = 0;
    }

    private DimGroup Single(SkeletonModel model, LoopDim dim)
    {
        long[] limits = Limits(problem, model, dim);
        CloseDominated(model, dim, limits);
        int[] open = [.. Enumerable.Range(0, limits.Length).Where(q => limits[q] > 0)];
        return new()
        {
            Dims = [dim],
            Window = Sliding.None,
            Columns = [.. open.Select(q => (0, q))],
            Splits = factorizations.Splits(problem.Layer.Size(dim), [.. open.Select(q => limits[q])]),
            Log = Math.Log(problem.Layer.Size(dim)),
            Powers = [.. model.Products.Select(f => open.Select(q => (double)f.Powers[(int)dim][q]).ToArray())],
        };
    }

    private void CloseDominated(SkeletonModel model, LoopDim dim, long[] limits)
    {
        for (int q = 0; q < limits.Length; q++)
        {
            if (limits[q] == 0 || model.Places[q].Kind != EntryKind.Slot) continue;
            for (int other = 0; other < limits.Length; other++)
            {
                if (other == q || limits[other] == 0 || model.Places[other].Kind != EntryKind.Slot) continue;
                if (!KeepsWindows(model, dim, q, other)) continue;
                bool better = true, strictly = other < q;
                foreach (Product product in model.Products)
                {
                    int difference = product.Powers[(int)dim][other] - product.Powers[(int)dim][q];
                    better &= difference <= 0;
                    strictly |= difference < 0;
                }
                if (!better || !strictly) continue;
                limits[q] = 0;
                break;
            }
        }
    }

    // What tiles of a window share depends on the loops between them. Loops of other dimensions of the input farther out above the
    // same stores leave at least as much to share; loops of M may share more anywhere.
    private bool KeepsWindows(SkeletonModel model, LoopDim dim, int from, int to)
    {
        if (!problem.HasWindow(Sliding.Rows) && !problem.HasWindow(Sliding.Columns)) return true;
        if (dim == LoopDim.M) return false;
        int low = model.Skeleton.Places[Math.Min(from, to)], high = model.Skeleton.Places[Math.Max(from, to)];
        for (int i = low; i < high; i++)
        {
            Entry entry = model.Skeleton.Entries[i];
            if (entry.Operand == Operand.Activations && entry.Kind is EntryKind.Store or EntryKind.Mark) return false;
            if (entry.Kind == EntryKind.Axis) return false;
        }
        return to < from;
    }

    private DimGroup Window(SkeletonModel model, Sliding window, LoopDim output, LoopDim filter)
    {
        long[] outputLimits = Limits(problem, model, output), filterLimits = Limits(problem, model, filter);
        double[] tiles = [.. model.WindowColumns.Select((c, i) => c.Part == WindowPart.Tile ? TileLimit(model, i,
            window) : double.PositiveInfinity)];
        ChoiceList list = windows.Of(model, window, outputLimits, filterLimits, tiles);
        int places = model.Places.Length, columns = 2 * places + model.WindowColumns.Count;
        var powers = new double[model.Products.Count][];
        for (int f = 0; f < powers.Length; f++)
        {
            Product product = model.Products[f];
            powers[f] = new double[columns];
            for (int q = 0; q < places; q++)
            {
                powers[f][q] = product.Powers[(int)output][q];
                powers[f][places + q] = product.Powers[(int)filter][q];
            }
            int column = window == Sliding.Rows ? product.RowsColumn : product.ColumnsColumn;
            if (column >= 0) powers[f][2 * places + column] = 1;
        }
        return new()
        {
            Dims = [output, filter],
            Window = window,
            Columns = [.. Enumerable.Range(0, places).Select(q => (0, q)), .. Enumerable.Range(0, places).Select(q => (1, q))],
            Windows = list,
            Powers = powers,
        };
    }

    // The largest tile of this window alone that fits where the other dimensions are tiles of 1.
    private static double TileLimit(SkeletonModel model, int column, Sliding window)
    {
        double limit = double.PositiveInfinity;
        foreach (LimitRow row in model.Limits)
            foreach ((int f, double price) in row.Sum.Prices)
                if ((window == Sliding.Rows ? model.Products[f].RowsColumn : model.Products[f].ColumnsColumn) == column)
                    limit = Math.Min(limit, row.Limit / price);
        return limit;
    }
}
