using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Nests;

/// <summary>
/// Words that move at one store of a nest, summed over its instances. A word is one element; packing and bursts come later.
/// </summary>
/// <param name="Operand">What is stored.</param>
/// <param name="Level">Index of the memory in the hierarchy.</param>
/// <param name="Fills">Words of inputs filled from the parent store.</param>
/// <param name="Reads">Words read by the next inner store of the operand, or by compute; of outputs: sums read back by the child.</param>
/// <param name="Updates">Sums that arrive from below, each added to what is there.</param>
/// <param name="Writes">Sums written up, counted at each instance that writes.</param>
/// <param name="ReadBacks">Sums read back from the parent: one copy for instances that add to the same words.</param>
/// <param name="ReadBackMembers">The same counted once for every instance that goes on adding.</param>
/// <param name="Instances">Instances that are ever active.</param>
/// <param name="Distinct">Different (instance, word) pairs ever held.</param>
/// <param name="Peak">Words of the largest tile of an instance.</param>
public sealed record StoreCounts(Operand Operand, int Level, long Fills, long Reads, long Updates, long Writes, long ReadBacks,
    long ReadBackMembers, long Instances, long Distinct, long Peak);
