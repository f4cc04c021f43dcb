namespace Sim.Foundation.Units;

/// <summary>An area of silicon.</summary>
public readonly record struct Area : IRealQuantity<Area>
{
    private Area(double value) => SquareMicrometres = value;

    /// <summary>Square micrometres.</summary>
    public double SquareMicrometres { get; }

    /// <summary>Square millimetres.</summary>
    public double SquareMillimetres => SquareMicrometres * 1e-6;

    /// <summary>An area in square micrometres.</summary>
    public static Area FromSquareMicrometres(double value) => new(value);

    static Area IRealQuantity<Area>.FromBaseUnit(double value) => new(value);

    public int CompareTo(Area other) => SquareMicrometres.CompareTo(other.SquareMicrometres);

    /// <summary>Invariant text with the unit, e.g. `120 um2`.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{SquareMicrometres:G6} um2");

    public static Area operator +(Area left, Area right) => new(left.SquareMicrometres + right.SquareMicrometres);

    public static Area operator -(Area left, Area right) => new(left.SquareMicrometres - right.SquareMicrometres);

    public static Area operator -(Area value) => new(-value.SquareMicrometres);

    public static Area operator *(Area left, double right) => new(left.SquareMicrometres * right);

    public static Area operator *(double left, Area right) => right * left;

    public static double operator /(Area left, Area right) => left.SquareMicrometres / right.SquareMicrometres;

    public static bool operator <(Area left, Area right) => left.SquareMicrometres < right.SquareMicrometres;

    public static bool operator >(Area left, Area right) => left.SquareMicrometres > right.SquareMicrometres;

    public static bool operator <=(Area left, Area right) => left.SquareMicrometres <= right.SquareMicrometres;

    public static bool operator >=(Area left, Area right) => left.SquareMicrometres >= right.SquareMicrometres;
}
