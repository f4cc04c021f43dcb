using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Reading;

/// <summary>Reads a datapath: formats of the operands, the accumulator, pipeline stages.</summary>
public static class DatapathReader
{
    /// <summary>Folder of `configs/` that holds datapaths.</summary>
    public const string Folder = "datapaths";

    private static readonly YamlField<string> Name = YamlField.Optional("name", YamlTypes.Text, "Name for reports. Left out: the file's name, or one made from the formats.");
    private static readonly YamlField<string> Description = YamlField.Optional("description", YamlTypes.Text, "Free text: what it models and from which source.");
    private static readonly YamlField<INumberFormat> Weight = YamlField.Required("weight", FormatType.Any, "Format of weights.");
    private static readonly YamlField<INumberFormat> Activation = YamlField.Required("activation", FormatType.Any, "Format of activations.");
    private static readonly YamlField<AccumulatorSpec> Accumulator = YamlField.Required("accumulator", AccumulatorType.Instance, "The register that sums products.");
    private static readonly YamlField<int> PipelineStages = YamlField.Optional("pipeline_stages", YamlTypes.Integer(0, 16), 0, "0",
        "Register stages inside the multiply-accumulate unit: area and energy, not values.");

    /// <summary>Key table of a datapath file.</summary>
    public static YamlSchema Schema { get; } = new("datapath", "A multiply-accumulate datapath: everything that changes a bit or a gate of it.",
        [Name, Description, Weight, Activation, Accumulator, PipelineStages], "sim.datapath/1");

    /// <summary>The type of a key that takes a datapath: inline mapping, catalogue name or file path.</summary>
    public static YamlType<DatapathSpec> Reference { get; } = new ReferenceType();

    /// <summary>A datapath by catalogue name or path, as typed on a command line; null after recording what is wrong.</summary>
    public static DatapathSpec? Load(string pathOrName, DiagnosticBag bag) =>
        ConfigCatalogue.Open(pathOrName, Folder, bag) is { } document ? Read(document.Root, bag, Path.GetFileNameWithoutExtension(document.File)) : null;

    /// <summary>Reads a mapping; null after recording everything wrong with it. The name is its `name` key, else <paramref name="defaultName"/>, else made from the formats.</summary>
    public static DatapathSpec? Read(YamlMap map, DiagnosticBag bag, string? defaultName = null)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(bag);
        int before = bag.ErrorCount;
        Schema.CheckKeys(map, bag);
        bool named = Name.TryRead(map, bag, out string name);
        Description.TryRead(map, bag, out _);
        bool formats = Weight.TryRead(map, bag, out INumberFormat weight) & Activation.TryRead(map, bag, out INumberFormat activation);
        bool sum = Accumulator.TryRead(map, bag, out AccumulatorSpec accumulator);
        int stages = PipelineStages.Read(map, bag);
        if (formats && sum && accumulator is IntegerAccumulator)
        {
            DemandInteger(Weight, weight, map, bag);
            DemandInteger(Activation, activation, map, bag);
        }
        if (formats && sum && accumulator is ExactAccumulator { Quire: { } quire } && quire.Refuses(activation, weight) is { } refusal)
            bag.Error(map[Accumulator.Name]!.Location, "CFG104", refusal);
        if (bag.ErrorCount > before) return null;
        var spec = new DatapathSpec(named ? name : defaultName ?? "", weight, activation, accumulator, stages);
        return spec.Name.Length > 0 ? spec : spec with { Name = NameOf(spec) };
    }

    /// <summary>A name made from what a datapath is, e.g. `e4m3_fp16` or `int8_acc24_wrap`.</summary>
    public static string NameOf(DatapathSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        string operands = spec.Weight.Name == spec.Activation.Name ? spec.Weight.Name : $"{spec.Weight.Name}x{spec.Activation.Name}";
        return FormattableString.Invariant($"{operands}_{Tail(spec.Accumulator)}");
    }

    private static string Tail(AccumulatorSpec accumulator) => accumulator switch
    {
        IntegerAccumulator i => FormattableString.Invariant($"acc{i.Bits}_{(i.Overflow == RegisterOverflow.Wrap ? "wrap" : "sat")}"),
        FixedAccumulator f => FormattableString.Invariant($"fixed{f.Bits}.{f.Fraction}_{(f.Overflow == RegisterOverflow.Wrap ? "wrap" : "sat")}"),
        FloatAccumulator { Product: { } p } f => $"{f.Format.Name}_via_{p.Name}",
        FloatAccumulator f => f.Format.Name,
        ExactAccumulator { Quire: { } q } e => FormattableString.Invariant($"quire{q.Bits}_{e.Output.Name}"),
        ExactAccumulator e => $"exact_{e.Output.Name}",
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
        public override string Expectation => "a datapath: an inline mapping, a name from configs/datapaths or a path to a .yaml file";

        public override JsonObject JsonSchema()
        {
            JsonObject inline = (Schema with { Id = null }).JsonSchema();
            return new JsonObject { ["oneOf"] = new JsonArray(new JsonObject { ["type"] = "string" }, inline) };
        }

        public override bool TryRead(YamlNode node, string key, DiagnosticBag bag, out DatapathSpec value)
        {
            string? name = node is YamlScalar s ? Path.GetFileNameWithoutExtension(s.Text) : null;
            value = (ConfigCatalogue.Resolve(node, Folder, key, bag) is { } map ? Read(map, bag, name) : null)!;
            return value is not null;
        }
    }
}
