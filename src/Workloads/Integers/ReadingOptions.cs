using System.Collections.Immutable;

namespace Sim.Workloads.Integers;

/// <summary>What inputs of layers can be, when the graph alone is asked.</summary>
public enum BoxRule
{
    /// <summary>All that the data type of the stored integers holds.</summary>
    DataType,

    /// <summary>What earlier layers can make of the graph's inputs, by interval arithmetic channel by channel; assumes that earlier
    /// accumulators do not overflow.</summary>
    Propagated,
}

/// <summary>How <see cref="IntegerNetworkReader"/> reads.</summary>
public sealed record ReadingOptions
{
    /// <summary>Boxes of the layers' inputs.</summary>
    public BoxRule Boxes { get; init; } = BoxRule.DataType;

    /// <summary>Narrower ranges of integer graph inputs as stored, by name: one range, or one a channel (the second dimension). Used with
    /// <see cref="BoxRule.Propagated"/>.</summary>
    public ImmutableDictionary<string, ImmutableArray<Interval>> InputRanges { get; init; } = ImmutableDictionary<string,
        ImmutableArray<Interval>>.Empty;

    /// <summary>Quantizes what the graph leaves in float32; null: such layers are only noted.</summary>
    public PostTraining? PostTraining { get; init; }

    /// <summary>Ranges of float32 graph inputs, by name. Used with <see cref="BoxRule.Propagated"/>; without one the input can be
    /// anything.</summary>
    public ImmutableDictionary<string, (float Low, float High)> RealRanges { get; init; } = ImmutableDictionary<string,
        (float Low, float High)>.Empty;

    /// <summary>Bits of the multipliers that bring the operands of a residual addition to one scale, 2 to 31.</summary>
    public int MultiplierBits { get; init; } = 31;

    /// <summary>Numbers of float types of at most 8 bits are known as well as integers; <see cref="StatedIntegers"/> asks for
    /// them.</summary>
    internal bool NumbersOfFloats { get; init; }
}
