using System.Collections.Immutable;
using Sim.Foundation;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Topologies;

/// <summary>
/// Reads a Timeloop problem (https://timeloop.csail.mit.edu/v4/input-formats/problem): `problem` with an `instance` of sizes and a `shape`
/// that says by `projection`s which dimensions index weights, inputs and outputs; or, as in its first version, the sizes R, S, P, Q, C, K,
/// N of a convolution alone. A dimension of inputs and outputs counts rows of the product (M), one of weights and outputs counts columns
/// (N), one of weights and inputs is summed over (K), one of all three makes groups.
/// </summary>
public static class TimeloopProblem
{
    private static readonly string[] FirstVersion = ["R", "S", "P", "Q", "C", "K", "N"];
    private static readonly string[] ProblemKeys = ["version", "shape", "instance"],
        ShapeKeys = ["name", "dimensions", "coefficients", "data_spaces", "data-spaces"];

    /// <summary>The one layer of a file; what is wrong goes to <paramref name="bag"/>.</summary>
    public static ImmutableArray<GemmLayer> Read(string file, string text, DiagnosticBag bag) =>
        Parse(file, text, bag) is not { } problem ? []
            : problem.Shape.Layer(Path.GetFileNameWithoutExtension(file), problem.Sizes) is { } layer ? [layer]
            : Refused(problem.Place, bag);

    /// <summary>The layer of a file as loops, for mappings; null after recording what is wrong.</summary>
    public static TimeloopLoops? ReadLoops(string file, string text, DiagnosticBag bag) => Parse(file, text, bag) is not { } problem ? null
        : EinsumLoops.Of(problem.Shape, Path.GetFileNameWithoutExtension(file), problem.Sizes, problem.Place, bag);

    private sealed record Problem(EinsumShape Shape, Dictionary<string, int> Sizes, Location Place);

    private static Problem? Parse(string file, string text, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(bag);
        int before = bag.ErrorCount;
        if (YamlDocument.ParseForeign(text, file, bag) is not { } root) return null;
        if (root["problem"] is not YamlMap problem)
        {
            bag.Error(root.Location, "TOP005",
                "is no Timeloop problem: it has no mapping 'problem' (an architecture or a study is no network either)");
            return null;
        }
        EinsumShape? shape = problem["shape"] is YamlMap given ? Shape(given, bag) : FirstVersionShape(problem, bag);
        if (shape is null) return null;
        YamlMap sizes = problem["instance"] as YamlMap ?? problem;
        var values = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (YamlEntry entry in sizes.Entries)
        {
            if (sizes == problem && ProblemKeys.Contains(entry.Key.Text)) continue;
            if (!shape.Dimensions.Contains(entry.Key.Text) && !shape.Coefficients.ContainsKey(entry.Key.Text))
                bag.Error(entry.Key.Location, "TOP006",
                    $"'{entry.Key.Text}' is no dimension and no coefficient of the shape ({string.Join(", ", shape.Dimensions.Concat(shape.Coefficients.Keys))}); densities are not modelled");
            else if (Positive(entry.Value, entry.Key.Text, bag) is { } size) values[entry.Key.Text] = size;
        }
        foreach (string missing in shape.Dimensions.Where(d => sizes[d] is null))
            bag.Error(sizes.Location, "TOP006", $"the size of the dimension '{missing}' is missing");
        foreach (YamlEntry entry in problem.Entries.Where(e => sizes != problem && !ProblemKeys.Contains(e.Key.Text)))
            bag.Error(entry.Key.Location, "TOP006",
                $"unknown key '{entry.Key.Text}' in problem (allowed: {string.Join(", ", ProblemKeys)})");
        return bag.ErrorCount > before ? null : new(shape, values, problem.Location);
    }

    private static ImmutableArray<GemmLayer> Refused(Location place, DiagnosticBag bag)
    {
        bag.Error(place, "TOP007", $"the layer is too large: at most {int.MaxValue} rows, columns and products an output");
        return [];
    }

