namespace Sim.Simulator.Timing;

/// <summary>What the shared bus delivers in one cycle, in parts of a bit, kept as an exact fraction so that a transfer's cycles never
/// depend on rounding.</summary>
internal readonly record struct BusRate
{
    private readonly Int128 _numerator;
    private readonly Int128 _denominator;

    /// <summary>A rate in bytes a cycle, above 0, for sizes in parts of a bit.</summary>
    public BusRate(double bytesPerCycle, int partsPerBit = 1)
    {
        if (!(bytesPerCycle > 0) || double.IsInfinity(bytesPerCycle))
            throw new ArgumentOutOfRangeException(nameof(bytesPerCycle), bytesPerCycle,
                "bandwidth must be a finite number of bytes a cycle above 0");
        decimal bits = (decimal)bytesPerCycle * 8m * partsPerBit;
        if (bits == 0m) throw new ArgumentOutOfRangeException(nameof(bytesPerCycle), bytesPerCycle, "bandwidth is too small");
        Int128 denominator = 1;
        while (bits != decimal.Truncate(bits)) (bits, denominator) = (bits * 10m, denominator * 10);
        (_numerator, _denominator) = ((Int128)bits, denominator);
    }

    /// <summary>Whole cycles that a transfer occupies the bus: ⌈size / rate⌉.</summary>
    public long Cycles(long size) => _denominator == 1 && _numerator <= long.MaxValue
        ? (size + (long)_numerator - 1) / (long)_numerator
        : (long)((size * _denominator + _numerator - 1) / _numerator);

    /// <summary>Whether the rate is at most so much in so many cycles.</summary>
    public bool IsAtMost(long size, long cycles) => _numerator * cycles <= size * _denominator;
}
