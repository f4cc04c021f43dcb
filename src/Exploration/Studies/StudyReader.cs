using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Sim.ArchModel.Reading;
using Sim.Foundation;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Simulator.Inputs;

namespace Sim.Exploration.Studies;

/// <summary>Reads a study: every problem at once, located. Whether each design can exist is the business of
/// <see cref="DesignSpace"/>.</summary>
public static class StudyReader
{
    /// <summary>Folder of `configs/` that holds studies.</summary>
    public const string Folder = "studies";

    private static readonly YamlField<double> Offset = YamlField.Optional("offset", YamlTypes.Number(), 0, "0", "Added first.");
    private static readonly YamlField<double> Scale = YamlField.Optional("scale", YamlTypes.Number(), 1, "1", "Multiplied after.");
    private static readonly YamlType<InputTransform> Transform =
        YamlTypes.Map(new YamlSchema("input transform", "(x + offset) · scale, in float32, on every input value.", [Offset, Scale]),
        (YamlMap map, DiagnosticBag bag, out InputTransform value) =>
        {
            bool good = Offset.TryRead(map, bag, out double offset) & Scale.TryRead(map, bag, out double scale);
            value = new InputTransform(offset, scale);
            return good;
        });

    private static readonly YamlField<string> WorkloadName = YamlField.Optional("name", YamlTypes.Text,
        "Name in tables. Left out: the model file's name.");
    private static readonly YamlField<string> Model = YamlField.Required("model", YamlTypes.Text,
        "ONNX file, or without weights a generated workload (.yaml or a name from configs/workloads), a SCALE-Sim topology (.csv) or "
        + "a Timeloop problem (.yaml). Paths are relative to the study's file.");
    private static readonly YamlField<string> Data = YamlField.Optional("data", YamlTypes.Text,
        "Samples (.npy, .npz, .pb). Left out: time, energy and area only.");
    private static readonly YamlField<string> Labels = YamlField.Optional("labels", YamlTypes.Text,
        "One class index a sample. Left out: agreement with float, no accuracy.");
    private static readonly YamlField<string> Calibration = YamlField.Optional("calibration", YamlTypes.Text,
        "Samples that scales are calibrated on. Left out: the data.");
    private static readonly YamlField<InputTransform> Input = YamlField.Optional("input", Transform,
        "What is done to data and calibration samples before the network sees them.");
    private static readonly YamlType<WorkloadFiles> Workload = YamlTypes.Map<WorkloadFiles>(
        new YamlSchema("workload", "A trained network with its test data.", [WorkloadName, Model, Data, Labels, Calibration, Input]),
            ReadWorkload);

    private static readonly YamlField<string> Name = YamlField.Required("name", YamlTypes.Text, "Name of the study.");
    private static readonly YamlField<string> Description = YamlField.Optional("description", YamlTypes.Text, "", "nothing",
        "What the study asks, for the report.");
    private static readonly YamlField<YamlNode> Base =
        YamlField.Required("base", YamlTypes.Node("an architecture: an inline mapping, a name from configs/architectures or a path to a .yaml file", Reference),
        "The architecture that every design starts from.");
    private static readonly YamlField<YamlNode> Recipe = YamlField.Optional("recipe",
        YamlTypes.Node("a quantization recipe: an inline mapping or a path to a .yaml file", Reference),
        "How networks are quantized. Left out: the default recipe.");
    private static readonly YamlField<ImmutableArray<WorkloadFiles>> Workloads = YamlField.Required("workloads",
        YamlTypes.List(Workload, 1), "Networks to run; several become the axis 'network'.");
    private static readonly YamlField<ImmutableArray<StudyAxis>> Axes = YamlField.Optional("axes", YamlTypes.List(AxisType.Instance), [],
        "none", "What varies; designs are all combinations.");
    private static readonly YamlField<ImmutableArray<Objective>> Objectives = YamlField.Optional("objectives",
        YamlTypes.List(ObjectiveTypes.Objective, 1), StudyHeader.DefaultObjectives,
        "accuracy, energy, latency, area", "What the Pareto front trades, the most important first.");
    private static readonly YamlField<ImmutableArray<Constraint>> Constraints = YamlField.Optional("constraints",
        YamlTypes.List(ObjectiveTypes.Constraint), [], "none", "Bounds that a design on the front must keep.");
    private static readonly YamlField<FrontScope> Fronts = YamlField.Optional("fronts",
        YamlTypes.Choice(("per_network", FrontScope.PerNetwork), ("joint", FrontScope.Joint)), FrontScope.PerNetwork, "per_network",
        "per_network: a front for each network. joint: the networks solve the same task and compete.");

