using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Reading;

/// <summary>Reads a datapath: formats of the operands, the accumulator, pipeline stages.</summary>
public static class DatapathReader
{
    /// <summary>Folder of `configs/` that holds datapaths.</summary>
    public const string Folder = "datapaths";

    private static readonly YamlField<string> Name = YamlField.Optional("name", YamlTypes.Text,
        "Name for reports. Left out: the file's name, or one made from the formats.");
    private static readonly YamlField<string> Description = YamlField.Optional("description", YamlTypes.Text,
        "Free text: what it models and from which source.");
    private static readonly YamlField<OperandFormat> Weight = YamlField.Optional("weight", OperandType.Any,
        "Format of weights. Required without 'profile'.");
    private static readonly YamlField<OperandFormat> Activation = YamlField.Optional("activation", OperandType.Any,
        "Format of activations. Required without 'profile'.");
    private static readonly YamlField<AccumulatorSpec> Accumulator = YamlField.Optional("accumulator", AccumulatorType.Instance,
        "The register that sums products. Required without 'profile'.");
    private static readonly YamlField<DotUnitSpec> Dot = YamlField.Optional("dot", DotUnitType.Instance,
        "The unit that adds several products to a float accumulator in one step. Left out: one product a step.");
    private static readonly YamlField<MultiplierSpec?> Multiplier = YamlField.Optional("multiplier", MultiplierType.Instance,
        "What stands in place of an exact multiplier. Left out: exact.");
    private static readonly YamlField<string> Profile = YamlField.Optional("profile", YamlTypes.Text,
        "A chip whose tensor core it computes as (docs/formats/dot-units.md), in place of formats, accumulator and dot unit.");
    private static readonly YamlField<PipelineDepth> PipelineStages = YamlField.Optional("pipeline_stages", PipelineDepth.Type, default,
        "0",
        "Register stages inside the multiply-accumulate unit: area, energy and delay, not values. auto: as few as the architecture's clock needs.");

    /// <summary>Key table of a datapath file.</summary>
    public static YamlSchema Schema
        { get; } = new("datapath", "A multiply-accumulate datapath: everything that changes a bit or a gate of it.",
        [Name, Description, Weight, Activation, Accumulator, Dot, Multiplier, Profile, LongAccumulatorType.Promote, PipelineStages],
            "sim.datapath/1");

    /// <summary>The type of a key that takes a datapath: inline mapping, catalogue name or file path.</summary>
    public static YamlType<DatapathSpec> Reference { get; } = new ReferenceType();

    /// <summary>The document behind what a user typed: a chip profile, a name from the catalogue or a path; null after recording what is
    /// wrong.</summary>
    public static YamlDocument? Open(string pathOrName, DiagnosticBag bag) =>
        ProfileDocument(pathOrName, bag) ?? ConfigCatalogue.Open(pathOrName, Folder, bag);

    /// <summary>A datapath by catalogue name or path, as typed on a command line; null after recording what is wrong.</summary>
    public static DatapathSpec? Load(string pathOrName, DiagnosticBag bag) =>
        Open(pathOrName, bag) is { } document ? Read(document.Root, bag, Path.GetFileNameWithoutExtension(document.File)) : null;

