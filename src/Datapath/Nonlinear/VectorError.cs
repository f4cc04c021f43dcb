using Sim.Datapath.Formats;

namespace Sim.Datapath.Nonlinear;

/// <summary>
/// How far an elementwise function is from the true one over every finite code whose value lies in a range. Absolute: |result - f(x)|, f(x)
/// correctly rounded to float32.
/// Ulps: steps between the result and f(x) correctly rounded to the result's float format; null for integer results. Wrong: results that
/// are not that code.
/// </summary>
public sealed record VectorError(int Codes, double Absolute, double At, long? Ulps, int? Wrong)
{
    private const int MostBits = 16;

    /// <summary>Measures every code with |x| at most <paramref name="range"/>; null when the function shares rows or its input has more
    /// than 16 bits.</summary>
    public static VectorError? Measure(VectorFunction function, double range)
    {
        ArgumentNullException.ThrowIfNull(function);
        if (!function.IsElementwise || function.Input.Bits > MostBits) return null;
        VectorFunction truth = VectorFunctionCatalogue.Parse(function.Kind, "exact format=fp32", out _)!;
        VectorFunction? own = function.Output is FloatFormat f
            ? VectorFunctionCatalogue.Parse(function.Kind, $"exact format={f.Name}", out _) : null;
        var measured = new VectorError(0, 0, 0, own is null ? null : 0, own is null ? null : 0);
        uint[] result = new uint[1], expected = new uint[1];
        for (uint code = 0; code >> function.Input.Bits == 0; code++)
        {
            Exact input = function.Input.Decode(code);
            if (input.Class is not (NumberClass.Finite or NumberClass.Zero)) continue;
            double x = input.ToDouble() * function.InputScale;
            if (Math.Abs(x) > range) continue;
            function.Apply([code], result);
            truth.Apply([truth.Input.Encode(Exact.FromDouble(x), Rounding.NearestEven, out _)], expected);
            double error = Math.Abs(function.Output.Decode(result[0]).ToDouble() * function.OutputScale - truth.Output.Decode(expected[0])
                .ToDouble());
            measured = measured with { Codes = measured.Codes + 1 };
            if (error > measured.Absolute) measured = measured with { Absolute = error, At = x };
            if (own is null) continue;
            own.Apply([code], expected);
            long steps = Math.Abs(Order(function.Output, result[0]) - Order(function.Output, expected[0]));
            measured = measured with { Ulps = Math.Max(measured.Ulps!.Value, steps), Wrong = measured.Wrong + (steps == 0 ? 0 : 1) };
        }
        return measured;
    }

    // Codes of a float in the order of their values.
    private static long Order(INumberFormat format, uint code)
    {
        uint sign = 1u << format.Bits - 1;
        return (code & sign) == 0 ? code : -(long)(code & sign - 1);
    }
}
