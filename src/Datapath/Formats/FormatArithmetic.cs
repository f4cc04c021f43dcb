using Sim.Datapath.Arithmetic;

namespace Sim.Datapath.Formats;

/// <summary>Scalar operations on codes of one format: decode, one exact operation, one rounding. Flags of both steps are
/// returned.</summary>
public static class FormatArithmetic
{
    /// <summary>The code of a·b.</summary>
    public static uint Multiply(this INumberFormat format, uint a, uint b, Rounding rounding, out RoundingFlags flags)
    {
        if (format is ICodeArithmetic own) return own.Multiply(a, b, rounding, out flags);
        flags = Signal(format, a) | Signal(format, b);
        return Round(format, ExactArithmetic.Multiply(format.Decode(a), format.Decode(b), ref flags), rounding, ref flags);
    }

    /// <summary>The code of a+b.</summary>
    public static uint Add(this INumberFormat format, uint a, uint b, Rounding rounding, out RoundingFlags flags)
    {
        if (format is ICodeArithmetic own) return own.Add(a, b, rounding, out flags);
        flags = Signal(format, a) | Signal(format, b);
        return Round(format, ExactArithmetic.Add(format.Decode(a), format.Decode(b), rounding.Mode, ref flags), rounding, ref flags);
    }

    /// <summary>The code of a-b.</summary>
    public static uint Subtract(this INumberFormat format, uint a, uint b, Rounding rounding, out RoundingFlags flags)
    {
        if (format is ICodeArithmetic own) return own.Subtract(a, b, rounding, out flags);
        flags = Signal(format, a) | Signal(format, b);
        return Round(format, ExactArithmetic.Subtract(format.Decode(a), format.Decode(b), rounding.Mode, ref flags), rounding, ref flags);
    }

    /// <summary>The code of a/b.</summary>
    public static uint Divide(this INumberFormat format, uint a, uint b, Rounding rounding, out RoundingFlags flags)
    {
        if (format is ICodeArithmetic own) return own.Divide(a, b, rounding, out flags);
        flags = Signal(format, a) | Signal(format, b);
        return Round(format, ExactArithmetic.Divide(format.Decode(a), format.Decode(b), ref flags), rounding, ref flags);
    }

    /// <summary>The code of a·b+c, rounded once.</summary>
    public static uint MultiplyAdd(this INumberFormat format, uint a, uint b, uint c, Rounding rounding, out RoundingFlags flags)
    {
        if (format is ICodeArithmetic own) return own.MultiplyAdd(a, b, c, rounding, out flags);
        flags = Signal(format, a) | Signal(format, b) | Signal(format, c);
        Exact sum = ExactArithmetic.MultiplyAdd(format.Decode(a), format.Decode(b), format.Decode(c), rounding.Mode, ref flags);
        return Round(format, sum, rounding, ref flags);
    }

    private static RoundingFlags Signal(INumberFormat format, uint code) =>
        format.IsSignaling(code) ? RoundingFlags.Invalid : RoundingFlags.None;

    private static uint Round(INumberFormat format, in Exact exact, Rounding rounding, ref RoundingFlags flags)
    {
        uint code = format.Encode(exact, rounding, out RoundingFlags more);
        flags |= more;
        return code;
    }
}
