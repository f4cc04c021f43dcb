using Sim.ArchModel.Hierarchies;
using Sim.ArchModel.Hierarchies.Costs;
using Sim.ArchModel.Hierarchies.Reading;
using Sim.ArchModel.Reading;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Tests;

/// <summary>The accelerators of configs/architectures that are hierarchies.</summary>
public class ShippedHierarchyTests
{
    private static string[] Shipped => [.. ConfigCatalogue.Names(ArchitectureReader.Folder)
        .Where(n => ConfigCatalogue.Open(n, ArchitectureReader.Folder, new DiagnosticBag())!.Schema == HierarchyReader.Schema.Id)];

    private static LoadedHierarchy Load(string name)
    {
        var bag = new DiagnosticBag();
        LoadedHierarchy? loaded = HierarchyReader.Load(name, bag);
        Assert.That(bag.ToString(), Is.Empty, name);
        return loaded!;
    }

    [Test]
    public void AllAreThere() => Assert.That(Shipped, Has.Length.GreaterThanOrEqualTo(12));

    [TestCaseSource(nameof(Shipped))]
    public void ItIsReadPricedAndWrittenBack(string name)
    {
        LoadedHierarchy loaded = Load(name);
        var cost = new HierarchyCost(loaded);
        Assert.That(cost.Warnings, Is.Empty);
        Assert.That(cost.AreaSquareMicrometres, Is.Positive);
        Assert.That(cost.LeakageMilliwatts, Is.Positive);
        Assert.That(cost.Product(), Is.Positive);
        foreach (string text in new[] { HierarchyJson.Write(loaded), HierarchyYaml.Write(loaded) })
        {
            var bag = new DiagnosticBag();
            LoadedHierarchy again = HierarchyReader.Read(YamlDocument.Parse(text, "again", bag)!.Root, bag, "again")!;
            Assert.That(bag.ToString(), Is.Empty);
            Assert.That(again.Architecture.Hierarchy, Is.EqualTo(loaded.Architecture.Hierarchy));
            Assert.That(HierarchyJson.Write(again), Is.EqualTo(HierarchyJson.Write(loaded)));
            Assert.That(new HierarchyCost(again).AreaSquareMicrometres, Is.EqualTo(cost.AreaSquareMicrometres).Within(1e-9).Percent);
        }
    }

    [TestCaseSource(nameof(Shipped))]
    public void ItHoldsTogether(string name)
    {
        HierarchicalArchitecture a = Load(name).Architecture;
        Hierarchy hierarchy = a.Hierarchy;
        Assert.That(hierarchy.Levels.Select(l => l.Name).Append(a.Compute.Name), Is.Unique);
        MemoryLevel outer = hierarchy.Memory(0);
        long before = 1, lanes = 1;
        for (int i = 0; i < hierarchy.Levels.Length; i++)
        {
            Assert.That(hierarchy.Instances(i), Is.EqualTo(before));
            if (hierarchy.Levels[i] is FabricLevel fabric)
            {
                before *= fabric.Places;
                if (fabric.IsLanes) lanes = fabric.Places;
                continue;
            }
            MemoryLevel memory = hierarchy.Memory(i);
            foreach (Operand operand in Enum.GetValues<Operand>())
            {
                if (i == 0) Assert.That(outer.Keeps[operand], Is.EqualTo(Keeping.Must));
                if (memory.Keeps[operand] == Keeping.Bypass || i == 0) continue;
                long? bits = memory.PartitionBits[operand] ?? memory.CapacityBits;
                Assert.That(bits, Is.GreaterThanOrEqualTo((long)memory.WordBits * memory.Banks), $"{memory.Name} {operand}");
                Assert.That(memory.PartitionBits[operand] is null || memory.CapacityBits is null);
            }
            Assert.That(memory.DramKind is not null, Is.EqualTo(i == 0), "one memory off chip, the outermost");
        }
        Assert.That(a.ProductsAtOnce, Is.EqualTo(before));
        Assert.That(a.Units * lanes, Is.EqualTo(before));
    }

    // Published peaks in 10^9 products a second, halves of what the papers count as operations.
    [TestCase("tpu_v1", 45_875.2)] // 92 TOP/s, ISCA 2017
    [TestCase("tpu_v2_core", 11_468.8)] // 46 TFLOP/s a chip of two cores
    [TestCase("eyeriss_v1", 33.6)] // 33.6 GMAC/s, JSSC 2017 table V
    [TestCase("nvdla_small", 64)] // 64 MACs at 1 GHz
    [TestCase("gemmini_default", 256)]
    [TestCase("shidiannao", 64)]
    [TestCase("ethos_u_like", 128)] // 256 MACs at 500 MHz
    [TestCase("a100_sm", 312_000 / 108.0 / 2)] // 312 TFLOP/s of fp16, 108 SMs
    [TestCase("h100_sm", 1_979_000 / 132.0 / 2)] // 1979 TFLOP/s of dense FP8, 132 SMs
    [TestCase("marsellus_rbe", 81 * 32 / 16.0 * 0.42)] // 10368 bit products: a fourth of 4 bits, 16 cycles for 8x8
    [TestCase("simd_scalable", 8)] // 8 cores of four 8-bit products at 250 MHz
    public void PeaksAreThePublishedOnes(string name, double products) =>
        Assert.That(Load(name).Architecture.PeakProductsPerSecond / 1e9, Is.EqualTo(products).Within(0.1).Percent);

    // Storage on chip, all instances, in bytes.
    [TestCase("tpu_v1", (24 + 4) * 1048576 + 262144 + 65536 * 2)]
    [TestCase("eyeriss_v1", 108 * 1024 + 168 * (12 + 224 + 24) * 2)]
    [TestCase("nvdla_small", 131072 + 1024 + 8 * 16)]
    [TestCase("shidiannao", 256 * 1024 + 64 * 4)]
    [TestCase("marsellus_rbe", 1048576 + 131072 + 800 + 9 * 32 * 4)]
    public void StorageAddsUp(string name, long bytes)
    {
        Hierarchy hierarchy = Load(name).Architecture.Hierarchy;
        long bits = hierarchy.Levels.Select((l, i) => l is MemoryLevel { DramKind: null } m ? hierarchy.Instances(i)
            * (m.CapacityBits ?? Enum.GetValues<Operand>().Sum(o => m.PartitionBits[o] ?? 0)) : 0).Sum();
        Assert.That(bits, Is.EqualTo(bytes * 8));
    }

    // Marsellus: w · ⌈a / 4⌉ cycles. XpulpNN: 4, 8, 16 products a cycle.
    [TestCase("marsellus_rbe", 4, 2, "2")]
    [TestCase("marsellus_rbe", 8, 8, "16")]
    [TestCase("simd_scalable", 4, 4, "1/2")]
    [TestCase("simd_scalable", 2, 2, "1/4")]
    [TestCase("simd_scalable", 8, 2, "1")]
    public void NarrowOperandsAreFaster(string name, int activations, int weights, string cycles) =>
        Assert.That(Load(name).Architecture.Compute.CyclesFor(activations, weights)!.Value.ToString(), Is.EqualTo(cycles));
}
