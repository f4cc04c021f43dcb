namespace Sim.Datapath;

/// <summary>What kind of number a code stands for.</summary>
public enum NumberClass : byte { Zero, Finite, Infinity, NaN }

/// <summary>
/// A number without rounding: (-1)^Negative · Significand · 2^Exponent. The middle form between decode, operation and the one
/// <see cref="Rounder"/> (the raw form of HardFloat). Zero keeps its sign; NaN carries no payload. Significand is 0 exactly when Class is
/// not Finite.
/// </summary>
public readonly record struct Exact(NumberClass Class, bool Negative, int Exponent, UInt128 Significand)
{
    /// <summary>The NaN that an invalid operation makes. Its sign is that of the x86 default NaN, which the reference software also
    /// has.</summary>
    public static Exact NaN => new(NumberClass.NaN, true, 0, 0);

    /// <summary>±0.</summary>
    public static Exact Zero(bool negative = false) => new(NumberClass.Zero, negative, 0, 0);

    /// <summary>±Inf.</summary>
    public static Exact Infinity(bool negative = false) => new(NumberClass.Infinity, negative, 0, 0);

    /// <summary>±<paramref name="significand"/>·2^<paramref name="exponent"/>; a zero significand gives a zero of that sign.</summary>
    public static Exact Finite(bool negative, int exponent, UInt128 significand) =>
        significand == 0 ? Zero(negative) : new(NumberClass.Finite, negative, exponent, significand);

    /// <summary>The number <paramref name="value"/>·2^<paramref name="exponent"/>.</summary>
    public static Exact Integer(Int128 value, int exponent = 0) =>
        Finite(value < 0, exponent, value < 0 ? unchecked((UInt128)(-value)) : (UInt128)value);

    /// <summary>The number that a binary64 holds, exactly; a NaN keeps its sign.</summary>
    public static Exact FromDouble(double value)
    {
        ulong bits = BitConverter.DoubleToUInt64Bits(value);
        bool negative = bits >> 63 != 0;
        int field = (int)(bits >> 52) & 0x7FF;
        ulong fraction = bits & 0xF_FFFF_FFFF_FFFF;
        if (field == 0x7FF) return fraction != 0 ? new(NumberClass.NaN, negative, 0, 0) : Infinity(negative);
        return field == 0 ? Finite(negative, -1074, fraction) : Finite(negative, field - 1075, fraction | 1UL << 52);
    }

    /// <summary>Bits from the leading one of the significand to its unit.</summary>
    public int Length => 128 - (int)UInt128.LeadingZeroCount(Significand);

    /// <summary>Exponent of the leading one of a finite number: 2^LeadingExponent ≤ |value| &lt; 2^(LeadingExponent+1).</summary>
    public int LeadingExponent => Exponent + Length - 1;

    /// <summary>The same number with the other sign.</summary>
    public Exact Negated => this with { Negative = !Negative };

    /// <summary>For messages, e.g. `-Finite 3·2^-4`. (The printer that records come with would follow <see cref="Negated"/> for
    /// ever.)</summary>
    public override string ToString() => $"{(Negative ? '-' : '+')}{Class} {Significand}·2^{Exponent}";

    /// <summary>The number as a binary64. Exact for every number of a format of at most 53 significant bits and 11 exponent bits.</summary>
    /// <exception cref="ArithmeticException">The significand does not fit 53 bits or the exponent leaves binary64.</exception>
    public double ToDouble()
    {
        if (Class == NumberClass.NaN) return double.NaN;
        if (Class == NumberClass.Infinity) return Negative ? double.NegativeInfinity : double.PositiveInfinity;
        if (Class == NumberClass.Zero) return Negative ? -0.0 : 0.0;
        int trailing = (int)UInt128.TrailingZeroCount(Significand);
        if (Length - trailing > 53 || LeadingExponent > 1023 || Exponent + trailing < -1074)
            throw new ArithmeticException($"{this} has no exact binary64 value");
        double magnitude = Math.ScaleB((double)(ulong)(Significand >> trailing), Exponent + trailing);
        return Negative ? -magnitude : magnitude;
    }
}