    private static readonly YamlField<bool> AllowSlowClock = YamlField.Optional("allow_slow_clock", YamlTypes.Boolean, false, "false",
        "true: designs whose longest path does not fit the clock's period run all the same, marked. Else they are infeasible.");

    /// <summary>Key table of a study file.</summary>
    public static YamlSchema Schema { get; } = new("study", "A design-space exploration: base, networks, axes, objectives.",
        [Name, Description, Base, Recipe, Workloads, Axes, Objectives, Constraints, Fronts, AllowSlowClock], Study.Schema);

    /// <summary>Reads a study by path or by name from `configs/studies`; null after recording everything wrong with it.</summary>
    public static Study? Load(string pathOrName, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(bag);
        if (ConfigCatalogue.Open(pathOrName, Folder, bag) is not { } document) return null;
        return Read(document, bag, File.Exists(document.File) ? RegularFile.ReadText(document.File, 16L << 20)
            : ConfigCatalogue.Text(Folder, pathOrName));
    }

    /// <summary>Reads a parsed file; null after recording everything wrong with it. <paramref name="source"/> is its text for
    /// reports.</summary>
    public static Study? Read(YamlDocument document, DiagnosticBag bag, string? source = null)
    {
        ArgumentNullException.ThrowIfNull(document);
        ArgumentNullException.ThrowIfNull(bag);
        YamlMap map = document.Root;
        int before = bag.ErrorCount;
        Schema.CheckKeys(map, bag);
        string name = Name.Read(map, bag), description = Description.Read(map, bag);
        YamlMap? architecture = Base.TryRead(map, bag, out YamlNode reference)
            ? ConfigCatalogue.Resolve(reference, ArchitectureReader.Folder, Base.Name, bag) : null;
        YamlMap? recipe = Recipe.TryRead(map, bag, out YamlNode recipeNode)
            ? ConfigCatalogue.Resolve(recipeNode, "recipes", Recipe.Name, bag) : null;
        ImmutableArray<WorkloadFiles> workloads = Workloads.Read(map, bag);
        ImmutableArray<StudyAxis> axes = Axes.Read(map, bag);
        ImmutableArray<Objective> objectives = Objectives.Read(map, bag);
        ImmutableArray<Constraint> constraints = Constraints.Read(map, bag);
        FrontScope fronts = Fronts.Read(map, bag);
        bool slow = AllowSlowClock.Read(map, bag);
        // What could be read is checked further, so that one run shows every mistake.
        CheckNames(map, workloads.IsDefault ? [] : workloads, axes.IsDefault ? [] : axes, objectives.IsDefault ? [] : objectives, bag);
        if (architecture is null || axes.IsDefault) return null;
        string baseName = reference is YamlScalar word ? ConfigCatalogue.NameOf(word.Text) : name;
        var study = new Study(name, description, architecture, baseName, recipe, workloads.IsDefault ? [] : workloads, axes,
            objectives.IsDefault ? [] : objectives,
            constraints.IsDefault ? [] : constraints, fronts, source ?? NodeText.Canonical(map)) { AllowSlowClock = slow };
        if (bag.ErrorCount == before) return study;
        DesignSpace.ReportMistakes(study with { Axes = Apart(axes) }, bag);
        return null;
    }

    // Axes that set what another one sets multiply the designs and show no further mistake.
    private static ImmutableArray<StudyAxis> Apart(ImmutableArray<StudyAxis> axes)
    {
        var set = new HashSet<string>(StringComparer.Ordinal);
        return [.. axes.Where(a => a.Values.SelectMany(v => v.Assignments).Select(s => s.Path.Text).Distinct().ToArray() is var paths
            && !paths.Any(set.Contains) && paths.All(set.Add))];
    }

