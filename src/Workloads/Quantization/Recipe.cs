using System.Collections.Immutable;

namespace Sim.Workloads.Quantization;

/// <summary>How many scales a weight tensor has: one, or one an output channel.</summary>
public enum Granularity : byte { PerTensor, PerChannel }

/// <summary>
/// How the largest magnitude that a scale must cover is chosen. AbsMax: the largest magnitude seen. Percentile: the nearest-rank order
/// statistic of the magnitudes. MeanSquaredError: the clipping point with the least squared quantization error. None: the scale is 1.
/// </summary>
public enum CalibrationMethod : byte { AbsMax, Percentile, MeanSquaredError, None }

/// <summary>Symmetric: no zero point. Asymmetric: an integer zero point so that the whole range of an integer format is used.</summary>
public enum Symmetry : byte { Symmetric, Asymmetric }

/// <summary>
/// What the blocks of a convolution lie along. Channels: the channels of a pixel, and of a kernel place, so that each activation has one
/// scale in memory; Im2Col: the rows of im2col, in which an activation may lie in several blocks.
/// </summary>
public enum BlockAxis : byte { Channels, Im2Col }

/// <summary>A calibration method; Percentile in (0, 100] is used by <see cref="CalibrationMethod.Percentile"/> only.</summary>
public sealed record CalibrationRule(CalibrationMethod Method, double Percentile = 99.99);

/// <summary>
/// How a float32 network becomes codes (post-training quantization). The formats are the datapath's; the recipe says how scales are found.
/// </summary>
/// <param name="Name">Name for reports.</param>
/// <param name="WeightGranularity">One scale a weight tensor or one an output channel.</param>
/// <param name="Weights">Calibration of weights, always symmetric.</param>
/// <param name="Activations">Calibration of the inputs of matrix layers, one scale a tensor.</param>
/// <param name="ActivationSymmetry">Asymmetric needs an integer activation format.</param>
/// <param name="CalibrationSamples">How many samples, from the first, calibrate activations; at least 1.</param>
/// <param name="FoldBatchNormalization">Fold batch normalisation into the preceding Conv or Gemm first.</param>
/// <param name="ScaleWideFormats">Calibrate also formats that need no scale (fp16, bf16, tf32, fp32); otherwise their scale is 1.</param>
/// <param name="FitAccumulator">Leave room in the accumulator: see <see cref="Headroom"/>.</param>
/// <param name="FloatLayers">Layers, by name, that stay in float32.</param>
/// <param name="Groups">Weights are stored in groups and read back into the datapath's format; null: codes of that format with the scales
/// above.</param>
public sealed record Recipe(string Name, Granularity WeightGranularity, CalibrationRule Weights, CalibrationRule Activations,
    Symmetry ActivationSymmetry = Symmetry.Symmetric, int CalibrationSamples = 128, bool FoldBatchNormalization = true,
    bool ScaleWideFormats = false, bool FitAccumulator = true, ImmutableSortedSet<string>? FloatLayers = null, WeightGroups? Groups = null)
{
    /// <summary>Schema name and version of recipe files.</summary>
    public const string Schema = "sim.recipe/1";

    /// <summary>Per-channel weights, per-tensor activations, largest magnitudes.</summary>
    public static Recipe Default { get; } = new("default", Granularity.PerChannel, new(CalibrationMethod.AbsMax),
        new(CalibrationMethod.AbsMax));

    /// <summary>How weights are rounded to codes; calibration rounds to nearest whatever this is.</summary>
    public TensorRounding WeightRounding { get; init; } = TensorRounding.NearestEven;

    /// <summary>How activations are rounded to codes.</summary>
    public TensorRounding ActivationRounding { get; init; } = TensorRounding.NearestEven;

    /// <summary>Names the random bits of stochastic rounding.</summary>
    public ulong Seed { get; init; }

    /// <summary>What the blocks of a convolution lie along, on datapaths whose operands come in blocks.</summary>
    public BlockAxis BlocksAlong { get; init; }

    /// <summary>Layers that stay in float32, never null.</summary>
    public ImmutableSortedSet<string> FloatLayerNames => FloatLayers ?? ImmutableSortedSet<string>.Empty;

    /// <summary>Everything that changes a value, as one line: equal texts quantize equally.</summary>
    public string Canonical => FormattableString.Invariant(
        $"{RoundingText}w={WeightGranularity},{Text(Weights)};a={ActivationSymmetry},{Text(Activations)};n={CalibrationSamples};fold={FoldBatchNormalization};wide={ScaleWideFormats};fit={FitAccumulator};float={string.Join('|', FloatLayerNames)}{(Groups is null ? "" : ";groups=" + Groups.Canonical)};blocks={BlocksAlong}");

    private string RoundingText => WeightRounding == TensorRounding.NearestEven && ActivationRounding == TensorRounding.NearestEven ? ""
        : FormattableString.Invariant($"round={WeightRounding.Text},{ActivationRounding.Text},{(WeightRounding.IsStochastic || ActivationRounding.IsStochastic ? Seed : 0)};");

    private static string Text(CalibrationRule rule) =>
        rule.Method == CalibrationMethod.Percentile ? FormattableString.Invariant($"Percentile {rule.Percentile:R}")
            : rule.Method.ToString();
}