    /// <summary>Reads a mapping; null after recording everything wrong with it. The name is its `name` key, else
    /// <paramref name="defaultName"/>, else made from the formats.</summary>
    public static DatapathSpec? Read(YamlMap map, DiagnosticBag bag, string? defaultName = null)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(bag);
        int before = bag.ErrorCount;
        Schema.CheckKeys(map, bag);
        bool named = Name.TryRead(map, bag, out string name);
        Description.TryRead(map, bag, out _);
        PipelineDepth stages = PipelineStages.Read(map, bag);
        if (Profile.IsIn(map)) return ReadProfile(map, named ? name : defaultName, stages, bag, before);
        foreach (YamlField field in new YamlField[] { Weight, Activation, Accumulator })
            if (map[field.Name] is null) bag.Error(map.Location, "CFG004",
                $"the key '{field.Name}' is missing; it must be {field.Type.Expectation}");
        bool formats = Weight.TryRead(map, bag, out OperandFormat weights) & Activation.TryRead(map, bag, out OperandFormat activations);
        (INumberFormat weight, INumberFormat activation) = (weights.Element, activations.Element);
        bool sum = Accumulator.TryRead(map, bag, out AccumulatorSpec accumulator);
        DotUnitSpec? dot = Dot.TryRead(map, bag, out DotUnitSpec unit) ? unit : null;
        if (formats && sum && accumulator is IntegerAccumulator)
        {
            DemandInteger(Weight, weight, map, bag);
            DemandInteger(Activation, activation, map, bag);
        }
        if (formats && sum && accumulator is ExactAccumulator { Quire: { } quire } && quire.Refuses(activation, weight) is { } refusal)
            bag.Error(map[Accumulator.Name]!.Location, "CFG104", refusal);
        MultiplierSpec? multiplier = Multiplier.TryRead(map, bag, out MultiplierSpec? kind) ? kind : null;
        if (formats && multiplier?.Refuses(activation, weight) is { } misfit) bag.Error(Multiplier.Place(map), "CFG108",
            $"'multiplier': {misfit}");
        if (formats && (weights.Blocks is not null || activations.Blocks is not null))
        {
            if (dot is not null) bag.Error(Dot.Place(map), "CFG118",
                "operands in blocks make a dot unit of their own; leave 'dot' out, or name the element's format");
            dot = new BlockDotUnit(activations.Blocks, weights.Blocks);
        }
        if (sum && LongAccumulatorType.Promote.TryRead(map, bag, out Promotion promotion)) accumulator = LongAccumulatorType.Promoted(map,
            accumulator, promotion, dot?.Lanes ?? 1, bag);
        if (formats && dot is AlignedDotUnit { Scales: { } scales })
            foreach (string problem in new[] { activation, weight }.Distinct().Select(f => BlockCatalogue.Refuses(scales.Blocks(f)))
                .OfType<string>()) bag.Error(Dot.Place(map), "CFG107", $"'dot': {problem}");
        if (sum && dot?.Refuses(accumulator) is { } reason) bag.Error(Dot.Place(map), "CFG107", $"'dot': {reason}");
        if (formats && sum && accumulator is LogAccumulator log)
        {
            if (log.Refuses(new DatapathSpec("", weight, activation, accumulator) { Dot = dot, Multiplier = multiplier }) is
                { } misplaced) bag.Error(Accumulator.Place(map), "CFG121", $"'accumulator': {misplaced}");
        }
        else if (formats && !Multiplier.IsIn(map) && (weight is ICodeArithmetic || activation is ICodeArithmetic))
            bag.Error(map[Weight.Name]!.Location, "CFG108",
                $"products of {activation.Name} and {weight.Name} need a logarithmic multiplier ({{kind: log}}) or a table");
        if (bag.ErrorCount > before) return null;
        var spec = new DatapathSpec(named ? name : defaultName ?? "", weight, activation, accumulator, stages.Stages)
            { Dot = dot, Multiplier = multiplier, PipelineAuto = stages.IsAuto };
        if (multiplier is not null && ReferenceKernel.RefusesDot(spec, ReductionOrder.Sequential, 1) is { } senseless)
        {
            bag.Error(Multiplier.Place(map), "CFG108", $"'multiplier': {senseless}");
            return null;
        }
        return spec.Name.Length > 0 ? spec : spec with { Name = NameOf(spec) };
    }

    /// <summary>A name made from what a datapath is, e.g. `e4m3_fp16` or `int8_acc24_wrap`.</summary>
    public static string NameOf(DatapathSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        (string weight, string activation) = OperandNames(spec);
        string operands = weight == activation ? weight : $"{weight}x{activation}";
        string dot = spec.Dot is null or BlockDotUnit ? "" : FormattableString.Invariant($"_dot{spec.Dot.Lanes}");
        return FormattableString.Invariant($"{operands}{(spec.Multiplier is { } m ? "_" + m.Kind : "")}_{Tail(spec.Accumulator)}{dot}");
    }

    /// <summary>Names of the operands' formats as the keys `weight` and `activation` take them.</summary>
    public static (string Weight, string Activation) OperandNames(DatapathSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var blocks = spec.Dot as BlockDotUnit;
        return (blocks?.Weights?.Name ?? spec.Weight.Name, blocks?.Activations?.Name ?? spec.Activation.Name);
    }

    /// <summary>
    /// The mapping that a `datapath` key stands for: inline, a file, a name from the catalogue, or the name of a chip profile; null after
    /// recording what is wrong.
    /// </summary>
    public static YamlMap? Resolve(YamlNode node, string key, DiagnosticBag bag) =>
        node is YamlScalar { IsNothing: false } word && ProfileDocument(word.Text, bag) is { } profile ? profile.Root
            : ConfigCatalogue.Resolve(node, Folder, key, bag);

    private static YamlDocument? ProfileDocument(string name, DiagnosticBag bag) =>
        ChipProfiles.Find(name) is null ? null
            : YamlDocument.Parse($"schema: {Schema.Id}\nname: {name}\nprofile: {name}\npipeline_stages: auto\n", name, bag);

    private static DatapathSpec? ReadProfile(YamlMap map, string? name, PipelineDepth stages, DiagnosticBag bag, int before)
    {
        foreach (YamlField field in new YamlField[] { Weight, Activation, Accumulator, Dot, Multiplier })
            if (map[field.Name] is { } node) bag.Error(node.Location, "CFG105",
                $"'{field.Name}' is fixed by 'profile'; leave one of them out");
        if (!Profile.TryRead(map, bag, out string chip)) return null;
        ChipProfile? profile = ChipProfiles.Find(chip);
        IEnumerable<string> known = ChipProfiles.All.Select(p => p.Name);
        if (profile is null) bag.Error(Profile.Place(map), "CFG106",
            $"no chip profile '{chip}'{NearestName.Hint(chip, known)} (known: {string.Join(", ", known)})");
        if (bag.ErrorCount > before) return null;
        AccumulatorSpec accumulator = profile!.Datapath.Accumulator;
        if (LongAccumulatorType.Promote.TryRead(map, bag, out Promotion promotion)) accumulator = LongAccumulatorType.Promoted(map,
            accumulator, promotion, profile.Datapath.Lanes, bag);
        return bag.ErrorCount > before ? null : profile.Datapath with
        {
            Accumulator = accumulator,
            Name = name is { Length: > 0 } ? name : profile.Name,
            PipelineStages = stages.Stages,
            PipelineAuto = stages.IsAuto,
        };
    }

    private static string Tail(AccumulatorSpec accumulator) => accumulator switch
    {
        IntegerAccumulator i => FormattableString.Invariant($"acc{i.Bits}_{(i.Overflow == RegisterOverflow.Wrap ? "wrap" : "sat")}"),
        FixedAccumulator f => FormattableString.Invariant($"fixed{f.Bits}.{f.Fraction}_{(f.Overflow == RegisterOverflow.Wrap ? "wrap" : "sat")}"),
        FloatAccumulator { Product: { } p } f => $"{f.Format.Name}_via_{p.Name}",
        FloatAccumulator f => f.Format.Name,
        ExactAccumulator { Quire: { } q } e => FormattableString.Invariant($"quire{q.Bits}_{e.Output.Name}"),
        ExactAccumulator e => $"exact_{e.Output.Name}",
        PromotedAccumulator p => FormattableString.Invariant($"{Tail(p.Inner)}_into{p.Every}_{Tail(p.Outer)}"),
        CompensatedAccumulator c => $"compensated_{c.Format.Name}",
        LogAccumulator l => $"log_{l.Format.Name}",
        MultiComponentAccumulator m =>
            FormattableString.Invariant($"{m.Components}x{m.Format.Name}{(m.Output == m.Format ? "" : "_" + m.Output.Name)}"),
        NormalizingAccumulator { Normalization: Normalization.Approximate } n =>
            FormattableString.Invariant($"{n.Format.Name}_an{n.K}.{n.Lambda}"),
        NormalizingAccumulator n => $"{n.Format.Name}_{n.Normalization.ToString().ToLowerInvariant()}",
        _ => throw new ArgumentOutOfRangeException(nameof(accumulator), accumulator, "a kind of accumulator without a name"),
    };

    private static void DemandInteger(YamlField field, INumberFormat format, YamlMap map, DiagnosticBag bag)
    {
        if (format is FixedFormat { Fraction: 0 }) return;
        bag.Error(map[field.Name]!.Location, "CFG103",
            $"an integer accumulator needs integer operands (intN, uintN), but '{field.Name}' is '{format.Name}'; use accumulator kind fixed, float or exact");
    }

    private sealed class ReferenceType : YamlType<DatapathSpec>
    {
        /// <inheritdoc/>
        public override string Expectation =>
            "a datapath: an inline mapping, a name from configs/datapaths, a chip profile or a path to a .yaml file";

        /// <inheritdoc/>
        public override JsonObject JsonSchema()
        {
            JsonObject inline = (Schema with { Id = null }).JsonSchema();
            return new JsonObject { ["oneOf"] = new JsonArray(new JsonObject { ["type"] = "string" }, inline) };
        }

        /// <inheritdoc/>
        public override bool TryRead(YamlNode node, string key, DiagnosticBag bag, out DatapathSpec value)
        {
            string? name = node is YamlScalar s ? ConfigCatalogue.NameOf(s.Text) : null;
            value = (Resolve(node, key, bag) is { } map ? Read(map, bag, name) : null)!;
            return value is not null;
        }
    }
}
