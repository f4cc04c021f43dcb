using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Sim.ArchModel.Technologies;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Units;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Reading;

/// <summary>
/// Reads an architecture: located nodes → record → pure checks. A study reads many designs from one base: it makes a changed copy of the
/// base's nodes with
/// <see cref="Override"/> for each axis value and calls <see cref="Read"/>; a bad value is then reported at its place in the study.
/// </summary>
public static class ArchitectureReader
{
    /// <summary>Folder of `configs/` that holds architectures.</summary>
    public const string Folder = "architectures";

    /// <summary>Folder of `configs/` that holds technologies.</summary>
    public const string TechnologyFolder = "technologies";

    private static readonly YamlField<string> Name = YamlField.Optional("name", YamlTypes.Text,
        "Name for reports. Left out: the file's name.");
    private static readonly YamlField<string> Description = YamlField.Optional("description", YamlTypes.Text,
        "Free text: what it models and from which source.");
    internal static readonly YamlField<YamlNode> TechnologyReference = YamlField.Required("technology",
        YamlTypes.Node("a technology: an inline mapping, a name from configs/technologies or a path to a .yaml file",
            () => new JsonObject { ["type"] = new JsonArray("string", "object") }),
        "What gates and memories cost: a name from configs/technologies, a path to a .yaml file or an inline mapping.");
    private static readonly YamlField<Frequency> Clock = YamlField.Required("clock", YamlQuantities.Frequency,
        "Clock of the array and the buffers.");
    private static readonly YamlField<DatapathSpec> Datapath = YamlField.Required("datapath", DatapathReader.Reference,
        "The multiply-accumulate unit: a name from configs/datapaths, a path to a .yaml file or an inline mapping.");
    private static readonly YamlField<PeArray> Array = YamlField.Required("array", PeArrayType.Instance, "The processing elements.");
    private static readonly YamlField<ImmutableArray<BufferLevel>> Buffers = YamlField.Required("buffers",
        YamlTypes.List(BufferType.Instance, 1), "On-chip memories; together they keep each operand exactly once.");
    private static readonly YamlField<Bandwidth?> DramBandwidth = YamlField.Required("bandwidth", BufferType.BandwidthOrUnlimited,
        "Of the one bus that all operands share.");
    private static readonly YamlField<string> DramKind = YamlField.Required("kind", YamlTypes.Text,
        "Memory type that the technology prices, e.g. LPDDR4.");
    private static readonly YamlField<(string Kind, Bandwidth? Bandwidth)> Dram = YamlField.Required("dram",
        YamlTypes.Map<(string, Bandwidth?)>(new YamlSchema("off-chip memory", "Off-chip memory behind one shared bus.",
            [DramKind, DramBandwidth]), ReadDram), "Off-chip memory.");
    private static readonly YamlField<VectorUnit> Vector = YamlField.Required("vector", VectorUnitType.Instance, "Elementwise unit.");

    // Bytes a cycle; beyond them cycles of real layers are no numbers that anybody means.
    private const double LeastBandwidth = 1e-6, MostBandwidth = 1e9;

    private static readonly ConditionalWeakTable<YamlMap, Technology> Technologies = [];

    /// <summary>Key table of an architecture file.</summary>
    public static YamlSchema Schema { get; } = new("architecture", "A whole accelerator: technology, clock, datapath, array, memories.",
        [Name, Description, TechnologyReference, Clock, Datapath, Array, Buffers, Dram, Vector], "sim.architecture/1");

    /// <summary>An architecture by catalogue name or path, as typed on a command line; null after recording everything wrong with
    /// it.</summary>
    public static LoadedArchitecture? Load(string pathOrName, DiagnosticBag bag) =>
        ConfigCatalogue.Open(pathOrName, Folder, bag) is { } document
            ? Read(document.Root, bag, Path.GetFileNameWithoutExtension(document.File)) : null;

