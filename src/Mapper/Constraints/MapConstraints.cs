using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Constraints;

/// <summary>Where counts of loops are bounded.</summary>
public enum BoundPlace
{
    /// <summary>Loops in space along one axis of a fabric.</summary>
    Axis,

    /// <summary>Loops in time between a store of an operand that has the dimension, in a memory, and that operand's next store.</summary>
    Memory,

    /// <summary>Everything below a store of an operand that has the dimension: its tile.</summary>
    Tile,

    /// <summary>Loops in time inside each place of a fabric.</summary>
    Inside,
}

/// <summary>Bounds of the product of a dimension's counts at a place; <see cref="All"/>: the whole dimension.</summary>
public readonly record struct DimBound(LoopDim Dim, long Least, long Most)
{
    /// <summary>As a least count: whatever the size of the dimension.</summary>
    public const long All = long.MaxValue;
}

/// <summary>One constraint, as it stands in a file.</summary>
/// <param name="Text">How diagnostics call it.</param>
/// <param name="Location">Where it stands.</param>
public abstract record MapRule(string Text, Location Location);

/// <summary>Bounds of dimensions at a place: a memory or fabric by level, its axis.</summary>
public sealed record BoundRule(string Text, Location Location, BoundPlace Place, int Level, int Axis, ImmutableArray<DimBound> Bounds)
    : MapRule(Text, Location);

/// <summary>An operand is stored in a memory, or passes it by.</summary>
public sealed record KeepRule(string Text, Location Location, Operand Operand, int Level, bool Keeps) : MapRule(Text, Location);

/// <summary>At least this share of the places of all fabrics is in use.</summary>
public sealed record UseRule(string Text, Location Location, double Least) : MapRule(Text, Location);

/// <summary>What every mapping must be: rules, or the one nest itself.</summary>
public sealed record MapConstraints(ImmutableArray<MapRule> Rules)
{
    /// <summary>Nothing is demanded.</summary>
    public static MapConstraints None { get; } = new(ImmutableArray<MapRule>.Empty);

    /// <summary>Nodes of a whole nest, which then is the mapping; null: it is searched.</summary>
    public YamlList? Nest { get; init; }

    /// <summary>Whether anything is demanded.</summary>
    public bool Any => Nest is not null || Rules.Length > 0;

    /// <summary>The constraints of what is left when levels after the first are taken out.</summary>
    public MapConstraints Inside(int skipped) => skipped == 0 ? this : this with
    {
        Rules = [.. Rules.Select(r => r switch
        {
            BoundRule b => b.Level > skipped ? b with { Level = b.Level - skipped } : null,
            KeepRule k => k.Level > skipped ? k with { Level = k.Level - skipped } : null,
            _ => r,
        }).OfType<MapRule>()],
    };
}
