using System.Collections.Immutable;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Units;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Hierarchies.Reading;

/// <summary>One `fabric` of a hierarchy.</summary>
internal static class FabricEntry
{
    /// <summary>The key that makes an entry a fabric.</summary>
    public const string Key = "fabric";

    /// <summary>Most places along an axis.</summary>
    public const int LongestAxis = 1 << 20;

    private static readonly YamlField<string> Name = YamlField.Required(Key, HierarchyTypes.Name, "Unique name, used in mappings.");
    private static readonly YamlField<ImmutableArray<(YamlScalar Key, int Value)>> Shape = YamlField.Required("shape",
        HierarchyTypes.Named("axes", YamlTypes.Integer(1, LongestAxis), 1), "Axes with the places along each, e.g. {y: 12, x: 14}.");
    private static readonly YamlField<PerOperand<Travel?>> Multicast = YamlField.Optional("multicast", Along("multicast",
        "Axes along which one word reaches every place that needs it at that step."),
        "Axes by operand along which one read feeds every place that needs the word. Outputs have 'reduction'.");
    private static readonly YamlField<PerOperand<Travel?>> Systolic = YamlField.Optional("systolic", Along("systolic links",
        "Axes along which a word passes from neighbour to neighbour."),
        "Axes by operand along which a word passes from neighbour to neighbour, one hop after another.");
    private static readonly YamlField<ImmutableArray<(YamlScalar Key, Reduction Value)>> Sums = YamlField.Optional("reduction",
        HierarchyTypes.Named("axes", YamlTypes.Choice(("none", Reduction.None), ("chain", Reduction.Chain), ("tree", Reduction.Tree)), 0),
        [], "none", "How partial sums along an axis come together: chain (neighbour to neighbour, in order) or tree.");
    private static readonly YamlField<Latency> Hop = YamlField.Optional("hop", HierarchyTypes.Latency, new Latency(1, false), "1 cycle",
        "Time of one hop along systolic links and chains.");

    /// <summary>The keys.</summary>
    public static YamlSchema Schema { get; } = new("fabric", "A fan-out into equal children with named axes.",
        [Name, Shape, Multicast, Systolic, Sums, Hop, StatedCostsType.HopEnergy, StatedCostsType.Area, StatedCostsType.Leakage]);

    /// <summary>Reads an entry; null after recording what is wrong.</summary>
    public static FabricLevel? Read(YamlMap map, EntryContext context, DiagnosticBag bag)
    {
        int before = bag.ErrorCount;
        Schema.CheckKeys(map, bag);
        string name = Name.Read(map, bag);
        bool shaped = Shape.TryRead(map, bag, out ImmutableArray<(YamlScalar Key, int Value)> shape);
        PerOperand<Travel?> multicast = Multicast.Read(map, bag), systolic = Systolic.Read(map, bag);
        ImmutableArray<(YamlScalar Key, Reduction Value)> sums = Sums.Read(map, bag);
        double hop = Hop.Read(map, bag).Cycles(context.Clock);
        if (hop is < 0 or > 1_000_000) bag.Error(Hop.Place(map), "CFG002", $"'hop' must be at most 1000000 cycles, found {hop:0}");
        StatedCosts stated = StatedCostsType.With(StatedCostsType.One(StatedCostsType.HopEnergy, map, bag), map, bag);
        if (!shaped || sums.IsDefault) return null;
        string[] axes = [.. shape.Select(a => a.Key.Text)];
        PerOperand<string[]> wide = PerOperand.Of(o => Names(multicast[o], axes, name, bag));
        PerOperand<string[]> hops = PerOperand.Of(o => Names(systolic[o], axes, name, bag));
        foreach ((YamlScalar key, _) in sums) CheckAxis(key, axes, name, bag);
        foreach (Operand operand in new[] { Operand.Activations, Operand.Weights })
            foreach (string twice in wide[operand].Intersect(hops[operand]))
                bag.Error(systolic[operand]!.Value.Node.Location, "CFG135",
                    $"the {OperandWords.NameOf(operand)} are both multicast and systolic along '{twice}' of fabric '{name}'; choose one");
        if (bag.ErrorCount > before) return null;
        Sharing Way(Operand operand, string axis) => wide[operand].Contains(axis) ? Sharing.Multicast
            : hops[operand].Contains(axis) ? Sharing.Systolic : Sharing.None;
        return new FabricLevel(name, [.. shape.Select(a => new FabricAxis(a.Key.Text, a.Value, Way(Operand.Activations, a.Key.Text),
            Way(Operand.Weights, a.Key.Text), sums.FirstOrDefault(s => s.Key.Text == a.Key.Text).Value))])
            { HopCycles = (int)hop, Stated = stated };
    }

    // How an operand travels: what stands in the file, kept until the axes are known.
    private readonly record struct Travel(YamlNode Node);

    private static YamlType<PerOperand<Travel?>> Along(string title, string description)
    {
        YamlField<YamlNode> activations = YamlField.Optional("activations", HierarchyTypes.Axes, description);
        YamlField<YamlNode> weights = YamlField.Optional("weights", HierarchyTypes.Axes, description);
        return YamlTypes.Map<PerOperand<Travel?>>(new YamlSchema(title, description, [activations, weights]),
            (YamlMap map, DiagnosticBag bag, out PerOperand<Travel?> value) =>
            {
                int before = bag.ErrorCount;
                value = new(activations.TryRead(map, bag, out YamlNode a) ? new Travel(a) : null,
                    weights.TryRead(map, bag, out YamlNode w) ? new Travel(w) : null, null);
                return bag.ErrorCount == before;
            });
    }

    private static string[] Names(Travel? travel, string[] axes, string fabric, DiagnosticBag bag)
    {
        if (travel is not { } given) return [];
        if (given.Node is YamlScalar { Text: "none" } && !axes.Contains("none")) return [];
        if (given.Node is YamlScalar { Text: "all" } && !axes.Contains("all")) return axes;
        ImmutableArray<YamlNode> items = given.Node is YamlList list ? list.Items : [given.Node];
        var names = new List<string>();
        foreach (YamlNode item in items)
        {
            if (item is not YamlScalar word) bag.Error(item.Location, "CFG006", $"the name of an axis is needed, found {item.Found}");
            else if (CheckAxis(word, axes, fabric, bag))
            {
                if (names.Contains(word.Text)) bag.Error(word.Location, "CFG135", $"axis '{word.Text}' is named twice");
                names.Add(word.Text);
            }
        }
        return [.. names];
    }

    private static bool CheckAxis(YamlScalar word, string[] axes, string fabric, DiagnosticBag bag)
    {
        if (axes.Contains(word.Text)) return true;
        bag.Error(word.Location, "CFG135",
            $"fabric '{fabric}' has no axis '{word.Text}'{NearestName.Hint(word.Text, axes)} (its axes: {string.Join(", ", axes)})");
        return false;
    }
}
