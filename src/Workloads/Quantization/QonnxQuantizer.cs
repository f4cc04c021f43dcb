using Sim.Workloads.Graph;

namespace Sim.Workloads.Quantization;

/// <summary>
/// The quantizers of QONNX (operators Quant, also called IntQuant, and BipolarQuant, after docs/qonnx-custom-ops of
/// fastmachinelearning/qonnx): float32 in, float32 integers out, every step rounded to float32 as numpy does. Integer rises with its
/// argument.
/// </summary>
public sealed class QonnxQuantizer
{
    private readonly Func<float, float> _round;

    private QonnxQuantizer(float low, float high, bool bipolar, Func<float, float> round) =>
        (Low, High, IsBipolar, _round) = (low, high, bipolar, round);

    /// <summary>Domains that the operators have lived in.</summary>
    public static IReadOnlyList<string> Domains { get; } = ["onnx.brevitas", "qonnx.custom_op.general", "finn.custom_op.general"];

    /// <summary>The operators' names, none of which the standard domain has.</summary>
    public static IReadOnlyList<string> Operators { get; } = ["Quant", "IntQuant", "BipolarQuant", "Trunc"];

    /// <summary>−1 and 1, and nothing between.</summary>
    public static QonnxQuantizer Bipolar { get; } = new(-1, 1, true, x => x);

    /// <summary>Least integer.</summary>
    public float Low { get; }

    /// <summary>Largest integer.</summary>
    public float High { get; }

    /// <summary>Whether the integers are only −1 (below 0) and 1.</summary>
    public bool IsBipolar { get; }

    /// <summary>Whether halves go to the even neighbour.</summary>
    public bool IsNearestEven { get; private init; }

    /// <summary>
    /// Integers of <paramref name="bits"/> bits: −2^(bits−1) to 2^(bits−1) − 1 or 0 to 2^bits − 1; narrow leaves out the least signed or
    /// the largest unsigned one.
    /// One signed bit is bipolar. The bounds are float32 numbers, as in the operator: beyond 24 bits they are rounded.
    /// </summary>
    /// <exception cref="NetworkException">The width is no whole number of 1 to 32, or the rounding mode is unknown.</exception>
    public static QonnxQuantizer Of(Node node, float bits, bool isSigned, bool narrow, string mode)
    {
        if (!(bits is >= 1 and <= 32) || bits != MathF.Floor(bits)) throw new NetworkException(node,
            FormattableString.Invariant($"bit width {bits} is not a whole number of 1 to 32"));
        Func<float, float> round = Rounding(mode)
            ?? throw new NetworkException(node,
            $"rounding_mode '{mode}' is not one of ROUND, HALF_EVEN, CEIL, FLOOR, UP, DOWN, HALF_UP, HALF_DOWN");
        if (bits == 1 && isSigned) return Bipolar;
        float half = MathF.ScaleB(1, (int)bits - 1);
        (float low, float high) = isSigned ? (narrow ? 1 - half : -half, half - 1) : (0, 2 * half - (narrow ? 2 : 1));
        return new(low, high, false, round) { IsNearestEven = IsEven(mode) };
    }

    /// <summary>The integer of a value: clip(x / scale + zero), rounded. A NaN stays one.</summary>
    public float Integer(float x, float scale, float zero)
    {
        float y = x / scale + zero;
        if (IsBipolar) return y >= 0 ? 1 : -1;
        if (y > High) y = High;
        if (y < Low) y = Low;
        return _round(y);
    }

    /// <summary>The rounding of a mode's name, whatever its case; null when there is none. UP and DOWN go away from and towards
    /// 0.</summary>
    public static Func<float, float>? Rounding(string mode)
    {
        ArgumentNullException.ThrowIfNull(mode);
        return IsEven(mode) ? x => MathF.Round(x, MidpointRounding.ToEven) : mode.ToUpperInvariant() switch
        {
            "CEIL" => MathF.Ceiling,
            "FLOOR" => MathF.Floor,
            "DOWN" => MathF.Truncate,
            "UP" => x => Signed(x, MathF.Ceiling(MathF.Abs(x))),
            "HALF_UP" => x => Signed(x, MathF.Floor(MathF.Abs(x) + 0.5f)),
            "HALF_DOWN" => x => Signed(x, MathF.Ceiling(MathF.Abs(x) - 0.5f)),
            _ => null,
        };
    }

    private static bool IsEven(string mode) => mode.ToUpperInvariant() is "ROUND" or "HALF_EVEN";

    private static float Signed(float x, float magnitude) => float.IsNaN(x) ? x : MathF.Sign(x) * magnitude;
}
