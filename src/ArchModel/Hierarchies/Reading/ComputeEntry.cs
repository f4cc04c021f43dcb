using System.Collections.Immutable;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Hierarchies.Reading;

/// <summary>The `compute` entry that ends a hierarchy.</summary>
internal static class ComputeEntry
{
    /// <summary>The key that makes an entry compute units.</summary>
    public const string Key = "compute";

    private static readonly YamlField<string> Name = YamlField.Required(Key, HierarchyTypes.Name,
        "Unique name, used in counts and costs; each innermost place has one unit.");
    private static readonly YamlField<int> Lanes = YamlField.Optional("lanes", YamlTypes.Integer(1, 65536),
        "Products that a unit takes at once and sums. Left out: the lanes of the datapath's dot unit, else 1.");
    private static readonly YamlField<Rational> Cycles = YamlField.Optional("cycles_per_product", HierarchyTypes.Cycles,
        "Cycles between two products of a lane. Left out: those of the datapath's multiplier.");

    private static readonly YamlType<int> Width = YamlTypes.Integer(1, 64);
    private static readonly YamlField<int> RowActivations = YamlField.Required("activations", Width, "Most bits of an activation.");
    private static readonly YamlField<int> RowWeights = YamlField.Required("weights", Width, "Most bits of a weight.");
    private static readonly YamlField<Rational> RowCycles = YamlField.Required("cycles", HierarchyTypes.Cycles, "Cycles of a product.");
    private static readonly YamlField<ImmutableArray<PrecisionRow>> Precisions = YamlField.Optional("precision",
        YamlTypes.List(YamlTypes.Map<PrecisionRow>(new YamlSchema("precision", "Cycles of products of operands up to these widths.",
            [RowActivations, RowWeights, RowCycles]), ReadRow), 1),
        "Cycles by the widths of the operands, e.g. half a cycle for a 4-bit product in an 8-bit multiplier.");
    private static readonly YamlField<int> SerialActivations = YamlField.Optional("activations", Width, 0, "the whole operand",
        "Bits of an activation a cycle.");
    private static readonly YamlField<int> SerialWeights = YamlField.Optional("weights", Width, 0, "the whole operand",
        "Bits of a weight a cycle.");
    private static readonly YamlField<SerialBits> Serial = YamlField.Optional("serial",
        YamlTypes.Map<SerialBits>(new YamlSchema("serial operands", "Operands that are cut into digits, one digit (or pair) a cycle.",
            [SerialActivations, SerialWeights]), ReadSerial), "Bits of one or both operands that a cycle takes.");

    /// <summary>The keys.</summary>
    public static YamlSchema Schema { get; } = new("compute", "The multiply-accumulate units at the inner end.",
        [Name, Lanes, Cycles, Precisions, Serial, StatedCostsType.ProductEnergy, StatedCostsType.Area, StatedCostsType.Leakage]);

    /// <summary>Reads the entry; null after recording what is wrong.</summary>
    public static ComputeUnit? Read(YamlMap map, EntryContext context, DiagnosticBag bag)
    {
        int before = bag.ErrorCount;
        Schema.CheckKeys(map, bag);
        string name = Name.Read(map, bag);
        int? lanes = Lanes.TryRead(map, bag, out int given) ? given : null;
        Rational? cycles = Cycles.TryRead(map, bag, out Rational each) ? each : null;
        ImmutableArray<PrecisionRow> rows = Precisions.TryRead(map, bag, out ImmutableArray<PrecisionRow> read) ? read : [];
        SerialBits? serial = Serial.TryRead(map, bag, out SerialBits bits) ? bits : null;
        StatedCosts stated = StatedCostsType.With(StatedCostsType.One(StatedCostsType.ProductEnergy, map, bag), map, bag);
        string[] ways = [.. new YamlField[] { Cycles, Precisions, Serial }.Where(f => map[f.Name] is not null).Select(f => f.Name)];
        if (ways.Length > 1) bag.Error(map[ways[1]]!.Location, "CFG136",
            $"'{ways[1]}' beside '{ways[0]}': one of 'cycles_per_product', 'precision' and 'serial' says how long a product takes");
        if (bag.ErrorCount > before || context.Datapath is not { } datapath) return null;
        CheckLanes(map, lanes, datapath, bag);
        var unit = new ComputeUnit(name, lanes ?? datapath.Lanes, cycles ?? Rational.Of(datapath.CyclesPerMac))
            { Precisions = rows, Serial = serial, Stated = stated };
        if (ways.Length > 0 && datapath.CyclesPerMac > 1 && cycles != Rational.Of(datapath.CyclesPerMac)) bag.Error(map[ways[0]]!.Location,
            "CFG136", $"the multiplier of datapath '{datapath.Name}' takes {datapath.CyclesPerMac} cycles a product; leave "
            + $"'{ways[0]}' out");
        Rational? own = unit.CyclesFor(datapath.Activation.Bits, datapath.Weight.Bits);
        if (own is null) bag.Error(Precisions.Place(map), "CFG136",
            $"no row of 'precision' takes the datapath's own operands of {datapath.Activation.Bits} (activations) and "
                + $"{datapath.Weight.Bits} (weights) bits");
        return bag.ErrorCount > before ? null : unit with { Cycles = own!.Value };
    }

    private static void CheckLanes(YamlMap map, int? lanes, DatapathSpec datapath, DiagnosticBag bag)
    {
        if (lanes is { } given && datapath.Dot is { } dot && given != dot.Lanes) bag.Error(Lanes.Place(map), "CFG136",
            $"the dot unit of datapath '{datapath.Name}' has {dot.Lanes} lanes; 'lanes' must say the same or be left out");
    }

    private static bool ReadRow(YamlMap map, DiagnosticBag bag, out PrecisionRow value)
    {
        bool good = RowActivations.TryRead(map, bag, out int activations) & RowWeights.TryRead(map, bag, out int weights)
            & RowCycles.TryRead(map, bag, out Rational cycles);
        value = new PrecisionRow(activations, weights, cycles);
        return good;
    }

    private static bool ReadSerial(YamlMap map, DiagnosticBag bag, out SerialBits value)
    {
        int before = bag.ErrorCount;
        value = new SerialBits(SerialActivations.Read(map, bag), SerialWeights.Read(map, bag));
        if (bag.ErrorCount == before && value == default)
            bag.Error(map.Location, "CFG136", "'serial' names no operand: 'activations', 'weights' or both");
        return bag.ErrorCount == before;
    }
}
