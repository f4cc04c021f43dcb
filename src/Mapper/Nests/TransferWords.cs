namespace Sim.Mapper.Nests;

/// <summary>Words of one change of tiles, or of one step of compute.</summary>
/// <param name="Fill">Words that arrive at instance 0 of the store: new inputs, or sums read back.</param>
/// <param name="Read">Words that instance 0 of the parent reads for all its children, after multicast.</param>
/// <param name="Write">Sums that instance 0 of the store writes up before.</param>
/// <param name="Update">Sums that arrive at instance 0 of the parent from all its children, after reduction.</param>
public readonly record struct TransferWords(long Fill, long Read, long Write, long Update);
