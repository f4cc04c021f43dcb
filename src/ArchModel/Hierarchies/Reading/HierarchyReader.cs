using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Sim.ArchModel.Reading;
using Sim.ArchModel.Technologies;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Units;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Hierarchies.Reading;

/// <summary>Reads an accelerator of any memories and fabrics (`schema: sim.architecture/2`).</summary>
public static class HierarchyReader
{
    private const string LanesName = "lanes", LaneAxis = "lane";

    // Read by the mapper; here only the name is judged.
    private const string DataflowFolder = "dataflows";

    private const long MostPlaces = 1L << 40;

    private static readonly YamlField<string> Name = YamlField.Optional("name", YamlTypes.Text,
        "Name for reports. Left out: the file's name.");
    private static readonly YamlField<string> Description = YamlField.Optional("description", YamlTypes.Text,
        "Free text: what it models and from which source.");
    private static readonly YamlField<Frequency> Clock = YamlField.Required("clock", YamlQuantities.Frequency,
        "Clock of everything on the chip.");
    private static readonly YamlField<DatapathSpec> Datapath = YamlField.Required("datapath", DatapathReader.Reference,
        "The multiply-accumulate unit: a name from configs/datapaths, a path to a .yaml file or an inline mapping.");
    private static readonly YamlField<ImmutableArray<(string Kind, YamlMap Map)>> Levels = YamlField.Required("hierarchy",
        YamlTypes.List(new HierarchyEntryType(), 1), "Memories and fabrics, outermost first; the compute units last.");
    private static readonly YamlField<VectorUnit> Vector = YamlField.Required("vector", VectorUnitType.Instance, "Elementwise unit.");
    private static readonly YamlField<YamlNode> Mapping = YamlField.Optional("mapping",
        YamlTypes.Node("a dataflow's name or path, constraints (sim.dataflow/1), or the nodes of a nest",
            () => new JsonObject { ["type"] = new JsonArray("string", "object", "array") }),
        "What every mapping on this accelerator must be: the name of a dataflow or constraints. Left out: anything that fits.");

    /// <summary>Key table of the file.</summary>
    public static YamlSchema Schema { get; } = new("hierarchical architecture",
        "A whole accelerator of any memories and fabrics: technology, clock, datapath, hierarchy.",
        [Name, Description, ArchitectureReader.TechnologyReference, Clock, Datapath, Levels, Vector, Mapping], "sim.architecture/2");

    /// <summary>An architecture of either version by catalogue name or path, version 1 expanded; null after recording everything wrong with
    /// it.</summary>
    public static LoadedHierarchy? Load(string pathOrName, DiagnosticBag bag) =>
        ConfigCatalogue.Open(pathOrName, ArchitectureReader.Folder, bag) is { } document
            ? Read(document.Root, bag, ConfigCatalogue.NameOf(document.File)) : null;

    /// <summary>Reads a mapping of either version; null after recording everything wrong with it and with the files it names.</summary>
    public static LoadedHierarchy? Read(YamlMap map, DiagnosticBag bag, string defaultName = "architecture")
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(bag);
        if (map[YamlDocument.SchemaKey] is YamlScalar version && version.Text == ArchitectureReader.Schema.Id)
            return ArchitectureReader.Read(map, bag, defaultName) is { } flat ? HierarchyExpansion.Of(flat) : null;
        int before = bag.ErrorCount;
        Schema.CheckKeys(map, bag);
        string name = Name.TryRead(map, bag, out string given) ? given : defaultName;
        Description.TryRead(map, bag, out _);
        (Technology? technology, string technologyName) = ArchitectureReader.ReadTechnology(map, bag);
        if (Clock.TryRead(map, bag, out Frequency clock)) ArchitectureReader.CheckClock(clock, Clock.Place(map), bag);
        DatapathSpec? datapath = Datapath.TryRead(map, bag, out DatapathSpec spec) ? spec : null;
        VectorUnit vector = Vector.Read(map, bag);
        YamlNode? mapping = Mapping.TryRead(map, bag, out YamlNode constraints) ? constraints : null;
        if (mapping is YamlScalar { IsNothing: false } word && !ConfigCatalogue.IsPath(word.Text)
            && ConfigCatalogue.Names(DataflowFolder) is var known && !known.Contains(word.Text))
            bag.Error(word.Location, "CFG138", $"unknown dataflow '{word.Text}'{NearestName.Hint(word.Text, known)} (known: "
                + $"{string.Join(", ", known)})");
        if (!Levels.TryRead(map, bag, out ImmutableArray<(string Kind, YamlMap Map)> entries) || clock.Hertz is < 1 or > 1e12) return null;
        var read = new HierarchyEntries(entries, new EntryContext(clock, datapath, technology), bag);
        if (bag.ErrorCount > before || technology is null) return null;
        ComputeUnit compute = read.Compute!;
        ImmutableArray<HierarchyLevel> levels = WithLanes(read.Levels, compute);
        if (levels.OfType<FabricLevel>().Aggregate(1.0, (all, f) => f.Axes.Aggregate(all, (n, a) => n * a.Size)) > MostPlaces)
        {
            bag.Error(Levels.Place(map), "CFG135", "the fabrics have more than 2^40 places together");
            return null;
        }
        var architecture = new HierarchicalArchitecture(name, technologyName, clock.Hertz,
            LoadedArchitecture.Pipelined(datapath!, technology, clock.Hertz), new Hierarchy(name, levels), compute, vector);
        return new LoadedHierarchy(architecture, technology, mapping)
        {
            Places = read.Places.SetItem("", map.Location).SetItem("technology", map["technology"]!.Location)
                .SetItem(ActionNames.Vector, Vector.Place(map)),
        };
    }

    /// <summary>Levels, with a fabric for the lanes of the compute units at the end where there are several.</summary>
    internal static ImmutableArray<HierarchyLevel> WithLanes(ImmutableArray<HierarchyLevel> levels, ComputeUnit compute)
    {
        if (compute.Lanes == 1) return levels;
        string name = LanesName;
        for (int i = 2; compute.Name == name || levels.Any(l => l.Name == name); i++) name = FormattableString.Invariant($"{LanesName}{i}");
        return levels.Add(new FabricLevel(name,
            [new FabricAxis(LaneAxis, compute.Lanes, Sharing.None, Sharing.None, Reduction.Tree) { SumsOnly = true }]));
    }
}
