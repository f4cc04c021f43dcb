namespace Sim.Foundation.Units;

/// <summary>Data moved in a time, given against the clock of the design or against the wall clock.</summary>
/// <param name="Bytes">Bytes per cycle, or bytes per second when <paramref name="PerSecond"/>; ≥ 0.</param>
/// <param name="PerSecond">Whether the rate is against the wall clock.</param>
public readonly record struct Bandwidth(double Bytes, bool PerSecond)
{
    /// <summary>Bytes moved in one cycle of <paramref name="clock"/>.</summary>
    public double BytesPerCycle(Frequency clock) => PerSecond ? Bytes / clock.Hertz : Bytes;
}
