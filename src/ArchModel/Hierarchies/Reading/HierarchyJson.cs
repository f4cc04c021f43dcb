using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sim.ArchModel.Hierarchies.Dram;
using Sim.ArchModel.Reading;
using Sim.Foundation;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Hierarchies.Reading;

/// <summary>
/// The one canonical text of an accelerator of version 2: equal ones give equal texts, and the text is a valid file. A technology that was
/// given by path or inline stands by its name only.
/// </summary>
public static class HierarchyJson
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>One line of JSON.</summary>
    public static string Write(LoadedHierarchy loaded) => ToNode(loaded).ToJsonString(Plain);

    /// <summary>The file as nodes.</summary>
    public static JsonObject ToNode(LoadedHierarchy loaded)
    {
        ArgumentNullException.ThrowIfNull(loaded);
        HierarchicalArchitecture a = loaded.Architecture;
        var levels = new JsonArray([.. a.Hierarchy.Levels.Select(l => l switch
        {
            MemoryLevel memory => ToNode(memory),
            FabricLevel { IsLanes: false } fabric => ToNode(fabric),
            _ => null,
        }).OfType<JsonObject>(), ToNode(a.Compute, a.Datapath.Lanes, a.Datapath.CyclesPerMac)]);
        var node = new JsonObject
        {
            [YamlDocument.SchemaKey] = HierarchyReader.Schema.Id, ["name"] = a.Name, ["technology"] = a.TechnologyName,
            ["clock"] = QuantityText.Frequency(a.ClockHertz), ["datapath"] = ArchitectureJson.ToNode(a.Datapath), ["hierarchy"] = levels,
            ["vector"] = ArchitectureJson.ToNode(a.Vector),
        };
        if (loaded.Mapping is { } mapping) node["mapping"] = ToNode(mapping);
        return node;
    }

    private static JsonObject ToNode(MemoryLevel m)
    {
        var node = new JsonObject { [MemoryEntry.Key] = m.Name };
        if (m.DramKind is { } kind) node["kind"] = kind;
        if (m.CapacityBits is { } capacity) node["capacity"] = QuantityText.Size(capacity);
        if (OperandWords.All.Any(o => m.PartitionBits[o] is not null))
            node["partitions"] = Each(o => m.PartitionBits[o] is { } bits ? QuantityText.Size(bits) : null);
        node["word"] = QuantityText.Size(m.WordBits);
        if (m.Banks > 1) node["banks"] = m.Banks;
        var ports = new JsonObject();
        foreach ((string name, int count) in new[] { ("read", m.Ports.Read), ("write", m.Ports.Write), ("shared", m.Ports.Shared) })
            if (count > 0) ports[name] = count;
        if (m.DramKind is null) node["ports"] = ports;
        if (m.BitsPerCycle is { } rate) node["bandwidth"] = QuantityText.Rate(rate);
        if (m.ReadBitsPerCycle is { } reads) node["read_bandwidth"] = QuantityText.Rate(reads);
        if (m.WriteBitsPerCycle is { } writes) node["write_bandwidth"] = QuantityText.Rate(writes);
        if (m.LatencyCycles > 0) node["latency"] = QuantityText.Cycles(m.LatencyCycles);
        if (m.BurstBits > 0) node["burst"] = QuantityText.Size(m.BurstBits);
        if (m.Timing is { } timing) node["timing"] = DramTimingReader.ToNode(timing);
        if (m.Channels > 1) node["channels"] = m.Channels;
        foreach ((string name, Keeping keeping) in new[] { ("keeps", Keeping.Must), ("may_keep", Keeping.May) })
            if (OperandWords.All.Any(o => m.Keeps[o] == keeping)) node[name] = Names(o => m.Keeps[o] == keeping);
        if (OperandWords.All.Any(o => m.DoubleBuffered[o])) node["double_buffered"] = Names(o => m.DoubleBuffered[o]);
        if (m.Stated is { Read: { } read, Write: { } write })
        {
            var energy = new JsonObject { ["read"] = QuantityText.Energy(read), ["write"] = QuantityText.Energy(write) };
            if (m.Stated.Update is { } update) energy["update"] = QuantityText.Energy(update);
            energy["source"] = m.Stated.Source;
            node["energy"] = energy;
        }
        return WithStated(node, m.Stated);
    }

    private static JsonObject ToNode(FabricLevel f)
    {
        var node = new JsonObject { [FabricEntry.Key] = f.Name,
            ["shape"] = new JsonObject(f.Axes.Select(a => KeyValuePair.Create(a.Name, (JsonNode?)a.Size))) };
        foreach ((string name, Sharing way) in new[] { ("multicast", Sharing.Multicast), ("systolic", Sharing.Systolic) })
            if (f.Axes.Any(a => a.Activations == way || a.Weights == way)) node[name] = Each(o => AxesOf(f, o, way));
        if (f.Axes.Any(a => a.Outputs != Reduction.None))
            node["reduction"] = new JsonObject(f.Axes.Where(a => a.Outputs != Reduction.None)
                .Select(a => KeyValuePair.Create(a.Name, (JsonNode?)(a.Outputs == Reduction.Chain ? "chain" : "tree"))));
        if (f.HopCycles != 1) node["hop"] = QuantityText.Cycles(f.HopCycles);
        if (f.Stated.Read is { } hop) node["hop_energy"] = Sourced(QuantityText.Energy(hop) + "/bit", f.Stated.Source);
        return WithStated(node, f.Stated);
    }

    private static JsonObject ToNode(ComputeUnit c, int lanes, int cycles)
    {
        var node = new JsonObject { [ComputeEntry.Key] = c.Name };
        if (c.Lanes != lanes) node["lanes"] = c.Lanes;
        if (c.Serial is { } serial)
        {
            var digits = new JsonObject();
            if (serial.Activations > 0) digits["activations"] = serial.Activations;
            if (serial.Weights > 0) digits["weights"] = serial.Weights;
            node["serial"] = digits;
        }
        else if (c.Precisions.Length > 0)
        {
            node["precision"] = new JsonArray([.. c.Precisions.Select(r => new JsonObject
                { ["activations"] = r.ActivationBits, ["weights"] = r.WeightBits, ["cycles"] = r.Cycles.ToString() })]);
        }
        else if (c.Cycles != Rational.Of(cycles))
        {
            node["cycles_per_product"] = c.Cycles.ToString();
        }
        if (c.Stated.Read is { } product) node["energy"] = Sourced(QuantityText.Energy(product), c.Stated.Source);
        return WithStated(node, c.Stated);
    }

    private static JsonObject WithStated(JsonObject node, StatedCosts stated)
    {
        if (stated.AreaSquareMicrometres is { } area) node["area"] = Sourced(QuantityText.Number(area.Value) + " um2", area.Source);
        if (stated.LeakageMilliwatts is { } leakage) node["leakage"] = Sourced(QuantityText.Number(leakage.Value) + " mW", leakage.Source);
        return node;
    }

    private static JsonObject Sourced(string value, string source) => new() { ["value"] = value, ["source"] = source };

    private static JsonArray? AxesOf(FabricLevel fabric, Operand operand, Sharing way)
    {
        string[] axes = operand == Operand.Outputs ? [] : [.. fabric.Axes.Where(a => a.Of(operand) == way).Select(a => a.Name)];
        return axes.Length == 0 ? null : new JsonArray([.. axes.Select(a => JsonValue.Create(a))]);
    }

    private static JsonArray Names(Func<Operand, bool> chosen) =>
        new([.. OperandWords.All.Where(chosen).Select(o => JsonValue.Create(OperandWords.NameOf(o)))]);

    private static JsonObject Each(Func<Operand, JsonNode?> value) => new(OperandWords.All
        .Select(o => KeyValuePair.Create(OperandWords.NameOf(o), value(o))).Where(p => p.Value is not null));

    private static JsonNode ToNode(YamlNode node) => node switch
    {
        YamlMap map => new JsonObject(map.Entries.Select(e => KeyValuePair.Create(e.Key.Text, (JsonNode?)ToNode(e.Value)))),
        YamlList list => new JsonArray([.. list.Items.Select(ToNode)]),
        YamlScalar scalar => JsonValue.Create(scalar.Text),
        _ => throw new ArgumentOutOfRangeException(nameof(node), node, "a kind of node without a JSON form"),
    };
}
