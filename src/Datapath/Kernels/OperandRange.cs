using System.Collections.Concurrent;
using Sim.Datapath.Formats;

namespace Sim.Datapath.Kernels;

/// <summary>
/// What the width proofs need to know of a format's finite values: each is below 2^Top in magnitude, a multiple of 2^Unit, and has at most
/// Width significant bits. Integers allow for a zero point inside the format's range.
/// </summary>
internal readonly record struct OperandRange(int Top, int Unit, int Width)
{
    private const int EnumeratedBits = 16;

    private static readonly ConcurrentDictionary<INumberFormat, OperandRange> Cache = new();

    /// <summary>The range of products of two operands.</summary>
    public static OperandRange operator *(OperandRange a, OperandRange b) => new(a.Top + b.Top, a.Unit + b.Unit, a.Width + b.Width);

    /// <summary>The range of a format: from every code up to 16 bits, from the fields of wider float and fixed formats; null when neither
    /// is known.</summary>
    public static OperandRange? Of(INumberFormat format)
    {
        if (Cache.TryGetValue(format, out OperandRange known)) return known;
        OperandRange? range = format switch
        {
            // What it decodes to is not its number.
            ICodeArithmetic => null,
            FixedFormat f => new(f.Bits - f.Fraction, -f.Fraction, f.Bits),
            _ when format.Bits <= EnumeratedBits => Enumerate(format),
            PositFormat f => new(f.MaximumExponent + 1, -f.MaximumExponent, f.Precision),
            FloatFormat f => new(f.Maximum.LeadingExponent + 1, f.MinimumExponent - f.FractionBits, f.Precision),
            _ => null,
        };
        if (range is OperandRange found) Cache[format] = found;
        return range;
    }

    private static OperandRange Enumerate(INumberFormat format)
    {
        int top = int.MinValue, unit = int.MaxValue, width = 0;
        for (uint code = 0; code < 1u << format.Bits; code++)
        {
            Exact value = format.Decode(code);
            if (value.Class != NumberClass.Finite) continue;
            int trailing = (int)UInt128.TrailingZeroCount(value.Significand);
            top = Math.Max(top, value.LeadingExponent + 1);
            unit = Math.Min(unit, value.Exponent + trailing);
            width = Math.Max(width, value.Length - trailing);
        }
        return width == 0 ? new(0, 0, 0) : new(top, unit, width);
    }
}
