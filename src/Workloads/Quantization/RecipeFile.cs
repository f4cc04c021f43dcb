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

    private static readonly YamlField<CalibrationMethod> Calibration = YamlField.Optional("calibration", Method, CalibrationMethod.AbsMax,
        "absmax",
        "How the largest magnitude to cover is chosen: the largest seen, a percentile, the least squared error; none: scale 1.");

    private static readonly YamlField<double> Percentile = YamlField.Optional("percentile", YamlTypes.Number(0, 100, exclusive: true),
        99.99, "99.99",
        "Percentage of magnitudes to cover, for calibration percentile.");

    private static readonly YamlField<RoundingMode> Mode = YamlField.Optional("rounding",
        YamlTypes.Choice(("nearest_even", RoundingMode.NearestEven), ("nearest_away", RoundingMode.NearestAway),
            ("to_zero", RoundingMode.ToZero), ("up", RoundingMode.Up),
            ("down", RoundingMode.Down), ("to_odd", RoundingMode.ToOdd), ("stochastic", RoundingMode.Stochastic)),
                RoundingMode.NearestEven, "nearest_even",
        "How numbers are rounded to codes.");

    private static readonly YamlField<int> RandomBits = YamlField.Optional("random_bits", YamlTypes.Integer(1, Rounder.MaximumRandomBits),
        32, "32",
        "Random bits an element, for rounding stochastic.");

    private static readonly YamlField<StochasticRule> Rule = YamlField.Optional("stochastic_rule",
        YamlTypes.Choice(("floor", StochasticRule.Floor), ("nearest", StochasticRule.Nearest), ("odd", StochasticRule.Odd),
            ("fast", StochasticRule.Fast)), StochasticRule.Floor, "floor",
        "How the lost part becomes so many bits before the random integer is added, for rounding stochastic.");

    private static readonly YamlField<int> Seed = YamlField.Optional("seed", YamlTypes.Integer(0, int.MaxValue), 0, "0",
        "Names the random bits of stochastic rounding.");

    private static readonly YamlField<Granularity> WeightGranularity = YamlField.Optional("granularity",
        YamlTypes.Choice(("per_channel", Granularity.PerChannel), ("per_tensor", Granularity.PerTensor)), Granularity.PerChannel,
            "per_channel",
        "One scale an output channel or one a tensor.");

    private static readonly YamlField<Symmetry> ActivationSymmetry = YamlField.Optional("symmetry",
        YamlTypes.Choice(("symmetric", Symmetry.Symmetric), ("asymmetric", Symmetry.Asymmetric)), Symmetry.Symmetric, "symmetric",
        "asymmetric adds a zero point; it needs an integer activation format.");

    private static readonly YamlField<int> Samples = YamlField.Optional("samples", YamlTypes.PositiveInteger,
        Recipe.Default.CalibrationSamples, "128",
        "How many calibration samples are used, from the first.");

    private static readonly YamlSchema WeightsSchema = new("weights", "How weights get their scales.",
        [WeightGranularity, Calibration, Percentile, Mode, RandomBits, Rule, RecipeGroups.Field]);

    private static readonly YamlSchema ActivationsSchema = new("activations", "How the inputs of matrix layers get their scales.",
        [Calibration, Percentile, ActivationSymmetry, Samples, Mode, RandomBits, Rule]);

    private static readonly YamlField<(Granularity Granularity, CalibrationRule Rule, TensorRounding Rounding,
        WeightGroups? Groups)> Weights = YamlField.Optional("weights",
        YamlTypes.Map(WeightsSchema, (YamlMap map, DiagnosticBag bag,
            out (Granularity, CalibrationRule, TensorRounding, WeightGroups?) value) =>
        {
            WeightGroups? groups = RecipeGroups.Field.TryRead(map, bag, out WeightGroups found) ? found : null;
            value = (WeightGranularity.Read(map, bag), ReadRule(map, bag), ReadRounding(map, bag), groups);
            foreach (YamlField own in new YamlField[] { WeightGranularity, Calibration, Percentile, Mode, RandomBits, Rule })
                if (groups is not null && map[own.Name] is { } node) bag.Error(node.Location, "CFG119",
                    $"'{own.Name}' has no meaning beside 'groups', which find scales and round to nearest by themselves");
            return true;
        }), (Recipe.Default.WeightGranularity, Recipe.Default.Weights, TensorRounding.NearestEven, null), "per_channel, absmax",
            "Quantization of weights.");

    private static readonly YamlField<(CalibrationRule Rule, Symmetry Symmetry, int Samples, TensorRounding Rounding)> Activations =
        YamlField.Optional("activations",
        YamlTypes.Map(ActivationsSchema, (YamlMap map, DiagnosticBag bag, out (CalibrationRule, Symmetry, int, TensorRounding) value) =>
        {
            value = (ReadRule(map, bag), ActivationSymmetry.Read(map, bag), Samples.Read(map, bag), ReadRounding(map, bag));
            return true;
        }), (Recipe.Default.Activations, Recipe.Default.ActivationSymmetry, Recipe.Default.CalibrationSamples, TensorRounding.NearestEven),
            "absmax, symmetric, 128 samples",
        "Quantization of activations.");

    private static readonly YamlField<string> Name = YamlField.Optional("name", YamlTypes.Text, "recipe", "recipe", "Name for reports.");

    private static readonly YamlField<bool> Fold = YamlField.Optional("fold_batch_norm", YamlTypes.Boolean, true, "true",
        "Fold batch normalisation into the preceding convolution or fully connected layer.");

    private static readonly YamlField<bool> ScaleWide = YamlField.Optional("scale_wide_formats", YamlTypes.Boolean, false, "false",
        "Calibrate also fp16, bf16, tf32 and fp32, whose scale is otherwise 1.");

    private static readonly YamlField<bool> Fit = YamlField.Optional("fit_accumulator", YamlTypes.Boolean, true, "true",
        "Choose scales of float-like formats so that no sum can leave a float or fixed-point accumulator.");

    private static readonly YamlField<ImmutableArray<string>> FloatLayers = YamlField.Optional("float_layers",
        YamlTypes.List(YamlTypes.Text),
        ImmutableArray<string>.Empty, "none", "Names of layers that stay in float32.");

    private static readonly YamlField<BlockAxis> Along = YamlField.Optional("blocks_along",
        YamlTypes.Choice(("channels", BlockAxis.Channels), ("im2col", BlockAxis.Im2Col)), BlockAxis.Channels, "channels",
        "Datapaths with operands in blocks: what the blocks of a convolution lie along. channels: of a pixel, one scale an activation; "
            + "im2col: the unfolded rows, several scales an activation.");

    /// <summary>The keys, for unknown-key errors and the published JSON schema.</summary>
    public static YamlSchema Keys { get; } = new("quantization recipe", "How a float32 network is quantized into the datapath's formats.",
        [Name, Weights, Activations, Seed, Fold, ScaleWide, Fit, Along, FloatLayers], Recipe.Schema);

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
        (Granularity granularity, CalibrationRule weights, TensorRounding weightRounding, WeightGroups? groups) = Weights.Read(map, bag);
        (CalibrationRule activations, Symmetry symmetry, int samples, TensorRounding activationRounding) = Activations.Read(map, bag);
        ImmutableArray<string> kept = FloatLayers.Read(map, bag);
        string name = Name.Read(map, bag);
        bool fold = Fold.Read(map, bag), wide = ScaleWide.Read(map, bag), fit = Fit.Read(map, bag);
        BlockAxis along = Along.Read(map, bag);
        int seed = Seed.Read(map, bag);
        if (Seed.IsIn(map) && !weightRounding.IsStochastic && !activationRounding.IsStochastic)
            bag.Error(Seed.Place(map), "CFG002", "'seed' has a meaning only with 'rounding: stochastic'");
        return bag.ErrorCount > before ? null : new Recipe(name, granularity, weights, activations, symmetry, samples, fold, wide, fit,
            [.. kept.IsDefault ? [] : kept], groups) { WeightRounding = weightRounding, ActivationRounding = activationRounding,
                Seed = (ulong)seed, BlocksAlong = along };
    }

    /// <summary>A recipe as one line of JSON, which is again a valid recipe file; equal recipes give equal texts.</summary>
    public static string Write(Recipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        JsonObject weights = recipe.Groups is null ? WriteRule(recipe.Weights, recipe.WeightRounding)
            : new JsonObject { [RecipeGroups.Field.Name] = RecipeGroups.Write(recipe.Groups) };
        JsonObject activations = WriteRule(recipe.Activations, recipe.ActivationRounding);
        if (recipe.Groups is null) weights.Insert(0, "granularity", recipe.WeightGranularity == Granularity.PerChannel ? "per_channel"
            : "per_tensor");
        activations["symmetry"] = recipe.ActivationSymmetry == Symmetry.Asymmetric ? "asymmetric" : "symmetric";
        activations["samples"] = recipe.CalibrationSamples;
        var text = new JsonObject
        {
            [YamlDocument.SchemaKey] = Recipe.Schema,
            ["name"] = recipe.Name,
            ["weights"] = weights,
            ["activations"] = activations,
            ["fold_batch_norm"] = recipe.FoldBatchNormalization,
            ["scale_wide_formats"] = recipe.ScaleWideFormats,
            ["fit_accumulator"] = recipe.FitAccumulator,
            ["blocks_along"] = Word(recipe.BlocksAlong),
            ["float_layers"] = new JsonArray([.. recipe.FloatLayerNames.Select(n => JsonValue.Create(n))]),
        };
        if (recipe.WeightRounding.IsStochastic || recipe.ActivationRounding.IsStochastic) text["seed"] = recipe.Seed;
        return text.ToJsonString(Plain);
    }

    private static JsonObject WriteRule(CalibrationRule rule, TensorRounding rounding)
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
        if (rounding == TensorRounding.NearestEven) return node;
        node["rounding"] = Word(rounding.Mode);
        if (!rounding.IsStochastic) return node;
        node["random_bits"] = rounding.RandomBits;
        node["stochastic_rule"] = Word(rounding.Rule);
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

    private static string Word(BlockAxis axis) => axis == BlockAxis.Channels ? "channels" : "im2col";

    private static string Word<T>(T value) where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    private static TensorRounding ReadRounding(YamlMap map, DiagnosticBag bag)
    {
        int before = bag.ErrorCount;
        RoundingMode mode = Mode.Read(map, bag);
        bool known = bag.ErrorCount == before;
        int bits = RandomBits.Read(map, bag);
        StochasticRule rule = Rule.Read(map, bag);
        if (!known || mode == RoundingMode.Stochastic) return new(mode, bits, rule);
        foreach (YamlField field in new YamlField[] { RandomBits, Rule })
            if (map[field.Name] is { } node) bag.Error(node.Location, "CFG002",
                $"'{field.Name}' has a meaning only with 'rounding: stochastic'");
        return new(mode);
    }
}
