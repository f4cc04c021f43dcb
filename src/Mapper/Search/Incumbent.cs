using Sim.Mapper.Nests;

namespace Sim.Mapper.Search;

/// <summary>The best mapping so far. Of equal ones the first in the order of the nests' keys stays.</summary>
internal sealed class Incumbent(MapProblem problem, MapObjective objective)
{
    /// <summary>What is made least.</summary>
    public MapObjective Objective => objective;

    /// <summary>Its value; infinite while there is none.</summary>
    public double Value { get; private set; } = double.PositiveInfinity;

    /// <summary>The nest.</summary>
    public LoopNest? Nest { get; private set; }

    private string _key = "";

    /// <summary>A value above which nothing is worth looking at: slightly more than the best, so that equal ones are seen.</summary>
    public double Threshold => Value * (1 + 1e-12);

    /// <summary>Offers a nest with its value.</summary>
    public void Offer(double value, Func<LoopNest> nest)
    {
        if (value > Threshold) return;
        LoopNest found = nest();
        if (problem.Packing is { } packing && !NestLegality.Check(found, problem.Hierarchy, packing).IsEmpty) return;
        string key = NestKey.Of(found);
        if (value > Value * (1 - 1e-12) && string.CompareOrdinal(key, _key) >= 0) return;
        (Value, Nest, _key) = (Math.Min(value, Value), found, key);
    }

    /// <summary>Counts a nest exactly and offers it.</summary>
    public void OfferExact(LoopNest nest)
    {
        NestCost cost = NestCost.Of(NestCounts.Of(nest, problem.Hierarchy), problem);
        if (cost.Cycles <= problem.MostCycles * (1 + 1e-12)) Offer(cost.Value(objective), () => nest);
    }
}

/// <summary>A text of a nest that orders nests.</summary>
internal static class NestKey
{
    /// <summary>The text.</summary>
    public static string Of(LoopNest nest) => string.Join(' ', nest.Nodes.Select(n => n switch
    {
        StoreNode s => $"{s.Operand}@{s.Level}",
        LoopNode l => $"{l.Dim}{l.Count}",
        SpatialNode s => $"{s.Dim}{s.Count}|{s.Level}.{s.Axis}",
        _ => throw new InvalidOperationException($"no node '{n}'"),
    }));
}
