namespace Sim.Simulator.Cycles;

/// <summary>
/// Cycles for which the ports of the buffers occupy the machine: of a step of the stream (its digits at least, which come last), of a row of
/// a stationary tile, of a row of results.
/// </summary>
internal sealed record MachinePorts(int Step, int Load, int Drain)
{
    /// <summary>Ports that delay nothing.</summary>
    public static MachinePorts Of(int cyclesPerMac) => new(cyclesPerMac, 1, 1);
}
