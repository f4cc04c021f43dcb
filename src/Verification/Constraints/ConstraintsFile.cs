using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Sim.Foundation;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Workloads.Integers;

namespace Sim.Verification.Constraints;

/// <summary>Members of a constraint: inputs of a row (k = 0 … K − 1) or input channels of the layer, each index once, in the order of the
/// file.</summary>
/// <param name="Ranges">First and last index of each run; null: all there are.</param>
public sealed record Members(bool Channels, ImmutableArray<(int First, int Last)>? Ranges, Location Location);

/// <summary>Low ≤ Σ coefficient·input ≤ High, inputs as stored; at every place of a window when members are channels.</summary>
/// <param name="Coefficients">One a member; empty: all 1.</param>
/// <param name="Box">What each member can be beside its layer's box; null: no more is known.</param>
public sealed record SumConstraint(Members Members, ImmutableArray<int> Coefficients, int? Low, int? High, Interval? Box, Location Location)
{
    /// <summary>Of a one-hot group: what the one member and all others are; High − Low is 1. The ends of the sum then follow from the
    /// number of members.</summary>
    public bool IsOneHot { get; init; }
}

/// <summary>A box of some members.</summary>
public sealed record MemberBox(Members Members, Interval Range, Location Location);

/// <summary>What is declared of one layer's inputs.</summary>
public sealed record LayerConstraints(string Layer, Interval? Box, ImmutableArray<MemberBox> Boxes, ImmutableArray<SumConstraint> Sums,
    Location Location);

/// <summary>The keys of a constraints file (`schema: sim.constraints/1`) and their reader.</summary>
public static class ConstraintsFile
{
    /// <summary>Folder of `configs/` that holds named constraints.</summary>
    public const string Folder = "constraints";

    private static readonly YamlType<int> Number = YamlTypes.Integer(int.MinValue, int.MaxValue);

    private static readonly YamlType<(int First, int Last)?> Index = new YamlScalarType<(int First,
        int Last)?>("an index, a range such as 0..9, or all", TryIndex,
        () => new JsonObject { ["type"] = new JsonArray("integer", "string"), ["pattern"] = "^([0-9]+|[0-9]+\\.\\.[0-9]+|all)$" });

    private static readonly YamlField<ImmutableArray<(int First, int Last)?>> Inputs = YamlField.Optional("inputs",
        YamlTypes.List(Index, 1), default, "none",
        "Inputs of a row by index: k = (channel · kernel height + y) · kernel width + x, channels of the row's group; of a matrix its row.");

    private static readonly YamlField<ImmutableArray<(int First, int Last)?>> Channels = YamlField.Optional("channels",
        YamlTypes.List(Index, 1), default, "none",
        "Input channels of the layer instead; a sum then holds at every place of the window.");

    private static readonly YamlField<int> Low = YamlField.Optional("low", Number, "Least sum.");

    private static readonly YamlField<int> High = YamlField.Optional("high", Number, "Largest sum.");

    private static readonly YamlField<ImmutableArray<int>> Coefficients = YamlField.Optional("coefficients", YamlTypes.List(Number, 1),
        default, "1 each", "One a member, in their order.");

    private static readonly YamlField<int> Total = YamlField.Required("total", Number, "The sum of all members.");

    private static readonly YamlField<int> Off = YamlField.Optional("off", Number, 0, "0", "What all members but one are, as stored.");

    private static readonly YamlField<int> On = YamlField.Optional("on", Number, 1, "1", "What the one is: off + 1.");

    private static readonly YamlField<ImmutableArray<int>> Range = YamlField.Required("range", YamlTypes.List(Number, 2),
        "Least and largest value, as stored.");

    private static readonly YamlField<ImmutableArray<MemberBox>> Boxes = YamlField.Optional("boxes", YamlTypes.List(YamlTypes.Map(
        new YamlSchema("box of members", "What some inputs can be.", [Inputs, Channels, Range]),
            (YamlMap map, DiagnosticBag bag, out MemberBox value) =>
        {
            value = new(MembersOf(map, bag), Interval(Range.Read(map, bag), Range.Place(map), bag) ?? default, map.Location);
            return true;
        })), [], "none", "Boxes of some inputs or channels.");

    private static readonly YamlField<ImmutableArray<SumConstraint>> Sums = YamlField.Optional("sums", YamlTypes.List(YamlTypes.Map(
        new YamlSchema("linear constraint", "low ≤ Σ coefficient · input ≤ high.", [Inputs, Channels, Coefficients, Low, High]),
            (YamlMap map, DiagnosticBag bag, out SumConstraint value) =>
        {
            int? low = Low.TryRead(map, bag, out int l) ? l : null, high = High.TryRead(map, bag, out int h) ? h : null;
            ImmutableArray<int> coefficients = Coefficients.Read(map, bag);
            value = new(MembersOf(map, bag), coefficients.IsDefault ? [] : coefficients, low, high, null, map.Location);
            if (!Low.IsIn(map) && !High.IsIn(map)) bag.Error(map.Location, "CFG004", "a linear constraint needs 'low', 'high' or both");
            if (low > high) bag.Error(Low.Place(map), "CFG122", $"no sum is at least {low} and at most {high}");
            return true;
        })), [], "none", "Linear constraints.");

    private static readonly YamlField<ImmutableArray<SumConstraint>> Simplex = YamlField.Optional("simplex", YamlTypes.List(YamlTypes.Map(
        new YamlSchema("simplex", "Members that sum to a total.", [Inputs, Channels, Total]),
            (YamlMap map, DiagnosticBag bag, out SumConstraint value) =>
        {
            int total = Total.Read(map, bag);
            value = new(MembersOf(map, bag), [], total, total, null, map.Location);
            return true;
        })), [], "none", "Groups with a fixed sum, such as quantized probabilities.");

