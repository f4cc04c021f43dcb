using System.Collections.Immutable;
using Sim.Workloads.Integers;

namespace Sim.Verification.Repair;

/// <summary>Whether the scale of weights may grow, so that smaller integers mean the same numbers.</summary>
public enum ScaleFreedom
{
    /// <summary>No: integers keep their unit.</summary>
    Kept,

    /// <summary>One factor for the layer.</summary>
    OfLayer,

    /// <summary>A factor for each output channel.</summary>
    OfRow,
}

/// <summary>What is repaired, how, for which registers.</summary>
/// <param name="Method">Makes the integers.</param>
/// <param name="Claims">The claim that has to hold afterwards.</param>
/// <param name="Widths">Of each register.</param>
public sealed record RepairOptions(IRepairMethod Method, VerifyOptions Claims, ImmutableArray<int> Widths)
{
    /// <summary>Whether scales are searched for the least error where the network has a place for them.</summary>
    public bool SearchScales { get; init; } = true;
}

/// <summary>One repaired output channel.</summary>
/// <param name="Weights">Integers, zero point subtracted.</param>
/// <param name="Bias">In units of the products; 0 without one.</param>
/// <param name="Factor">What the scale of the weights is multiplied with, at least 1.</param>
/// <param name="Error">Mean square change of the sum on data, in units of the products before; without data the squared distance of the
/// weights.</param>
/// <param name="IsChanged">false: it fitted as it was.</param>
public sealed record RepairedRow(int[] Weights, long Bias, double Factor, double Error, bool IsChanged);

/// <summary>A repaired layer, its rows in order.</summary>
public sealed record RepairedLayer(IntegerLayer Layer, ImmutableArray<RepairedRow> Rows)
{
    /// <summary>Output channels that did not fit as they were.</summary>
    public int Changed => Rows.Count(r => r.IsChanged);
}
