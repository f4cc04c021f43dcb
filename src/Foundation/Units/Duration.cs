namespace Sim.Foundation.Units;

/// <summary>A span of time.</summary>
public readonly record struct Duration : IRealQuantity<Duration>
{
    private Duration(double value) => Nanoseconds = value;

    /// <summary>Nanoseconds.</summary>
    public double Nanoseconds { get; }

    /// <summary>Seconds.</summary>
    public double Seconds => Nanoseconds * 1e-9;

    /// <summary>A time in nanoseconds.</summary>
    public static Duration FromNanoseconds(double value) => new(value);

    /// <summary>A time in seconds.</summary>
    public static Duration FromSeconds(double value) => new(value * 1e9);

    static Duration IRealQuantity<Duration>.FromBaseUnit(double value) => new(value);

    public int CompareTo(Duration other) => Nanoseconds.CompareTo(other.Nanoseconds);

    /// <summary>Invariant text with the unit, e.g. `2 ns`.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Nanoseconds:G6} ns");

    public static Duration operator +(Duration left, Duration right) => new(left.Nanoseconds + right.Nanoseconds);

    public static Duration operator -(Duration left, Duration right) => new(left.Nanoseconds - right.Nanoseconds);

    public static Duration operator -(Duration value) => new(-value.Nanoseconds);

    public static Duration operator *(Duration left, double right) => new(left.Nanoseconds * right);

    public static Duration operator *(double left, Duration right) => right * left;

    public static double operator /(Duration left, Duration right) => left.Nanoseconds / right.Nanoseconds;

    public static bool operator <(Duration left, Duration right) => left.Nanoseconds < right.Nanoseconds;

    public static bool operator >(Duration left, Duration right) => left.Nanoseconds > right.Nanoseconds;

    public static bool operator <=(Duration left, Duration right) => left.Nanoseconds <= right.Nanoseconds;

    public static bool operator >=(Duration left, Duration right) => left.Nanoseconds >= right.Nanoseconds;
}
