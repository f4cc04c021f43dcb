using System.Collections.Immutable;
using Sim.ArchModel.Reading;
using Sim.Simulator.Accelerators;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Workloads.Quantization;

namespace Sim.Exploration.Studies;

/// <summary>Every combination of a study's axis values, set into the base, read and priced once.</summary>
internal sealed class DesignReader
{
    private const string RecipePrefix = "recipe.";
    private const int LongestLabel = 80;

    private readonly Study _study;
    private readonly Design[] _designs;

    private DesignReader(Study study, Action<int>? progress)
    {
        _study = study;
        _designs = new Design[study.CombinationCount];
        var point = new DesignPoint(0, 0, []);
        for (int i = 0; i < _designs.Length; i++)
        {
            _designs[i] = One(point with { Choices = study.ChoicesOf(i) });
            progress?.Invoke(i + 1);
        }
        for (int i = 0; i < _designs.Length; i++)
            if (!_designs[i].Exists) _designs[i] = _designs[i] with { Blame = Blame(i) };
    }

    public static DesignReader Read(Study study, Action<int>? progress) => new(study, progress);

    /// <summary>The design of a combination; its point is the first network's.</summary>
    public Design Find(ImmutableArray<int> choices) => _designs[_study.IndexOf(choices)];

    /// <summary>Records what no design can get around: mistakes common to all designs with an axis value, and what is wrong with the
    /// base.</summary>
    public void ReportMistakes(DiagnosticBag bag)
    {
        Dictionary<Location, YamlScalar> scalars = [];
        foreach (YamlScalar scalar in _study.Axes.SelectMany(a => a.Values).SelectMany(v => v.Assignments)
            .SelectMany(a => Scalars(a.Value))) scalars[scalar.Location] = scalar;
        for (int a = 0; a < _study.Axes.Length; a++)
            for (int v = 0; v < _study.Axes[a].Values.Length; v++)
                if (Common(_designs.Where(d => d.Point.Choices[a] == v)) is
                    { } common) bag.AddRange(common.Where(p => IsMistake(p, scalars)));
        if (Common(_designs) is { } all) bag.AddRange(all.Where(p => !p.Code.StartsWith("COST", StringComparison.Ordinal)));
    }

    // What every one of these designs complains of; null when one of them is fine.
    private static HashSet<Diagnostic>? Common(IEnumerable<Design> designs)
    {
        HashSet<Diagnostic>? common = null;
        foreach (Design design in designs)
        {
            if (design.Exists) return null;
            if (common is null) common = [.. design.Errors];
            else common.IntersectWith(design.Errors);
        }
        return common;
    }

    // CFG1xx judges a whole design, COST its price and clock. A number out of its range makes a senseless design; anything else that a
    // reader refuses is a slip of the pen.
    private static bool IsMistake(Diagnostic problem, Dictionary<Location, YamlScalar> scalars)
    {
        if (!problem.Code.StartsWith("CFG0", StringComparison.Ordinal)) return false;
        if (!scalars.TryGetValue(problem.Location, out YamlScalar? scalar)) return true;
        // A quantity is out of its range when number and unit are well written; a hint says that the unit is not.
        bool outOfRange = problem.Code == "CFG002" && IsNumber(scalar.Text)
            || problem.Code == "CFG007" && YamlQuantities.HasNumberAndUnit(scalar.Text)
                && !problem.Message.Contains("is not one of the units", StringComparison.Ordinal);
        return !outOfRange;
    }

    private static bool IsNumber(string text) => text.Length > 0 && text.TrimStart('-', '+').All(c => char.IsAsciiDigit(c) || c == '.');

    private static IEnumerable<YamlScalar> Scalars(YamlNode node) => node switch
    {
        YamlScalar scalar => [scalar],
        YamlList list => list.Items.SelectMany(Scalars),
        YamlMap map => map.Entries.SelectMany(e => Scalars(e.Value)),
        _ => [],
    };

    // The axes of which another value, alone, takes the first problem away.
    private string Blame(int index)
    {
        Design design = _designs[index];
        Diagnostic first = design.Errors.FirstOrDefault();
        var blame = new List<string>();
        for (int a = 0; a < _study.Axes.Length; a++)
        {
            StudyAxis axis = _study.Axes[a];
            int own = design.Point.Choices[a];
            bool helps = Enumerable.Range(0, axis.Values.Length).Any(v => v != own
                && !Find(design.Point.Choices.SetItem(a, v)).Problems.Any(p => p.Code == first.Code && p.Message == first.Message));
            if (helps) blame.Add($"{axis.Name}: {Short(axis.Values[own].Label)}");
        }
        return string.Join(", ", blame);
    }

    private static string Short(string label) => label.Length <= LongestLabel ? label : label[..LongestLabel] + "...";

    private Design One(DesignPoint point)
    {
        var bag = new DiagnosticBag();
        YamlMap architecture = _study.Base, recipe = _study.Recipe ?? new YamlMap(_study.Base.Location, []);
        for (int a = 0; a < _study.Axes.Length; a++)
        {
            foreach (Assignment set in _study.Axes[a].Values[point.Choices[a]].Assignments)
            {
                // A path that leads nowhere is recorded; the others are still set, so that their mistakes show too.
                if (set.Path.Text.StartsWith(RecipePrefix, StringComparison.Ordinal))
                    recipe = YamlPath.Set(WithParts(recipe, set.Path), set.Path with { Text = set.Path.Text[RecipePrefix.Length..] },
                        set.Value, (_, _) => null, bag) ?? recipe;
                else architecture = ArchitectureReader.Override(architecture, set.Path, set.Value, bag) ?? architecture;
            }
        }
        IAccelerator? loaded = AcceleratorLoader.Read(architecture, null, bag, _study.BaseName);
        Recipe? quantization = _study.Recipe is null && recipe.Entries.IsEmpty ? Recipe.Default : RecipeFile.Read(recipe, bag);
        if (loaded is not null) CheckPrices(loaded, bag);
        return new Design(point, loaded, quantization, bag.Sorted);
    }

    private void CheckPrices(IAccelerator loaded, DiagnosticBag bag)
    {
        try
        {
            if (loaded.Price().Clock.Problem is { } slow && !_study.AllowSlowClock)
                bag.Error(loaded.PlaceOf(""), "COST005",
                    $"{slow}; let 'pipeline_stages: auto' in the datapath choose, lower the clock, or say 'allow_slow_clock: true' in the study");
        }
        catch (InvalidInputException e)
        {
            bag.AddRange(e.Diagnostics);
        }
    }

    // `recipe.weights.calibration` may set a key of a part that the recipe leaves to its default.
    private static YamlMap WithParts(YamlMap recipe, YamlScalar path)
    {
        string[] keys = path.Text.Split('.');
        return keys.Length > 2 && recipe[keys[1]] is null
            ? recipe.With(new YamlScalar(path.Location, keys[1]), new YamlMap(path.Location, [])) : recipe;
    }
}
