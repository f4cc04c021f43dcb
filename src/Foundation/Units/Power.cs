namespace Sim.Foundation.Units;

/// <summary>A power.</summary>
public readonly record struct Power : IRealQuantity<Power>
{
    private Power(double value) => Milliwatts = value;

    /// <summary>Milliwatts.</summary>
    public double Milliwatts { get; }

    /// <summary>Watts.</summary>
    public double Watts => Milliwatts * 1e-3;

    /// <summary>A power in milliwatts.</summary>
    public static Power FromMilliwatts(double value) => new(value);

    static Power IRealQuantity<Power>.FromBaseUnit(double value) => new(value);

    public int CompareTo(Power other) => Milliwatts.CompareTo(other.Milliwatts);

    /// <summary>Invariant text with the unit, e.g. `3 mW`.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Milliwatts:G6} mW");

    public static Power operator +(Power left, Power right) => new(left.Milliwatts + right.Milliwatts);

    public static Power operator -(Power left, Power right) => new(left.Milliwatts - right.Milliwatts);

    public static Power operator -(Power value) => new(-value.Milliwatts);

    public static Power operator *(Power left, double right) => new(left.Milliwatts * right);

    public static Power operator *(double left, Power right) => right * left;

    public static double operator /(Power left, Power right) => left.Milliwatts / right.Milliwatts;

    public static bool operator <(Power left, Power right) => left.Milliwatts < right.Milliwatts;

    public static bool operator >(Power left, Power right) => left.Milliwatts > right.Milliwatts;

    public static bool operator <=(Power left, Power right) => left.Milliwatts <= right.Milliwatts;

    public static bool operator >=(Power left, Power right) => left.Milliwatts >= right.Milliwatts;
}
