using Sim.Datapath;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Workloads.Integers;
using Sim.Workloads.Quantization;

namespace Sim.Simulator.Execution;

/// <summary>How codes stand for stated numbers: code = number + <see cref="Shift"/>, with zero point <see cref="Zero"/>, so that code −
/// zero point = number − the stated zero point.</summary>
internal readonly record struct OperandCoding(int Shift, int Zero);

/// <summary>Weights as codes of a datapath that stand for the numbers that the graph states.</summary>
/// <param name="Codes">Row-major.</param>
/// <param name="Zeros">Zero point of each row's codes; empty: 0.</param>
/// <param name="Scales">One a row.</param>
internal sealed record StatedCodes(uint[] Codes, int[] Zeros, float[] Scales);

/// <summary>
/// Whether a datapath can compute with the numbers that a graph states, judged by the numbers that occur and not by the type that holds
/// them: less their zero point, or moved by a constant together with it where the multipliers are exact and the format is one of integers.
/// </summary>
internal static class StatedFit
{
    // Below this the sums of a float-like register may overflow where those of scaled numbers do not.
    private const double AmpleRange = 1e30;

    /// <summary>The coding of computed numbers; null with the reason, or without one where the format holds what they stand for.</summary>
    internal static (OperandCoding? Coding, string? Reason) Input(DatapathSpec spec, StatedOperand stated)
    {
        long zero = stated.Zeros[0];
        INumberFormat format = spec.Activation;
        if (Refusal(spec) is { } refusal) return (null, refusal);
        if (Integers(format) is { } integer && stated.Numbers is null)
        {
            long low = (long)stated.Low, high = (long)stated.High;
            bool zeros = spec.InexactMultiplier is null;
            if ((zero == 0 || zeros && Holds(integer, zero, zero)) && Holds(integer, low, high)) return (new(0, (int)zero), null);
            long shift = integer.MinimumInteger - low;
            if ((zeros && Holds(integer, zero + shift, zero + shift) || zero + shift == 0)
                && Holds(integer, low + shift, high + shift)) return (new((int)shift, (int)(zero + shift)), null);
            if (Holds(integer, low - zero, high - zero)) return (new((int)-zero, 0), null);
        }
        else if (HoldsAll(format)) return (null, null);
        else if (stated.Possible(zero).All(v => Holds(format, v))) return (new((int)-zero, 0), null);
        return (null, $"the datapath's {format.Name} cannot hold {stated.Kind}{(zero == 0 ? "" : FormattableString.Invariant($" with zero point {zero}"))}");
    }

    /// <summary>The coding of integers whose zero point is any of them, found at run time: it moves with them.</summary>
    internal static (OperandCoding? Coding, string? Reason) AnyZero(DatapathSpec spec, StatedOperand whole)
    {
        if (spec.InexactMultiplier is not null) return (null, "the datapath's multiplier takes codes without zero points");
        if (Integers(spec.Activation) is not { } integer || integer.MaximumInteger - integer.MinimumInteger < whole.High - whole.Low)
            return (null, $"the datapath's {spec.Activation.Name} cannot hold {whole.Kind} with their zero points");
        int shift = Holds(integer, (long)whole.Low, (long)whole.High) ? 0 : (int)(integer.MinimumInteger - (long)whole.Low);
        return (new(shift, shift), null);
    }

    /// <summary>The codes of constant weights; null as above.</summary>
    internal static (StatedCodes? Codes, string? Reason) Weights(DatapathSpec spec, StatedRows rows, string kind)
    {
        if (Refusal(spec) is { } refusal) return (null, refusal);
        INumberFormat format = spec.Weight;
        if (HoldsAll(format)) return (null, null);
        int k = rows.Numbers.Length / Math.Max(1, rows.Scales.Length);
        float ofZero(int r) => rows.Zeros.Length == 0 ? 0 : rows.Zeros[r];
        var codes = new uint[rows.Numbers.Length];
        if (Encode(r => -ofZero(r))) return (new(codes, [], rows.Scales), null);
        if (Integers(format) is { } integer && spec.InexactMultiplier is null)
        {
            int[] zeros = new int[rows.Scales.Length];
            float Shift(int r)
            {
                (float low, float high) = (ofZero(r), ofZero(r));
                foreach (float v in rows.Numbers.AsSpan(r * k, k)) (low, high) = (MathF.Min(low, v), MathF.Max(high, v));
                float shift = low >= integer.MinimumInteger && high <= integer.MaximumInteger ? 0 : integer.MinimumInteger - low;
                zeros[r] = (int)(ofZero(r) + shift);
                return shift;
            }
            if (Encode(Shift) && Array.TrueForAll(zeros, z => Holds(integer, z, z))) return (new(codes, zeros, rows.Scales), null);
        }
        return (null, $"the datapath's {format.Name} cannot hold {kind}{(rows.Zeros.Length == 0 ? "" : $" with zero point{(rows.Zeros.Distinct().Count() == 1 ? FormattableString.Invariant($" {rows.Zeros[0]}") : "s")}")}");

        bool Encode(Func<int, float> shift)
        {
            var known = new Dictionary<float, uint>();
            for (int r = 0; r < rows.Scales.Length; r++)
            {
                float added = shift(r);
                for (int i = r * k; i < (r + 1) * k; i++)
                {
                    float number = rows.Numbers[i] + added;
                    if (!known.TryGetValue(number, out uint code))
                    {
                        if (Code(format, number) is not { } found) return false;
                        known.Add(number, code = found);
                    }
                    codes[i] = code;
                }
            }
            return true;
        }
    }

    /// <summary>Why a float-like register cannot be trusted with sums of stated numbers, or null: integer registers wrap or saturate as
    /// they should.</summary>
    internal static string? SumRefusal(DatapathSpec spec, int k, double? input, double? weights)
    {
        if (Integers(spec.Weight) is not null && Integers(spec.Activation) is not null) return null;
        double room = Headroom.Largest(spec.Accumulator);
        if (room >= AmpleRange || input is { } x && weights is { } w && k * x * w <= room) return null;
        return "sums of those numbers could leave the datapath's accumulator, which scaled ones do not";
    }

    /// <summary>Largest magnitude of what the multiplier takes.</summary>
    internal static double Peak(StatedOperand input) =>
        Math.Max(Math.Abs((double)input.Low - input.Zeros[0]), Math.Abs((double)input.High - input.Zeros[0]));

    // Holds the dequantized float32 numbers themselves.
    private static bool HoldsAll(INumberFormat format) => format.Bits == 32 && format is not FixedFormat;

    private static string? Refusal(DatapathSpec spec) =>
        spec.Dot is { Segment: > 0 } ? "the datapath's operands come in blocks with scales of their own" : null;

    private static FixedFormat? Integers(INumberFormat format) => format is FixedFormat { Fraction: 0 } integer ? integer : null;

    private static bool Holds(FixedFormat format, long low, long high) => format.MinimumInteger <= low && format.MaximumInteger >= high;

    private static bool Holds(INumberFormat format, float number) => Code(format, number) is not null;

    private static uint? Code(INumberFormat format, float number)
    {
        uint code = format.Encode(Exact.FromDouble(number), new Rounding(RoundingMode.NearestEven, OverflowPolicy.Saturate),
            out RoundingFlags flags);
        return flags == RoundingFlags.None && format.Decode(code).ToDouble() == number ? code : null;
    }
}
