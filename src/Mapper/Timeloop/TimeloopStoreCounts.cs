using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Timeloop;

/// <summary>What Timeloop's statistics say of an operand at a level, per instance.</summary>
/// <param name="Operand">The operand.</param>
/// <param name="Level">Index of the memory in the hierarchy.</param>
/// <param name="Reads">Scalar reads; of outputs: read-modify-writes.</param>
/// <param name="Fills">Scalar fills.</param>
/// <param name="Updates">Scalar updates, of outputs.</param>
/// <param name="TemporalReductions">Sums added to what was there.</param>
/// <param name="AddressGenerations">Addresses made.</param>
/// <param name="Instances">Utilized instances.</param>
/// <param name="Capacity">Utilized capacity in words: the bounding box of the tile.</param>
public sealed record TimeloopStoreCounts(Operand Operand, int Level, long Reads, long Fills, long Updates, long TemporalReductions,
    long AddressGenerations, long Instances, long Capacity);
