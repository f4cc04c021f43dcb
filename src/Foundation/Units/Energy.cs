namespace Sim.Foundation.Units;

/// <summary>An amount of energy.</summary>
public readonly record struct Energy : IRealQuantity<Energy>
{
    private Energy(double value) => Picojoules = value;

    /// <summary>Picojoules (1e-12 J).</summary>
    public double Picojoules { get; }

    /// <summary>Joules.</summary>
    public double Joules => Picojoules * 1e-12;

    /// <summary>An energy in picojoules.</summary>
    public static Energy FromPicojoules(double value) => new(value);

    /// <summary>Energy of a power drawn for a time.</summary>
    public static Energy Of(Power power, Duration time) => new(power.Milliwatts * time.Nanoseconds);

    static Energy IRealQuantity<Energy>.FromBaseUnit(double value) => new(value);

    public int CompareTo(Energy other) => Picojoules.CompareTo(other.Picojoules);

    /// <summary>Invariant text with the unit, e.g. `0.5 pJ`.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Picojoules:G6} pJ");

    public static Energy operator +(Energy left, Energy right) => new(left.Picojoules + right.Picojoules);

    public static Energy operator -(Energy left, Energy right) => new(left.Picojoules - right.Picojoules);

    public static Energy operator -(Energy value) => new(-value.Picojoules);

    public static Energy operator *(Energy left, double right) => new(left.Picojoules * right);

    public static Energy operator *(double left, Energy right) => right * left;

    public static double operator /(Energy left, Energy right) => left.Picojoules / right.Picojoules;

    public static bool operator <(Energy left, Energy right) => left.Picojoules < right.Picojoules;

    public static bool operator >(Energy left, Energy right) => left.Picojoules > right.Picojoules;

    public static bool operator <=(Energy left, Energy right) => left.Picojoules <= right.Picojoules;

    public static bool operator >=(Energy left, Energy right) => left.Picojoules >= right.Picojoules;
}