    /// <summary>
    /// Reads a mapping; null after recording everything wrong with it and with the files it names.
    /// </summary>
    /// <param name="map">Root of an architecture file, or an inline mapping.</param>
    /// <param name="bag">Where findings go.</param>
    /// <param name="defaultName">Name when the mapping has no `name` key, usually the file's.</param>
    public static LoadedArchitecture? Read(YamlMap map, DiagnosticBag bag, string defaultName = "architecture")
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(bag);
        int before = bag.ErrorCount;
        if (map[YamlDocument.SchemaKey] is YamlScalar { Text: "sim.architecture/2" } version)
        {
            bag.Error(version.Location, "CFG009",
                $"'schema' must be '{Schema.Id}' here, found '{version.Text}': "
                + "hierarchies are for 'sim cost', 'sim map' and 'sim validate'");
            return null;
        }
        Schema.CheckKeys(map, bag);
        string name = Name.TryRead(map, bag, out string given) ? given : defaultName;
        Description.TryRead(map, bag, out _);
        (Technology? technology, string technologyName) = ReadTechnology(map, bag);
        if (Clock.TryRead(map, bag, out Frequency clock)) CheckClock(clock, Clock.Place(map), bag);
        DatapathSpec datapath = Datapath.Read(map, bag);
        PeArray array = Array.Read(map, bag);
        if (Buffers.TryRead(map, bag, out ImmutableArray<BufferLevel> buffers)) BufferCoverage.Check((YamlList)map[Buffers.Name]!, buffers,
            bag);
        if (Dram.TryRead(map, bag, out (string Kind, Bandwidth? Bandwidth) dram) && technology is not null) CheckDramKind(map, dram.Kind,
            technology, bag);
        VectorUnit vector = Vector.Read(map, bag);
        if (bag.ErrorCount == before && datapath.Dot is { } dot && array.Rows % dot.Lanes != 0)
            bag.Error(Array.Place(map), "CFG115",
                $"the dot unit of datapath '{datapath.Name}' has {dot.Lanes} lanes and spans as many rows of a column: 'array' needs "
                    + $"rows in multiples of {dot.Lanes}, found {array.Rows}");
        if (bag.ErrorCount == before && dram.Bandwidth?.BytesPerCycle(clock) is (< LeastBandwidth or > MostBandwidth) and var rate)
            bag.Error(Dram.Place(map), "CFG123", string.Create(System.Globalization.CultureInfo.InvariantCulture,
                $"'bandwidth' must be from {LeastBandwidth} to {MostBandwidth} B/cycle, found {rate} at this clock"));
        if (bag.ErrorCount > before || technology is null) return null;
        var memory = new DramLevel(dram.Kind, dram.Bandwidth?.BytesPerCycle(clock));
        var places = new Dictionary<string,
            Location> { [""] = map.Location, ["technology"] = map[TechnologyReference.Name]!.Location, [ActionNames.Dram] = Dram.Place(map),
            [ActionNames.Vector] = Vector.Place(map) };
        foreach ((BufferLevel buffer, YamlNode node) in buffers.Zip(((YamlList)map[Buffers.Name]!).Items)) places[buffer.Name] =
            node.Location;
        return LoadedArchitecture.Of(new Architecture(name, technologyName, clock.Hertz, datapath, array, buffers, memory,
            vector), technology, places);
    }

    /// <summary>
    /// A copy of an architecture's nodes with one value changed, e.g. `array.rows: 16`, `datapath: int8_acc32`, `datapath.accumulator.bits:
    /// 24`,
    /// `buffers.global.capacity: 64 KiB`; null after recording CFG012 at <paramref name="path"/>. A path may lead into a part that the base
    /// names by catalogue name or file; the part then becomes an inline mapping, and a datapath so changed is named after its content.
    /// </summary>
    public static YamlMap? Override(YamlMap architecture, YamlScalar path, YamlNode value, DiagnosticBag bag)
    {
        return YamlPath.Set(architecture, path, value, Expand, bag);

        YamlMap? Expand(string key, YamlNode node) => key switch
        {
            "datapath" => DatapathReader.Resolve(node, key, bag),
            "technology" => ConfigCatalogue.Resolve(node, TechnologyFolder, key, bag),
            _ => null,
        };
    }

    /// <summary>The technology that a file names, with the name for reports; null after recording what is wrong.</summary>
    internal static (Technology? Technology, string Name) ReadTechnology(YamlMap map, DiagnosticBag bag) =>
        TechnologyReference.TryRead(map, bag, out YamlNode reference) ? (ReadTechnology(reference, bag), TechnologyName(reference))
            : (null, "");

    /// <summary>Records CFG114 for a clock that nothing has.</summary>
    internal static void CheckClock(Frequency clock, Location place, DiagnosticBag bag)
    {
        if (clock.Hertz is < 1 or > 1e12) bag.Error(place, "CFG114", $"'clock' must be from 1 Hz to 1000 GHz, found {clock}");
    }

    // A study reads hundreds of designs with one technology: nodes of a catalogue entry are shared, and so is what they read as.
    private static Technology? ReadTechnology(YamlNode reference, DiagnosticBag bag)
    {
        if (ConfigCatalogue.Resolve(reference, TechnologyFolder, TechnologyReference.Name, bag) is not { } map) return null;
        if (Technologies.TryGetValue(map, out Technology? known)) return known;
        if (TechnologyReader.Read(map, bag) is not { } technology) return null;
        Technologies.AddOrUpdate(map, technology);
        return technology;
    }

    // Kinds for which a search found no number with a public source.
    private static readonly string[] Unpublished = ["HBM3", "HBM3E", "HBM4", "GDDR7", "LPDDR6"];

    private static void CheckDramKind(YamlMap map, string kind, Technology technology, DiagnosticBag bag)
    {
        IEnumerable<string> kinds = technology.DramPicojoulesPerBit.Keys;
        if (kinds.Contains(kind)) return;
        string hint = Unpublished.Contains(kind, StringComparer.OrdinalIgnoreCase)
            ? $": no energy per bit of it is public; copy the technology file and add '{kind}' with a number and source of your own"
            : NearestName.Hint(kind, kinds);
        bag.Error(((YamlMap)map[Dram.Name]!)[DramKind.Name]!.Location, "CFG113",
            $"the technology '{technology.Name}' has no price for the memory kind '{kind}'{hint} (known: "
                + $"{string.Join(", ", kinds)})");
    }

    private static string TechnologyName(YamlNode reference) => reference switch
    {
        YamlScalar scalar => scalar.Text,
        YamlMap map when map["name"] is YamlScalar name => name.Text,
        _ => "inline",
    };

    private static bool ReadDram(YamlMap map, DiagnosticBag bag, out (string, Bandwidth?) value)
    {
        bool good = DramKind.TryRead(map, bag, out string kind) & DramBandwidth.TryRead(map, bag, out Bandwidth? bandwidth);
        value = (kind, bandwidth);
        return good;
    }
}
