using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Nests;

/// <summary>A node of a loop nest.</summary>
public abstract record NestNode;

/// <summary>The tile below this point of one operand is kept in the memory at index <paramref name="Level"/> of the hierarchy.</summary>
public sealed record StoreNode(Operand Operand, int Level) : NestNode;

/// <summary>A loop in time: splits the range it is given into <paramref name="Count"/> tiles of <paramref name="Tile"/> = ⌈range /
/// count⌉, the last one shorter where it does not divide.</summary>
public sealed record LoopNode(LoopDim Dim, long Count, long Tile) : NestNode;

/// <summary>A loop in space, over an axis of the fabric at index <paramref name="Level"/> of the hierarchy.</summary>
public sealed record SpatialNode(LoopDim Dim, long Count, long Tile, int Level, int Axis) : NestNode;

/// <summary>
/// A mapping of a layer: nodes outermost first; the compute is below the last. Loops of count 1 do not exist. All eight dimensions end
/// in tiles of 1. Several spatial loops may share an axis while their counts multiply to at most its size.
/// </summary>
public sealed record LoopNest(LoopLayer Layer, ImmutableArray<NestNode> Nodes);
