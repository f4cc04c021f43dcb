namespace Sim.Foundation.Units;

/// <summary>A clock frequency.</summary>
public readonly record struct Frequency : IRealQuantity<Frequency>
{
    private Frequency(double value) => Megahertz = value;

    /// <summary>Megahertz.</summary>
    public double Megahertz { get; }

    /// <summary>Hertz.</summary>
    public double Hertz => Megahertz * 1e6;

    /// <summary>The time of one cycle; infinite for a frequency of zero.</summary>
    public Duration Period => Duration.FromNanoseconds(1e3 / Megahertz);

    /// <summary>A frequency in megahertz.</summary>
    public static Frequency FromMegahertz(double value) => new(value);

    /// <summary>A frequency in hertz.</summary>
    public static Frequency FromHertz(double value) => new(value / 1e6);

    static Frequency IRealQuantity<Frequency>.FromBaseUnit(double value) => new(value);

    public int CompareTo(Frequency other) => Megahertz.CompareTo(other.Megahertz);

    /// <summary>Invariant text with the unit, e.g. `500 MHz`.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Megahertz:G6} MHz");

    public static Frequency operator +(Frequency left, Frequency right) => new(left.Megahertz + right.Megahertz);

    public static Frequency operator -(Frequency left, Frequency right) => new(left.Megahertz - right.Megahertz);

    public static Frequency operator -(Frequency value) => new(-value.Megahertz);

    public static Frequency operator *(Frequency left, double right) => new(left.Megahertz * right);

    public static Frequency operator *(double left, Frequency right) => right * left;

    public static double operator /(Frequency left, Frequency right) => left.Megahertz / right.Megahertz;

    public static bool operator <(Frequency left, Frequency right) => left.Megahertz < right.Megahertz;

    public static bool operator >(Frequency left, Frequency right) => left.Megahertz > right.Megahertz;

    public static bool operator <=(Frequency left, Frequency right) => left.Megahertz <= right.Megahertz;

    public static bool operator >=(Frequency left, Frequency right) => left.Megahertz >= right.Megahertz;
}