    private static void CheckNames(YamlMap map, ImmutableArray<WorkloadFiles> workloads, ImmutableArray<StudyAxis> axes,
        ImmutableArray<Objective> objectives, DiagnosticBag bag)
    {
        foreach (IGrouping<string, WorkloadFiles> same in workloads.GroupBy(w => w.Name).Where(g => g.Count() > 1))
            bag.Error(same.Last().Place, "CFG203", $"two workloads are named '{same.Key}'; give one another 'name'");
        foreach (IGrouping<string, StudyAxis> same in axes.GroupBy(a => a.Name).Where(g => g.Count() > 1))
            bag.Error(same.Last().Values[0].Place, "CFG203", $"two axes are named '{same.Key}'");
        foreach (StudyAxis axis in axes.Where(a => a.Name == Study.NetworkAxis))
            bag.Error(axis.Values[0].Place, "CFG203", "'network' is the axis of the workloads; list the networks under 'workloads'");
        foreach (StudyAxis axis in axes.Where(a => a.Name.Trim() != a.Name || a.Name.Length == 0))
            bag.Error(axis.Values[0].Place, "CFG203",
                $"an axis cannot be named '{axis.Name}': a name begins and ends with a character that is seen");
        foreach (StudyAxis axis in axes.Where(a => ReservedColumns.Contains(a.Name)))
            bag.Error(axis.Values[0].Place, "CFG203",
                $"an axis cannot be named '{axis.Name}': tables of designs have a column of that name (taken: {string.Join(", ", ReservedColumns.All)})");
        var paths = axes.SelectMany(a => a.Values.SelectMany(v => v.Assignments).Select(s => (Axis: a.Name, s.Path))
            .DistinctBy(p => p.Path.Text));
        foreach (var same in paths.GroupBy(p => p.Path.Text).Where(g => g.Count() > 1))
            bag.Error(same.Last().Path.Location, "CFG204",
                $"'{same.Key}' is set by two axes, {string.Join(" and ", same.Select(p => $"'{p.Axis}'"))}; one would undo the other");
        foreach (IGrouping<string, Objective> same in objectives.GroupBy(o => o.Metric).Where(g => g.Count() > 1))
            bag.Error(Objectives.Place(map), "CFG203", $"the objective '{same.Key}' is listed twice");
        if (axes.Aggregate((double)workloads.Length, (product, axis) => product * axis.Values.Length) is > DesignSpace.MostDesigns
            and var designs)
            bag.Error(Axes.Place(map), "CFG205",
                string.Create(CultureInfo.InvariantCulture,
                $"the axes span {designs:#,0} designs; a study has at most {DesignSpace.MostDesigns:#,0}: leave out values, or make several studies of it"));
    }

    private static bool ReadWorkload(YamlMap map, DiagnosticBag bag, out WorkloadFiles value)
    {
        value = null!;
        int before = bag.ErrorCount;
        string? model = ReadPath(Model, map, bag), data = ReadPath(Data, map, bag), labels = ReadPath(Labels, map, bag),
            calibration = ReadPath(Calibration, map, bag);
        string? name = WorkloadName.TryRead(map, bag, out string given) ? given : Path.GetFileNameWithoutExtension(model);
        InputTransform? input = Input.TryRead(map, bag, out InputTransform transform) ? transform : null;
        if (labels is not null && data is null) bag.Error(Labels.Place(map), "CFG004", "'labels' need 'data': the samples that they label");
        if (bag.ErrorCount > before || model is null || name is null) return false;
        value = new WorkloadFiles(name, model, data, labels, calibration, input, map.Location);
        return true;
    }

    private static string? ReadPath(YamlField<string> field, YamlMap map, DiagnosticBag bag)
    {
        if (!field.TryRead(map, bag, out string path)) return null;
        if (field == Model && !ConfigCatalogue.IsPath(path) && ConfigCatalogue.Names("workloads").Contains(path)) return path;
        Location place = field.Place(map);
        if (!Path.IsPathRooted(path) && Path.GetDirectoryName(place.File) is { Length: > 0 } folder) path = Path.Combine(folder, path);
        // One array of an archive is written `file.npz:name`.
        int archive = path.IndexOf(".npz:", StringComparison.OrdinalIgnoreCase);
        string file = archive < 0 ? path : path[..(archive + 4)];
        if (File.Exists(file)) return path;
        bag.Error(place, "CFG008", $"'{field.Name}' names the file '{file}', which does not exist");
        return null;
    }

    private static JsonObject Reference() => new() { ["type"] = new JsonArray("string", "object") };
}
