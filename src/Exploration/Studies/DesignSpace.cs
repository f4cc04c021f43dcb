using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Sim.ArchModel;
using Sim.ArchModel.Reading;
using Sim.Exploration.Store;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Workloads.Quantization;

namespace Sim.Exploration.Studies;

/// <summary>One design of a study, read: its architecture with technology nodes, and its recipe; or why it cannot exist.</summary>
public sealed record Design(DesignPoint Point, LoadedArchitecture? Architecture, Recipe? Recipe, ImmutableArray<Diagnostic> Problems)
{
    /// <summary>Whether both could be read.</summary>
    public bool Exists => Architecture is not null && Recipe is not null;
}

/// <summary>
/// All designs of a study: axis values set into the base and read. A combination that cannot be (an integer register under float operands) is a design
/// without architecture; a value that is wrong wherever it is used is an error of the study.
/// </summary>
public sealed record DesignSpace(Study Study, ImmutableArray<Design> Designs)
{
    private const string RecipePrefix = "recipe.";

    // Prices stand in properties without setters, which records leave out.
    private static readonly JsonSerializerOptions Everything = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <summary>Reads every design; null after recording what is wrong with the study.</summary>
    public static DesignSpace? Read(Study study, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(study);
        ArgumentNullException.ThrowIfNull(bag);
        var read = new Dictionary<string, Design>(StringComparer.Ordinal);
        var designs = ImmutableArray.CreateBuilder<Design>(study.PointCount);
        foreach (DesignPoint point in study.Points())
        {
            // Networks do not change a design, so each combination of choices is read once.
            string choices = string.Join(',', point.Choices);
            if (!read.TryGetValue(choices, out Design? design)) read.Add(choices, design = ReadDesign(study, point));
            designs.Add(design with { Point = point });
        }
        int before = bag.ErrorCount;
        ReportHopeless(study, [.. read.Values], bag);
        return bag.ErrorCount > before ? null : new DesignSpace(study, designs.ToImmutable());
    }

    /// <summary>
    /// The study for a store. Its digest covers what results depend on: the tool's version, every design with the content of the files that it names, networks
    /// and data. Objectives and constraints are not part of it: they may change over results that are there.
    /// </summary>
    /// <param name="toolVersion">Version of the tool.</param>
    /// <param name="inputDigests">Digests of the model and data files, one per workload.</param>
    public StudyHeader Header(string toolVersion, IEnumerable<string> inputDigests)
    {
        ArgumentNullException.ThrowIfNull(inputDigests);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        void Add(string text) => hash.AppendData(Encoding.UTF8.GetBytes(text + "\n"));
        Add(StudyHeader.CurrentSchema);
        Add(toolVersion);
        foreach (StudyWorkload workload in Study.Workloads) Add($"{workload.Name} {workload.Input}");
        foreach (string digest in inputDigests) Add(digest);
        foreach (Design design in Designs)
        {
            Add(RecordJson.Write(Study.Parameters(design.Point)));
            Add(design.Architecture is { } a ? ArchitectureJson.Write(a.Architecture) + JsonSerializer.Serialize(a.Technology, Everything) : string.Join('\n', design.Problems.Select(p => p.Message)));
            Add(design.Recipe?.Canonical ?? "");
        }
        return new StudyHeader(Study.Name, Study.Description, Convert.ToHexStringLower(hash.GetHashAndReset()), toolVersion, Designs.Length, Study.AxisNames, Study.Objectives, Study.Constraints,
            Study.Fronts, Study.Text);
    }

    private static Design ReadDesign(Study study, DesignPoint point)
    {
        var bag = new DiagnosticBag();
        YamlMap? architecture = study.Base, recipe = study.Recipe ?? new YamlMap(study.Base.Location, []);
        for (int a = 0; a < study.Axes.Length; a++)
        {
            foreach (Assignment set in study.Axes[a].Values[point.Choices[a]].Assignments)
            {
                if (set.Path.Text.StartsWith(RecipePrefix, StringComparison.Ordinal))
                    recipe = recipe is null ? null : YamlPath.Set(WithParts(recipe, set.Path), set.Path with { Text = set.Path.Text[RecipePrefix.Length..] }, set.Value, (_, _) => null, bag);
                else architecture = architecture is null ? null : ArchitectureReader.Override(architecture, set.Path, set.Value, bag);
            }
        }
        LoadedArchitecture? loaded = architecture is null ? null : ArchitectureReader.Read(architecture, bag, study.BaseName);
        Recipe? quantization = recipe is null ? null : study.Recipe is null && recipe.Entries.IsEmpty ? Recipe.Default : RecipeFile.Read(recipe, bag);
        return new Design(point, loaded, quantization, bag.Sorted);
    }

    // `recipe.weights.calibration` may set a key of a part that the recipe leaves to its default.
    private static YamlMap WithParts(YamlMap recipe, YamlScalar path)
    {
        string[] keys = path.Text.Split('.');
        return keys.Length > 2 && recipe[keys[1]] is null ? recipe.With(new YamlScalar(path.Location, keys[1]), new YamlMap(path.Location, [])) : recipe;
    }

    private static void ReportHopeless(Study study, ImmutableArray<Design> designs, DiagnosticBag bag)
    {
        for (int a = 0; a < study.Axes.Length; a++)
            for (int v = 0; v < study.Axes[a].Values.Length; v++)
            {
                Design[] with = [.. designs.Where(d => d.Point.Choices[a] == v)];
                if (!with.All(d => !d.Exists)) continue;
                // What every design with this value complains of; nothing in common means that the value is fine in itself.
                IEnumerable<Diagnostic> common = with.Select(d => d.Problems.Where(p => p.Severity == Severity.Error)).Aggregate((x, y) => x.Intersect(y));
                bag.AddRange(common);
            }
        if (designs.All(d => !d.Exists)) bag.AddRange(designs[0].Problems);
    }
}
