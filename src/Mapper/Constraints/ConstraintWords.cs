using System.Collections.Immutable;
using Sim.Foundation;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Constraints;

/// <summary>Dimensions and counts in constraints.</summary>
internal static class ConstraintWords
{
    private const string Counts = "a count is an integer from 1, 'all', or {min: A, max: B}";

    /// <summary>Records every dimension and count that cannot be read.</summary>
    public static void Check(DataflowEntry entry, DiagnosticBag bag)
    {
        foreach (YamlNode node in entry.Dims?.Items ?? []) Dim(node, bag);
        foreach (YamlEntry factor in entry.Factors?.Entries ?? [])
        {
            Dim(factor.Key, bag);
            Bound(LoopDim.N, factor.Value, bag);
        }
    }

    /// <summary>Dimensions that an entry allows; null: it does not say.</summary>
    public static ImmutableArray<LoopDim>? Allowed(DataflowEntry entry) => entry.Dims is { } list
        ? [.. list.Items.Select(n => Dim(n, new()) ?? LoopDim.N)] : null;

    /// <summary>A dimension; null after recording that it is none.</summary>
    public static LoopDim? Dim(YamlNode node, DiagnosticBag bag)
    {
        if (node is YamlScalar { Text.Length: 1 } word && Enum.TryParse(word.Text, out LoopDim dim) && char.IsUpper(word.Text[0]))
            return dim;
        bag.Error(node.Location, "MAP033", $"{node.Found} is no dimension; there are {string.Join(", ", Enum.GetNames<LoopDim>())}");
        return null;
    }

    /// <summary>A count; null after recording what is wrong.</summary>
    public static DimBound? Bound(LoopDim dim, YamlNode node, DiagnosticBag bag)
    {
        if (node is YamlScalar && Count(node) is { } both) return new(dim, both, both);
        if (node is YamlMap { Entries.Length: > 0 } map && map.Entries.All(e => e.Key.Text is "min" or "max" && Count(e.Value) is not null))
        {
            long least = map["min"] is { } low ? Count(low)!.Value : 1, most = map["max"] is { } high ? Count(high)!.Value : DimBound.All;
            if (least <= most) return new(dim, least, most);
            bag.Error(node.Location, "MAP033", "'min' is above 'max'");
            return null;
        }
        bag.Error(node.Location, "MAP033", $"found {node.Found}: {Counts}");
        return null;
    }

    private static long? Count(YamlNode node) => node is not YamlScalar word ? null : word.Text == "all" ? DimBound.All
        : StrictNumber.TryWhole(word.Text, out long count) && count is >= 1 and < DimBound.All ? count : null;
}
