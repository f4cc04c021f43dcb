using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Tests.Nests;

/// <summary>Random small hierarchies, layers and legal nests.</summary>
internal sealed class RandomNest(int seed)
{
    private readonly Random _random = new(seed);

    /// <summary>A hierarchy and a nest on it of at most so many multiplications.</summary>
    public (Hierarchy Hierarchy, LoopNest Nest) Next(int mostMacs)
    {
        LoopLayer layer;
        do layer = Layer();
        while (layer.Macs > mostMacs);
        Hierarchy hierarchy = Levels();
        return (hierarchy, new LoopNest(layer, Nodes(hierarchy, layer)));
    }

    private LoopLayer Layer()
    {
        int Size(int most) => _random.Next(2) == 0 ? 1 : _random.Next(1, most + 1);
        if (_random.Next(4) == 0)
            return LoopLayer.Gemm("gemm", Size(3), _random.Next(1, 8), _random.Next(1, 8), _random.Next(1, 8), _random.Next(2) == 0);
        bool window = _random.Next(4) > 0;
        return LoopLayer.Conv("conv", Size(3), Size(3), Size(5), Size(5), _random.Next(1, 9), Size(6), window ? _random.Next(1, 6) : 1,
            Size(4), _random.Next(1, 4), _random.Next(1, 4), _random.Next(1, 4), _random.Next(1, 4));
    }

    private Hierarchy Levels()
    {
        var levels = new List<HierarchyLevel> { NestSamples.Memory("L0") };
        int memories = _random.Next(1, 4);
        for (int i = 1; i <= memories + 1; i++)
        {
            for (int fabric = _random.Next(3); fabric > 0; fabric--)
                levels.Add(new FabricLevel($"f{levels.Count}", [.. Enumerable.Range(0, _random.Next(1, 3)).Select(a =>
                    new FabricAxis("xy"[a..(a + 1)], 64, Shares(), Shares(), (Reduction)_random.Next(3)))]));
            if (i <= memories) levels.Add(NestSamples.Memory($"L{i}"));
        }
        return new("random", [.. levels]);
    }

    private Sharing Shares() => (Sharing)_random.Next(3);

    private ImmutableArray<NestNode> Nodes(Hierarchy hierarchy, LoopLayer layer)
    {
        var nodes = new List<NestNode>();
        Operand[] operands = Enum.GetValues<Operand>();
        _random.Shuffle(operands);
        nodes.AddRange(operands.Select(o => new StoreNode(o, 0)));
        long[] left = [.. layer.Sizes];
        void Loops(int most)
        {
            for (int i = _random.Next(most + 1); i > 0; i--)
                if (Split(left) is { } split) nodes.Add(new LoopNode(split.Dim, split.Count, split.Tile));
        }
        for (int level = 1; level < hierarchy.Levels.Length; level++)
        {
            Loops(2);
            if (hierarchy.Levels[level] is FabricLevel fabric)
            {
                for (int i = _random.Next(4); i > 0; i--)
                {
                    if (Split(left) is { } split)
                        nodes.Add(new SpatialNode(split.Dim, split.Count, split.Tile, level, _random.Next(fabric.Axes.Length)));
                    if (_random.Next(4) == 0) Loops(1);
                }
                continue;
            }
            _random.Shuffle(operands);
            foreach (Operand operand in operands.Where(_ => _random.Next(5) < 3))
            {
                nodes.Add(new StoreNode(operand, level));
                if (_random.Next(3) == 0) Loops(2);
            }
        }
        while (left.Any(l => l > 1))
            if (Split(left) is { } split) nodes.Add(new LoopNode(split.Dim, split.Count, split.Tile));
        return [.. nodes];
    }

    // A dimension, a count that ⌈size/count⌉ tiles reach, and the tile.
    private (LoopDim Dim, long Count, long Tile)? Split(long[] left)
    {
        int[] open = [.. Enumerable.Range(0, left.Length).Where(d => left[d] > 1)];
        if (open.Length == 0) return null;
        int dim = open[_random.Next(open.Length)];
        long tile = _random.NextInt64(1, left[dim]), count = (left[dim] + tile - 1) / tile;
        tile = (left[dim] + count - 1) / count;
        left[dim] = tile;
        return ((LoopDim)dim, count, tile);
    }
}
