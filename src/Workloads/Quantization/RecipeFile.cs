using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.Workloads.Quantization;

/// <summary>The keys of a recipe file (`schema: sim.recipe/1`) and their reader.</summary>
public static class RecipeFile
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly YamlType<CalibrationMethod> Method = YamlTypes.Choice(("absmax", CalibrationMethod.AbsMax),
        ("percentile", CalibrationMethod.Percentile), ("mse", CalibrationMethod.MeanSquaredError), ("none", CalibrationMethod.None));

    private static readonly YamlField<CalibrationMethod> Calibration = YamlField.Optional("calibration", Method, CalibrationMethod.AbsMax, "absmax",
        "How the largest magnitude to cover is chosen: the largest seen, a percentile, the least squared error; none: scale 1.");

    private static readonly YamlField<double> Percentile = YamlField.Optional("percentile", YamlTypes.Number(0, 100, exclusive: true), 99.99, "99.99",
        "Percentage of magnitudes to cover, for calibration percentile.");

    private static readonly YamlField<Granularity> WeightGranularity = YamlField.Optional("granularity",
        YamlTypes.Choice(("per_channel", Granularity.PerChannel), ("per_tensor", Granularity.PerTensor)), Granularity.PerChannel, "per_channel",
        "One scale an output channel or one a tensor.");

    private static readonly YamlField<Symmetry> ActivationSymmetry = YamlField.Optional("symmetry",
        YamlTypes.Choice(("symmetric", Symmetry.Symmetric), ("asymmetric", Symmetry.Asymmetric)), Symmetry.Symmetric, "symmetric",
        "asymmetric adds a zero point; it needs an integer activation format.");

    private static readonly YamlField<int> Samples = YamlField.Optional("samples", YamlTypes.PositiveInteger, Recipe.Default.CalibrationSamples, "128",
        "How many calibration samples are used, from the first.");

    private static readonly YamlSchema WeightsSchema = new("weights", "How weights get their scales.", [WeightGranularity, Calibration, Percentile]);

    private static readonly YamlSchema ActivationsSchema = new("activations", "How the inputs of matrix layers get their scales.",
        [Calibration, Percentile, ActivationSymmetry, Samples]);

    private static readonly YamlField<(Granularity Granularity, CalibrationRule Rule)> Weights = YamlField.Optional("weights",
        YamlTypes.Map(WeightsSchema, (YamlMap map, DiagnosticBag bag, out (Granularity, CalibrationRule) value) =>
        {
            value = (WeightGranularity.Read(map, bag), ReadRule(map, bag));
            return true;
        }), (Recipe.Default.WeightGranularity, Recipe.Default.Weights), "per_channel, absmax", "Quantization of weights.");

    private static readonly YamlField<(CalibrationRule Rule, Symmetry Symmetry, int Samples)> Activations = YamlField.Optional("activations",
        YamlTypes.Map(ActivationsSchema, (YamlMap map, DiagnosticBag bag, out (CalibrationRule, Symmetry, int) value) =>
        {
            value = (ReadRule(map, bag), ActivationSymmetry.Read(map, bag), Samples.Read(map, bag));
            return true;
        }), (Recipe.Default.Activations, Recipe.Default.ActivationSymmetry, Recipe.Default.CalibrationSamples), "absmax, symmetric, 128 samples",
        "Quantization of activations.");

    private static readonly YamlField<string> Name = YamlField.Optional("name", YamlTypes.Text, "recipe", "recipe", "Name for reports.");

    private static readonly YamlField<bool> Fold = YamlField.Optional("fold_batch_norm", YamlTypes.Boolean, true, "true",
        "Fold batch normalisation into the preceding convolution or fully connected layer.");

    private static readonly YamlField<bool> ScaleWide = YamlField.Optional("scale_wide_formats", YamlTypes.Boolean, false, "false",
        "Calibrate also fp16, bf16, tf32 and fp32, whose scale is otherwise 1.");

    private static readonly YamlField<bool> Fit = YamlField.Optional("fit_accumulator", YamlTypes.Boolean, true, "true",
        "Choose scales of float-like formats so that no sum can leave a float or fixed-point accumulator.");

    private static readonly YamlField<ImmutableArray<string>> FloatLayers = YamlField.Optional("float_layers", YamlTypes.List(YamlTypes.Text),
        ImmutableArray<string>.Empty, "none", "Names of layers that stay in float32.");

    /// <summary>The keys, for unknown-key errors and the published JSON schema.</summary>
    public static YamlSchema Keys { get; } = new("quantization recipe", "How a float32 network is quantized into the datapath's formats.",
        [Name, Weights, Activations, Fold, ScaleWide, Fit, FloatLayers], Recipe.Schema);

    /// <summary>Folder of `configs/` that holds named recipes.</summary>
    public const string Folder = "recipes";

    /// <summary>A recipe by catalogue name or path; null after recording everything that is wrong with it.</summary>
    public static Recipe? Load(string pathOrName, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(bag);
        return ConfigCatalogue.Open(pathOrName, Folder, bag) is { } document ? Read(document.Root, bag) : null;
    }

    /// <summary>Reads a recipe from a mapping, the root of a file or inline in a study.</summary>
    public static Recipe? Read(YamlMap map, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(bag);
        int before = bag.ErrorCount;
        Keys.CheckKeys(map, bag);
        (Granularity granularity, CalibrationRule weights) = Weights.Read(map, bag);
        (CalibrationRule activations, Symmetry symmetry, int samples) = Activations.Read(map, bag);
        ImmutableArray<string> kept = FloatLayers.Read(map, bag);
        string name = Name.Read(map, bag);
        bool fold = Fold.Read(map, bag), wide = ScaleWide.Read(map, bag), fit = Fit.Read(map, bag);
        return bag.ErrorCount > before ? null : new Recipe(name, granularity, weights, activations, symmetry, samples, fold, wide, fit,
            [.. kept.IsDefault ? [] : kept]);
    }

    /// <summary>A recipe as one line of JSON, which is again a valid recipe file; equal recipes give equal texts.</summary>
    public static string Write(Recipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        JsonObject weights = WriteRule(recipe.Weights), activations = WriteRule(recipe.Activations);
        weights.Insert(0, "granularity", recipe.WeightGranularity == Granularity.PerChannel ? "per_channel" : "per_tensor");
        activations["symmetry"] = recipe.ActivationSymmetry == Symmetry.Asymmetric ? "asymmetric" : "symmetric";
        activations["samples"] = recipe.CalibrationSamples;
        return new JsonObject
        {
            [YamlDocument.SchemaKey] = Recipe.Schema,
            ["name"] = recipe.Name,
            ["weights"] = weights,
            ["activations"] = activations,
            ["fold_batch_norm"] = recipe.FoldBatchNormalization,
            ["scale_wide_formats"] = recipe.ScaleWideFormats,
            ["fit_accumulator"] = recipe.FitAccumulator,
            ["float_layers"] = new JsonArray([.. recipe.FloatLayerNames.Select(n => JsonValue.Create(n))]),
        }.ToJsonString(Plain);
    }

    private static JsonObject WriteRule(CalibrationRule rule)
    {
        var node = new JsonObject
        {
            ["calibration"] = rule.Method switch
            {
                CalibrationMethod.AbsMax => "absmax",
                CalibrationMethod.Percentile => "percentile",
                CalibrationMethod.MeanSquaredError => "mse",
                _ => "none",
            },
        };
        if (rule.Method == CalibrationMethod.Percentile) node["percentile"] = rule.Percentile;
        return node;
    }

    private static CalibrationRule ReadRule(YamlMap map, DiagnosticBag bag)
    {
        CalibrationMethod method = Calibration.Read(map, bag);
        double percentile = Percentile.Read(map, bag);
        if (Percentile.IsIn(map) && method != CalibrationMethod.Percentile)
            bag.Error(Percentile.Place(map), "CFG002", "'percentile' has a meaning only with 'calibration: percentile'");
        return new(method, method == CalibrationMethod.Percentile ? percentile : 99.99);
    }
}