    private static readonly YamlField<ImmutableArray<SumConstraint>> OneHot = YamlField.Optional("one_hot", YamlTypes.List(YamlTypes.Map(
        new YamlSchema("one-hot group", "Exactly one member is on, all others are off.", [Inputs, Channels, Off, On]),
            (YamlMap map, DiagnosticBag bag, out SumConstraint value) =>
        {
            (int off, int on) = (Off.Read(map, bag), On.Read(map, bag));
            value = new(MembersOf(map, bag), [], null, null, new(off, Math.Max((long)off, on)), map.Location) { IsOneHot = true };
            if (on != (long)off + 1) bag.Error(On.Place(map), "CFG122",
                $"of a one-hot group 'on' must be 'off' + 1 = {off + 1L}, found {on}: integers between the two could not be told apart; allowed beside it is 'simplex'");
            return true;
        })), [], "none", "One-hot groups.");

    private static readonly YamlField<string> Layer = YamlField.Required("layer", YamlTypes.Text,
        "Name of the layer's node in the network.");

    private static readonly YamlField<ImmutableArray<int>> Box = YamlField.Optional("box", YamlTypes.List(Number, 2), default,
        "the layer's own", "Least and largest value of every input, as stored.");

    private static readonly YamlField<ImmutableArray<LayerConstraints>> Layers = YamlField.Required("layers", YamlTypes.List(YamlTypes.Map(
        new YamlSchema("constraints of a layer", "What is known of one layer's inputs.", [Layer, Box, Boxes, Sums, Simplex, OneHot]),
            (YamlMap map, DiagnosticBag bag, out LayerConstraints value) =>
        {
            ImmutableArray<int> box = Box.Read(map, bag);
            value = new(Layer.Read(map, bag), Box.IsIn(map) ? Interval(box, Box.Place(map), bag) : null, Boxes.Read(map, bag),
                [.. Sums.Read(map, bag).OrEmpty(), .. Simplex.Read(map, bag).OrEmpty(), .. OneHot.Read(map, bag).OrEmpty()], map.Location);
            return true;
        }), 1), "Layers whose inputs are constrained.");

    /// <summary>The keys, for unknown-key errors and the published JSON schema.</summary>
    public static YamlSchema Keys
        { get; } = new("input constraints", "What is known of the inputs of layers beyond their boxes, for proofs.", [Layers],
        "sim.constraints/1");

    /// <summary>A file by catalogue name or path; empty after recording everything that is wrong with it.</summary>
    public static ImmutableArray<LayerConstraints> Load(string pathOrName, DiagnosticBag bag) =>
        ConfigCatalogue.Open(pathOrName, Folder, bag) is { } document ? Read(document.Root, bag) : [];

    /// <summary>Reads constraints from a file's mapping; empty after recording everything that is wrong.</summary>
    public static ImmutableArray<LayerConstraints> Read(YamlMap map, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(bag);
        int before = bag.ErrorCount;
        Keys.CheckKeys(map, bag);
        ImmutableArray<LayerConstraints> layers = Layers.Read(map, bag).OrEmpty();
        foreach (LayerConstraints again in layers.GroupBy(l => l.Layer).SelectMany(g => g.Skip(1))) bag.Error(again.Location, "CFG122",
            $"layer '{again.Layer}' has constraints already");
        return bag.ErrorCount > before ? [] : layers;
    }

    private static Members MembersOf(YamlMap map, DiagnosticBag bag)
    {
        bool channels = Channels.IsIn(map);
        if (channels == Inputs.IsIn(map)) bag.Error(map.Location, "CFG004", "give either 'inputs' or 'channels'");
        YamlField<ImmutableArray<(int First, int Last)?>> field = channels ? Channels : Inputs;
        ImmutableArray<(int First, int Last)?> runs = field.Read(map, bag).OrEmpty();
        Location at = field.Place(map);
        if (runs.Contains(null)) return new(channels, runs.Length == 1 ? null : Refused("'all' stands alone"), at);
        var used = new HashSet<int>();
        foreach ((int first, int last) in runs.Select(r => r!.Value))
            for (int i = first; i <= last; i++)
                if (!used.Add(i)) return new(channels, Refused($"index {i} is named twice"), at);
        return new(channels, [.. runs.Select(r => r!.Value)], at);

        ImmutableArray<(int, int)> Refused(string why)
        {
            bag.Error(at, "CFG122", why);
            return [];
        }
    }

    private static Interval? Interval(ImmutableArray<int> ends, Location at, DiagnosticBag bag)
    {
        if (ends.IsDefault || ends.Length < 2) return null;
        if (ends.Length == 2 && ends[0] <= ends[1]) return new(ends[0], ends[1]);
        bag.Error(at, "CFG122", $"a box is the least and the largest value, found [{string.Join(", ", ends)}]");
        return null;
    }

    // At most as many as a row can have inputs, so that a slip of the pen does not fill the memory.
    private static bool TryIndex(string text, out (int First, int Last)? value)
    {
        value = null;
        if (text == "all") return true;
        string[] ends = text.Split("..");
        if (ends.Length > 2 || !TryIndex(ends[0], out int first) || !TryIndex(ends[^1], out int last) || last < first) return false;
        value = (first, last);
        return true;
    }

    private static bool TryIndex(string text, out int index) => StrictNumber.TryWhole(text, out index) && index is >= 0 and < 1 << 24;

    private static ImmutableArray<T> OrEmpty<T>(this ImmutableArray<T> list) => list.IsDefault ? [] : list;
}
