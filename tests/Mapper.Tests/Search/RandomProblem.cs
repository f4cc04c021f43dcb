using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Search;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Tests.Search;

/// <summary>Small problems by number: layers of few factors on one or two inner memories and up to one fabric.</summary>
internal static class RandomProblem
{
    /// <summary>The problem of a number.</summary>
    public static MapProblem Of(int seed)
    {
        var random = new Random(seed);
        LoopLayer layer = Layer(random);
        MapProblem problem = new(layer, Hierarchy(random), null!);
        return problem with { Costs = Costs(random, problem.Hierarchy) };
    }

    /// <summary>A problem on more levels: up to three inner memories, two of them below fabrics, and two fabrics.</summary>
    public static MapProblem Deep(int seed)
    {
        var random = new Random(seed);
        int factors = random.Next(2, 4);
        long[] sizes = [.. Enumerable.Repeat(1L, 8)];
        int[] dims = random.Next(4) > 0 ? [0, 1, 2, 3, 4, 2, 3, 4] : [4, 6, 4, 6, 2, 3];
        for (int i = 0; i < factors; i++) sizes[dims[random.Next(dims.Length)]] *= random.Next(3) == 0 ? 3 : 2;
        MapProblem problem = new(new("case", [.. sizes], random.Next(1, 3)), DeepHierarchy(random), null!);
        return problem with { Costs = Costs(random, problem.Hierarchy) };
    }

    private static Hierarchy DeepHierarchy(Random random)
    {
        var levels = ImmutableArray.CreateBuilder<HierarchyLevel>();
        levels.AddRange(Hierarchy(random).Levels.Take(1));
        int shape = random.Next(5);
        levels.Add(Memory(random, "outer"));
        if (shape is 1 or 2) levels.Add(Memory(random, "middle"));
        levels.Add(Fabric(random));
        if (shape is 0 or 2) levels.Add(Memory(random, "inner"));
        if (shape is 0 or 3) levels.Add(Fabric(random) with { Name = "lanes" });
        if (shape is 1 or 3) levels.Add(Memory(random, "local"));
        if (shape == 4)
        {
            levels.Add(Memory(random, "inner"));
            if (random.Next(2) == 0) levels.Add(Fabric(random) with { Name = "lanes" });
            levels.Add(Memory(random, "local"));
        }
        return new("deep", levels.ToImmutable());
    }

    private static LoopLayer Layer(Random random)
    {
        int factors = random.Next(2, 5);
        var sizes = Enumerable.Repeat(1L, 8).ToArray();
        bool window = random.Next(2) == 0;
        int[] dims = window ? [4, 6, 4, 6, 5, 7, 2, 3] : [0, 1, 2, 3, 4, 2, 3, 4];
        for (int i = 0; i < factors; i++)
        {
            int dim = i == 0 && window ? 4 : i == 1 && window ? 6 : dims[random.Next(dims.Length)];
            sizes[dim] *= random.Next(3) == 0 ? 3 : 2;
        }
        return new("case", [.. sizes], random.Next(1, 4) / 2 + 1, random.Next(1, 3), random.Next(3) == 0 ? 2 : 1);
    }

    private static Hierarchy Hierarchy(Random random)
    {
        var levels = ImmutableArray.CreateBuilder<HierarchyLevel>();
        var dram = new MemoryLevel("dram", null, default, 8, 1, new(0, 0, 0), random.Next(2) == 0 ? 8 : null, 0, 0,
            PerOperand.Of(_ => Keeping.Must), default);
        levels.Add(dram);
        int shape = random.Next(6);
        if (shape != 1) levels.Add(Memory(random, "buffer"));
        if (shape is 1 or 2 or 4) levels.Add(Fabric(random));
        if (shape is 2 or 5) levels.Add(Memory(random, "local"));
        return new("random", levels.ToImmutable());
    }

    private static MemoryLevel Memory(Random random, string name)
    {
        long capacity = random.Next(2, 16);
        PerOperand<long?> parts = random.Next(3) == 0 ? PerOperand.Of<long?>(_ => random.Next(1, 7)) : default;
        var keeps = PerOperand.Of(_ => (Keeping)Math.Min(2, random.Next(4)));
        MemoryPorts ports = random.Next(3) switch { 0 => new(1, 1, 0), 1 => new(0, 0, 1), _ => new(0, 0, 0) };
        return new(name, parts.Activations is null ? capacity : null, parts, 8, random.Next(1, 3), ports, random.Next(3) == 0 ? 3 : null,
            0, 0,
            keeps, PerOperand.Of(_ => random.Next(4) == 0));
    }

    private static FabricLevel Fabric(Random random)
    {
        FabricAxis Axis(string name) => new(name, random.Next(2, 5), (Sharing)random.Next(2), (Sharing)random.Next(2),
            (Reduction)random.Next(2));
        return new("grid", random.Next(3) == 0 ? [Axis("x"), Axis("y")] : [Axis("x")]);
    }

    private static MapCosts Costs(Random random, Hierarchy hierarchy)
    {
        double scale = 64;
        var levels = ImmutableArray.CreateBuilder<PerOperand<StoreRate>>();
        foreach (HierarchyLevel _ in hierarchy.Levels)
        {
            double here = scale;
            levels.Add(PerOperand.Of(o => new StoreRate(here * random.Next(1, 4), here * random.Next(1, 4), here * random.Next(1, 4), 1,
                o == Operand.Outputs ? 1 + random.Next(2) : 1)));
            scale /= 8;
        }
        StoreRate wide = levels[0].Outputs;
        return new(levels.ToImmutable(), wide with { Write = wide.Write / 2, Update = wide.Update / 2, Bits = 1 }, 1, 1,
            random.Next(2) == 0,
            random.Next(2) == 0);
    }
}
