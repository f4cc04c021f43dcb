using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Nests.Orders;

/// <summary>How the products of one output are added, as a tree whose leaves are products.</summary>
public abstract record SumTree;

/// <summary>The product of index k = (channel · filter rows + row) · filter columns + column.</summary>
public sealed record ProductLeaf(long K) : SumTree;

/// <summary>A register at the memory of index <paramref name="Level"/>: it takes the first item as it is and adds the others one after
/// another, each sum rounded to the register's format. An item may be what another register held, read back.</summary>
public sealed record RegisterSum(int Level, ImmutableArray<SumTree> Items) : SumTree;

/// <summary>Sums of neighbouring places brought together on the way up: a chain adds from the first place to the last, a tree adds halves.
/// </summary>
public sealed record PlaceSum(Reduction Kind, ImmutableArray<SumTree> Items) : SumTree;
