using System.Collections.Immutable;
using System.CommandLine;
using Sim.Foundation;
using Sim.Foundation.Diagnostics;
using Sim.Verification.Datapaths;

namespace Sim.Cli.Verbs.Verify;

/// <summary>What `sim verify --datapath` was asked.</summary>
internal sealed record DatapathRequest(string Datapath, long Terms, string? Activations, string? Weights, ImmutableArray<string> Claims,
    bool Json)
{
    /// <summary>The numbers of an option LO:HI, exactly as binary64; null without the option, or after recording what is wrong.</summary>
    internal static Interval<Dyadic>? Box(string option, string? text, DiagnosticBag bag)
    {
        if (text is null) return null;
        string[] ends = text.Split(':');
        if (ends.Length == 2 && StrictNumber.TryReal(ends[0], out double low) && StrictNumber.TryReal(ends[1], out double high)
            && low <= high)
            return new(Dyadic.Of(Exact.FromDouble(low)), Dyadic.Of(Exact.FromDouble(high)));
        bag.Error(new Location(option), "CLI002", $"'{text}' is no range; give LO:HI, two finite numbers with LO at most HI");
        return null;
    }
}

/// <summary>The options of `sim verify --datapath`.</summary>
internal sealed class DatapathArguments
{
    private readonly Option<string?> _datapath = new("--datapath")
        { Description = "Prove a datapath's own properties (ranges, exactness, alignment, multiplier errors); with --model, that a network's sums keep within it", HelpName = "D.yaml" };
    private readonly Option<long> _terms = new("--terms") { Description = "With --datapath: products of a sum", HelpName = "K",
        DefaultValueFactory = _ => 4096 };
    private readonly Option<string?> _activations = new("--activations")
        { Description = "With --datapath: only activations within a range (default: every finite number of the format)",
        HelpName = "LO:HI" };
    private readonly Option<string?> _weights = new("--weights") { Description = "With --datapath: only weights within a range",
        HelpName = "LO:HI" };
    private readonly Option<string[]> _claims = new("--claim")
        { Description = $"With --datapath: only these properties ({string.Join(", ", InvariantCatalogue.All.Select(i => i.Name))})",
        HelpName = "NAME", AllowMultipleArgumentsPerToken = true };

    internal void AddTo(VerbCommand command)
    {
        foreach (Option option in (Option[])[_datapath, _terms, _activations, _weights, _claims]) command.Add(option);
    }

    /// <summary>The request; null when no datapath was named.</summary>
    internal DatapathRequest? Read(ParseResult parsed, bool json) => parsed.GetValue(_datapath) is { } path
        ? new(path, parsed.GetRequiredValue(_terms), parsed.GetValue(_activations), parsed.GetValue(_weights),
            [.. parsed.GetValue(_claims) ?? []], json) : null;
}
