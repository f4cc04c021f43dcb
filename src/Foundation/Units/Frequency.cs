namespace Sim.Foundation.Units;

/// <summary>A clock frequency.</summary>
public readonly record struct Frequency : IRealQuantity<Frequency>
{
    private Frequency(double value) => Hertz = value;

    /// <summary>Hertz.</summary>
    public double Hertz { get; }

    /// <summary>Megahertz.</summary>
    public double Megahertz => Hertz / 1e6;

    /// <summary>The time of one cycle; infinite for a frequency of zero.</summary>
    public Duration Period => Duration.FromNanoseconds(1e9 / Hertz);

    /// <summary>A frequency in hertz.</summary>
    public static Frequency FromHertz(double value) => new(value);

    /// <summary>A frequency in megahertz.</summary>
    public static Frequency FromMegahertz(double value) => new(value * 1e6);

    static Frequency IRealQuantity<Frequency>.FromBaseUnit(double value) => new(value);

    public int CompareTo(Frequency other) => Hertz.CompareTo(other.Hertz);

    /// <summary>Invariant text with the unit, e.g. `500000000 Hz`.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Hertz:R} Hz");

    public static Frequency operator +(Frequency left, Frequency right) => new(left.Hertz + right.Hertz);

    public static Frequency operator -(Frequency left, Frequency right) => new(left.Hertz - right.Hertz);

    public static Frequency operator -(Frequency value) => new(-value.Hertz);

    public static Frequency operator *(Frequency left, double right) => new(left.Hertz * right);

    public static Frequency operator *(double left, Frequency right) => right * left;

    public static double operator /(Frequency left, Frequency right) => left.Hertz / right.Hertz;

    public static bool operator <(Frequency left, Frequency right) => left.Hertz < right.Hertz;

    public static bool operator >(Frequency left, Frequency right) => left.Hertz > right.Hertz;

    public static bool operator <=(Frequency left, Frequency right) => left.Hertz <= right.Hertz;

    public static bool operator >=(Frequency left, Frequency right) => left.Hertz >= right.Hertz;
}
