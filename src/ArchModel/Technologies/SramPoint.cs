namespace Sim.ArchModel.Technologies;

/// <summary>What one bank of SRAM costs; reads and writes are of a whole port word.</summary>
public readonly record struct SramCost(double ReadPicojoules, double WritePicojoules, double LeakageMilliwatts, double AccessNanoseconds,
    double AreaSquareMicrometres)
{
    /// <summary>Macros side by side that make up the bank: more than 1 for ports wider than any known one.</summary>
    public int Macros { get; init; } = 1;

    /// <summary>Port bits of each macro.</summary>
    public int MacroBits { get; init; }

    /// <summary>As many macros side by side: all are accessed at once, in the time of one.</summary>
    internal SramCost Times(int count, int bits) => new(ReadPicojoules * count, WritePicojoules * count, LeakageMilliwatts * count,
        AccessNanoseconds, AreaSquareMicrometres * count) { Macros = count, MacroBits = bits };
}

/// <summary>One known macro: bytes, port bits and its cost; a value that the source does not give is null, never 0.</summary>
public sealed record SramPoint(long Bytes, int PortBits, double? ReadPicojoules, double? WritePicojoules, double? LeakageMilliwatts,
    double? AccessNanoseconds, double? AreaSquareMillimetres);
