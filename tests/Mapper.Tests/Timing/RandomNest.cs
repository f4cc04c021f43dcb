using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.ArchModel.Hierarchies.Dram;
using Sim.Foundation;
using Sim.Mapper.Nests;
using Sim.Mapper.Timing;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Tests.Timing;

/// <summary>Random small layers, hierarchies and legal nests on them.</summary>
internal static class RandomNest
{
    public static (LoopNest Nest, Hierarchy Hierarchy, NestWidths Widths, ComputeRate Rate) Make(Random random, int most)
    {
        long Size() => random.Next(3) == 0 ? 1 : random.Next(1, most + 1);
        LoopLayer layer = random.Next(3) == 0
            ? LoopLayer.Gemm("g", random.Next(1, 3), Size(), Size(), Size(), random.Next(2) == 0)
            : LoopLayer.Conv("c", random.Next(1, 3), random.Next(1, 3), Size(), Size(), Size(), Size(), random.Next(1, 4),
                random.Next(1, 4),
                random.Next(1, 4), random.Next(1, 3), random.Next(1, 3), random.Next(1, 3));
        var levels = new List<HierarchyLevel> { Memory(random, "L0", true) };
        int memories = random.Next(1, 4);
        for (int m = 1; m <= memories; m++)
        {
            if (random.Next(2) == 0) levels.Add(Fabric(random, "f" + m));
            levels.Add(Memory(random, "L" + m, false));
        }
        if (random.Next(3) == 0) levels.Add(Fabric(random, "lanes"));
        long[] left = [.. layer.Sizes];
        var nodes = new List<NestNode>();
        foreach ((HierarchyLevel level, int index) in levels.Select((l, i) => (l, i)))
        {
            if (level is FabricLevel fabric)
            {
                for (int axis = 0; axis < fabric.Axes.Length; axis++) Spatial(random, nodes, left, index, axis, fabric.Axes[axis].Size);
                continue;
            }
            foreach (Operand operand in Enum.GetValues<Operand>().OrderBy(_ => random.Next()))
            {
                if (index > 0 && random.Next(3) == 0) continue;
                nodes.Add(new StoreNode(operand, index));
                if (index > 0 && random.Next(3) == 0) Temporal(random, nodes, left);
            }
            for (int n = random.Next(4); n > 0; n--) Temporal(random, nodes, left);
        }
        foreach (LoopDim dim in Enum.GetValues<LoopDim>().OrderBy(_ => random.Next()))
            if (left[(int)dim] > 1) nodes.Add(new LoopNode(dim, left[(int)dim], 1));
        return (new LoopNest(layer, [.. nodes]), new Hierarchy("random", [.. levels]),
            new NestWidths(8, random.Next(2) == 0 ? 4 : 8, 24, 8),
            random.Next(3) switch { 0 => new ComputeRate(3, 1), 1 => new ComputeRate(1, 2), _ => ComputeRate.One });
    }

    private static MemoryLevel Memory(Random random, string name, bool outermost)
    {
        if (outermost && random.Next(2) == 0) return Dram(random, name);
        bool partitioned = !outermost && random.Next(4) == 0;
        long? part = partitioned ? 1 << 20 : null;
        MemoryPorts ports = random.Next(3) switch { 0 => new(1, 1, 0), 1 => new(0, 0, 1), _ => new(2, 1, 0) };
        return new MemoryLevel(name, null, new(part, part, part), random.Next(3) switch { 0 => 8, 1 => 32, _ => 64 }, random.Next(1, 3),
            outermost ? default : ports, random.Next(2) == 0 ? random.Next(3, 40) : null, random.Next(3) * 5, outermost ? 64 : 0,
            PerOperand.Of(_ => Keeping.May), PerOperand.Of(_ => random.Next(2) == 0))
        {
            ReadBitsPerCycle = random.Next(4) == 0 ? random.Next(3, 40) : null,
            WriteBitsPerCycle = random.Next(4) == 0 ? random.Next(3, 40) : null,
        };
    }

    // Rows so short that small tiles have hits, misses and conflicts.
    private static MemoryLevel Dram(Random random, string name)
    {
        Sourced<T> Of<T>(T value) => new(value, "random");
        Sourced<long> Time(int most) => Of((long)random.Next(1, most) * 250);
        int bus = 8 << random.Next(2), burst = 2 << random.Next(2), bytes = bus * burst / 8;
        var timing = new DramTiming("random", Of(bus), Of(1e9 * random.Next(1, 4)), Of(burst), Of(1 << random.Next(3)),
            Of(bytes << random.Next(1, 4)), Time(40), Time(40), Time(40), Time(80), Time(200), Of(random.Next(100, 2000) * 1000L), Time(20),
            Time(100));
        int channels = random.Next(1, 4);
        double clock = random.Next(2) == 0 ? 1e9 : 0.7e9, peak = timing.PeakBytesPerSecond * 8 * channels / clock;
        return new MemoryLevel(name, null, default, 8, 1, default, random.Next(3) == 0 ? peak / 2 : peak, random.Next(3) * 5, bytes * 8,
            PerOperand.Of(_ => Keeping.May), default)
        {
            DramKind = "DDR4", Timing = timing, Channels = channels, ClockHertz = clock,
        };
    }

    private static FabricLevel Fabric(Random random, string name) => new(name,
        [.. Enumerable.Range(0, random.Next(1, 3)).Select(a => new FabricAxis("a" + a, random.Next(2, 5), (Sharing)random.Next(3),
            (Sharing)random.Next(3), (Reduction)random.Next(3)))]) { HopCycles = random.Next(1, 4) };

    private static void Temporal(Random random, List<NestNode> nodes, long[] left)
    {
        if (Split(random, left, long.MaxValue) is { } s) nodes.Add(new LoopNode(s.Dim, s.Count, s.Tile));
    }

    private static void Spatial(Random random, List<NestNode> nodes, long[] left, int level, int axis, int size)
    {
        if (random.Next(5) > 0 && Split(random, left, size) is { } s) nodes.Add(new SpatialNode(s.Dim, s.Count, s.Tile, level, axis));
    }

    private static (LoopDim Dim, long Count, long Tile)? Split(Random random, long[] left, long most)
    {
        int[] dims = [.. Enumerable.Range(0, LoopLayer.Dims).Where(d => left[d] > 1)];
        if (dims.Length == 0) return null;
        int dim = dims[random.Next(dims.Length)];
        long size = left[dim];
        (long Count, long Tile)[] choices = [.. Enumerable.Range(1, (int)size - 1).Select(t => (Count: (size + t - 1) / t, Tile: (long)t))
            .Where(c => (size + c.Count - 1) / c.Count == c.Tile && c.Count <= most)];
        if (choices.Length == 0) return null;
        (long count, long tile) = choices[random.Next(choices.Length)];
        left[dim] = tile;
        return ((LoopDim)dim, count, tile);
    }
}