    // Without a shape, or with the word cnn-layer: weights CKRS, inputs NC and a window of each of the two axes, outputs NKPQ.
    private static EinsumShape? FirstVersionShape(YamlMap problem, DiagnosticBag bag)
    {
        if (problem["shape"] is { } word && !(word is YamlScalar { Text: "cnn-layer" or "CNN-Layer" or "cnn_layer" }))
        {
            bag.Error(word.Location, "TOP007",
                $"the shape must be a mapping with dimensions and data_spaces, or cnn-layer; found {word.Found}");
            return null;
        }
        ImmutableArray<ImmutableArray<string>> Axis(params string[][] terms) => [.. terms.Select(t => t.ToImmutableArray())];
        return new EinsumShape([.. FirstVersion], new Dictionary<string,
            int> { ["Wstride"] = 1, ["Hstride"] = 1, ["Wdilation"] = 1, ["Hdilation"] = 1 },
            [Axis(["K"]), Axis(["C"]), Axis(["R"]), Axis(["S"])],
            [Axis(["N"]), Axis(["C"]), Axis(["P", "Wstride"], ["R", "Wdilation"]), Axis(["Q", "Hstride"], ["S", "Hdilation"])],
            [Axis(["N"]), Axis(["K"]), Axis(["P"]), Axis(["Q"])]);
    }

    private static EinsumShape? Shape(YamlMap map, DiagnosticBag bag)
    {
        int before = bag.ErrorCount;
        foreach (YamlEntry entry in map.Entries.Where(e => !ShapeKeys.Contains(e.Key.Text)))
            bag.Error(entry.Key.Location, "TOP006", $"unknown key '{entry.Key.Text}' in shape (allowed: {string.Join(", ", ShapeKeys)})");
        string[] dimensions = map["dimensions"] is YamlList list ? [.. list.Items.OfType<YamlScalar>().Select(s => s.Text)] : [];
        if (dimensions.Length == 0 || dimensions.Distinct().Count() != dimensions.Length) bag.Error((map["dimensions"] ?? map).Location,
            "TOP006", "'dimensions' must be a list of different names");
        var coefficients = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (YamlMap item in Maps(map["coefficients"]))
            if (item["name"] is YamlScalar name) coefficients[name.Text] = item["default"] is { } value ? Positive(value, name.Text, bag)
                ?? 1 : 1;
        var inputs = new List<(YamlMap Space, ImmutableArray<ImmutableArray<ImmutableArray<string>>> Axes)>();
        var outputs = new List<(YamlMap Space, ImmutableArray<ImmutableArray<ImmutableArray<string>>> Axes)>();
        foreach (YamlMap space in Maps(map["data_spaces"] ?? map["data-spaces"]))
        {
            if (EinsumShape.Projection(space, dimensions, coefficients, bag) is not { } axes) continue;
            if ((space["read_write"] ?? space["read-write"]) is YamlScalar { Text: "true" or "True" }) outputs.Add((space, axes));
            else inputs.Add((space, axes));
        }
        if (bag.ErrorCount > before) return null;
        if (inputs.Count != 2 || outputs.Count != 1)
        {
            bag.Error(map.Location, "TOP007",
                $"a layer multiplies two data spaces into one with read_write: true; found {inputs.Count} that are read and {outputs.Count} that are written");
            return null;
        }
        // The operand that windows slide over is the activations'; without windows, the one not named after weights.
        int activations = inputs.FindIndex(i => i.Axes.Any(a => a.Length > 1));
        if (activations < 0) activations = inputs[0].Space["name"] is YamlScalar { Text: var first }
            && first.StartsWith("Weight", StringComparison.OrdinalIgnoreCase) ? 1
            : inputs[1].Space["name"] is YamlScalar { Text: var second } && second.StartsWith("Weight", StringComparison.OrdinalIgnoreCase)
                ? 0 : 0;
        return new EinsumShape([.. dimensions], coefficients, inputs[1 - activations].Axes, inputs[activations].Axes,
            outputs[0].Axes) { Names = (Named(inputs[activations].Space), Named(inputs[1 - activations].Space), Named(outputs[0].Space)) };
    }

    private static string Named(YamlMap space) => space["name"] is YamlScalar name ? name.Text : "";

    private static IEnumerable<YamlMap> Maps(YamlNode? node) => node is YamlList list ? list.Items.OfType<YamlMap>() : [];

    private static int? Positive(YamlNode node, string key, DiagnosticBag bag)
    {
        if (node is YamlScalar scalar && StrictNumber.TryWhole(scalar.Text, out int value) && value > 0) return value;
        bag.Error(node.Location, "TOP006", $"'{key}' must be an integer from 1 to {int.MaxValue}, found {node.Found}");
        return null;
    }
}
