namespace Sim.Mapper.Search;

/// <summary>Goes through what the bound of a skeleton leaves.</summary>
internal sealed class SkeletonWalk(MapProblem problem, MapObjective objective, Incumbent incumbent, MapCounters counters,
    SearchEffort effort)
{
    private const int DiveWidth = 5;

    /// <summary>Whether the effort is spent; never before something fits.</summary>
    public bool Stops => effort.IsSpent && incumbent.Nest is not null;

    /// <summary>Candidates of a skeleton.</summary>
    public static UInt128 Ways(IEnumerable<DimGroup> groups) => groups.Aggregate((UInt128)1, (ways, g) => ways * g.Ways);

    private static UInt128 Ways(IEnumerable<TreeLevel> levels) =>
        levels.Aggregate((UInt128)1, (ways, l) => ways * (uint)l.Ways.Length);

    /// <summary>Evaluates or drops every candidate; false when the effort ended first.</summary>
    public bool Walk(SkeletonModel model, List<DimGroup> groups, DualBound bound)
    {
        double[] least = Least(groups, bound);
        if (incumbent.Nest is null) Dive(model, groups, bound);
        double slack = Math.Log(incumbent.Threshold) + DualBound.Tolerance - bound.Constant - least.Sum();
        TreeLevel[] levels = Levels(model, groups, bound, i => least[i] + slack);
        if (Stops) return false;
        counters.ByWayBound += Ways(groups) - Ways(levels);
        foreach ((TreeLevel[] part, bool sure) in Parts(levels)) WalkPart(model, groups, bound, part, sure);
        return !Stops;
    }

    /// <summary>Looks at the ways of least price only, for something good to start with.</summary>
    public void Dive(SkeletonModel model, List<DimGroup> groups, DualBound bound)
    {
        double[] least = Least(groups, bound);
        foreach ((int width, double reach) in new[] { (DiveWidth, 1), (50, 4), (500, double.PositiveInfinity) })
        {
            TreeLevel[] levels = [.. Levels(model, groups, bound, i => least[i] + reach).Select(l => l.First(width))];
            new TreeSearch(problem, model, groups, levels, bound.Constant, incumbent, new(), effort, () => Stops).Run();
            if (incumbent.Nest is not null) return;
        }
    }

    // Ways of windows that move the same whatever the order of loops around them are searched apart: dominance drops more there.
    private static IEnumerable<(TreeLevel[] Levels, bool Sure)> Parts(TreeLevel[] levels)
    {
        int[] windows = [.. Enumerable.Range(0, levels.Length).Where(k => levels[k].Unsure.Any(u => u))];
        for (int first = 0; first <= windows.Length; first++)
        {
            TreeLevel[] part = [.. levels];
            for (int w = 0; w < windows.Length; w++)
            {
                TreeLevel level = levels[windows[w]];
                if (w < first) part[windows[w]] = level.Where(i => !level.Unsure[i]);
                else if (w == first) part[windows[w]] = level.Where(i => level.Unsure[i]);
            }
            yield return (part, first == windows.Length);
        }
    }

    private void WalkPart(SkeletonModel model, List<DimGroup> groups, DualBound bound, TreeLevel[] levels, bool sure)
    {
        (bool[] relevant, bool[] negative) = Relevant(model);
        UInt128 before = Ways(levels);
        levels = [.. levels.Select(l => l.Undominated(groups[l.Group], relevant, negative, sure ? null : Keeps(model,
                groups[l.Group], l.Choices), effort, () => Stops).Measured())
            .OrderBy(l => l.Ways.Length).ThenBy(l => l.Group)];
        counters.ByDominance += before - Ways(levels);
        if (levels.Length > 1 && Ways(levels) > 20000)
            new TreeSearch(problem, model, groups, [.. levels.Select(l => l.First(DiveWidth))], bound.Constant, incumbent, new(), effort,
                () => Stops).Run();
        new TreeSearch(problem, model, groups, levels, bound.Constant, incumbent, counters, effort, () => Stops).Run();
    }

    private static Func<int, int, bool>? Keeps(SkeletonModel model, DimGroup group, ChoiceList choices) =>
        group.Window != Sliding.None ? null : (a, b) => WindowOrder.Keeps(model, group, choices, a, b);

    private static double[] Least(List<DimGroup> groups, DualBound bound) =>
        [.. groups.Select((g, i) => g.Least(bound.Prices[i], new double[g.Width]))];

    private TreeLevel[] Levels(SkeletonModel model, List<DimGroup> groups, DualBound bound, Func<int, double> limit) =>
        [.. groups.Select((g, i) => TreeLevel.Of(g, i, bound.Prices[i], limit(i), model.Products.Count, effort, () => Stops))];

    private (bool[] Relevant, bool[] Negative) Relevant(SkeletonModel model)
    {
        bool[] relevant = new bool[model.Products.Count], negative = new bool[model.Products.Count];
        IEnumerable<PricedSum> sums = model.Limits.Select(l => l.Sum);
        if (objective != MapObjective.Latency) sums = sums.Append(model.Energy);
        if (objective != MapObjective.Energy) sums = sums.Concat(model.Loads.Select(l => l.Cycles));
        foreach ((int f, double price) in sums.SelectMany(s => s.Prices))
        {
            relevant[f] |= price != 0;
            negative[f] |= price < 0;
        }
        return (relevant, negative);
    }
}
