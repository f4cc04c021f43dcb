using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Mapper.Search;

namespace Sim.Mapper.Checks;

/// <summary>Whether the tiles of a nest fit the memories when elements lie bit by bit.</summary>
internal static class TilesInBits
{
    public static bool Fit(LoopNest nest, MapProblem problem)
    {
        var held = new Dictionary<int, double>();
        long[] left = [.. nest.Layer.Sizes];
        foreach (NestNode node in nest.Nodes)
        {
            if (WalkedLoop.Of(node) is { } loop) left[(int)loop.Dim] = loop.Tile;
            if (node is not StoreNode { Level: > 0 } store) continue;
            MemoryLevel memory = problem.Hierarchy.Memory(store.Level);
            double bits = new NestBox(new long[left.Length], [.. left]).Words(nest.Layer, store.Operand).Count
                * problem.Costs.Levels[store.Level][store.Operand].Bits * (memory.DoubleBuffered[store.Operand] ? 2 : 1);
            if (memory.PartitionBits[store.Operand] is { } part && bits > part) return false;
            held[store.Level] = held.GetValueOrDefault(store.Level) + bits;
            if (memory.CapacityBits is { } capacity && held[store.Level] > capacity) return false;
        }
        return true;
    }
}
