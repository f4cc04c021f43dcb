using System.Collections.Immutable;
using Sim.Exploration.Studies;
using Sim.Simulator;

namespace Sim.Reports;

/// <summary>
/// Records without what no metric reads: priced actions, area items, configurations, digests. Equal texts are kept once. A record of a deep
/// network shrinks from some 100 kB to a few.
/// </summary>
public sealed class SlimRecords
{
    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);

    /// <summary>The point with a slim record: every metric has the value that it has of the whole one.</summary>
    public PointResult Of(PointResult point)
    {
        ArgumentNullException.ThrowIfNull(point);
        ImmutableSortedDictionary<string,
            string> parameters = point.Parameters.ToImmutableSortedDictionary(p => Once(p.Key), p => Once(p.Value), StringComparer.Ordinal);
        return point with { Parameters = parameters, Reason = point.Reason is null ? null : Once(point.Reason),
            Record = point.Record is { } record ? Slim(record, parameters) : null };
    }

    private RunRecord Slim(RunRecord record, ImmutableSortedDictionary<string, string> parameters) => record with
    {
        Schema = Once(record.Schema), ToolVersion = Once(record.ToolVersion), Network = Once(record.Network), Parameters = parameters,
        InputDigests = ImmutableSortedDictionary<string, string>.Empty, ArchitectureJson = "{}", RecipeJson = "{}", Area = [],
        Layers = [.. record.Layers.Select(l =>
            l with { Name = Once(l.Name), OpType = Once(l.OpType), Energy = [], Numerics = l.Numerics is { } n
            ? n with { Kernel = Once(n.Kernel) } : null })],
        Warnings = [.. record.Warnings.Select(Once)],
    };

    private string Once(string text)
    {
        if (_texts.TryGetValue(text, out string? kept)) return kept;
        _texts.Add(text, text);
        return text;
    }
}
