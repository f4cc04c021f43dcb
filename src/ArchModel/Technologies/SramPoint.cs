namespace Sim.ArchModel.Technologies;

/// <summary>What one SRAM macro (one bank) costs; reads and writes are of a whole port word.</summary>
public readonly record struct SramCost(double ReadPicojoules, double WritePicojoules, double LeakageMilliwatts, double AccessNanoseconds,
    double AreaSquareMicrometres);

/// <summary>One known macro: bytes, port bits and its cost; a value that the source does not give is null, never 0.</summary>
public sealed record SramPoint(long Bytes, int PortBits, double? ReadPicojoules, double? WritePicojoules, double? LeakageMilliwatts,
    double? AccessNanoseconds, double? AreaSquareMillimetres);
