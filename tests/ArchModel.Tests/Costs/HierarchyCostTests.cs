using Sim.ArchModel.Costs;
using Sim.ArchModel.Hierarchies;
using Sim.ArchModel.Hierarchies.Costs;
using Sim.ArchModel.Hierarchies.Reading;
using Sim.ArchModel.Reading;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Tests.Costs;

public sealed class HierarchyCostTests
{
    // Register: 4.522 µm² and 4.522 · 3.339 fJ a bit, 17.49 nW a µm²; multiplexer: 3.059 µm² a bit (configs/technologies/nangate45.yaml).
    private const double RegisterArea = 4.522, RegisterFemtojoules = 4.522 * 3.339, MuxArea = 3.059, MuxFemtojoules = 3.059 * 2.736;

    private const string Text = """
        schema: sim.architecture/2
        technology: nangate45
        clock: 200 MHz
        datapath: {weight: int4, activation: int8, accumulator: {kind: integer, bits: 24, overflow: wrap}}
        hierarchy:
          - {memory: dram, kind: LPDDR4, bandwidth: 1.6 GB/s}
          - {memory: buffer, capacity: 16 KiB, word: 64 bit, banks: 2, keeps: [activations, outputs]}
          - {fabric: grid, shape: {y: 3, x: 4}, systolic: {activations: x}, multicast: {weights: y}, reduction: {y: chain, x: tree}}
          - {memory: pads, partitions: {weights: 8 word, outputs: 1 word}, word: 24 bit}
          - {compute: pe}
        vector: {lanes: 2}
        """;

    private static LoadedHierarchy Load(string text)
    {
        var bag = new DiagnosticBag();
        LoadedHierarchy loaded = HierarchyReader.Read(YamlDocument.Parse(text, "a", bag)!.Root, bag, "a")!;
        Assert.That(bag.ToString(), Is.Empty);
        return loaded;
    }

    private static double Area(HierarchyCost cost, string component) =>
        cost.Area.Where(a => a.Component == component).Sum(a => a.SquareMicrometres);

    [Test]
    public void MemoriesAreThoseOfTheTechnologyTimesTheirInstances()
    {
        var cost = new HierarchyCost(Load(Text));
        Assert.Multiple(() =>
        {
            // CACTI 7, 45 nm hp, 8 KiB, 64 b: 4.3069 pJ a read, 9.2410 a write, 0.025368 mm²; two banks.
            Assert.That(cost.Word(1, Operand.Activations, AccessKind.Read), Is.EqualTo(4.3069).Within(1e-9));
            // Sums come back from the pads and overwrite what was read back; in the pads they are added in place.
            Assert.That(cost.Word(1, Operand.Outputs, AccessKind.Update), Is.EqualTo(9.2410).Within(1e-9));
            var alone = new HierarchyCost(Load(Text.Replace(", outputs: 1 word", "", StringComparison.Ordinal)));
            Assert.That(alone.Word(1, Operand.Outputs, AccessKind.Update), Is.EqualTo(4.3069 + 9.2410).Within(1e-9));
            Assert.That(Area(cost, "buffer"), Is.EqualTo(2 * 25368.0).Within(1e-6).Percent);
            // 8 words of 24 bits: 192 flip-flops, 7 multiplexers of 24 bits; a read passes 3 of them, a write clocks 24 flip-flops.
            // Outputs: 24 flip-flops, no multiplexer. 12 PEs.
            Assert.That(Area(cost, "pads"), Is.EqualTo(12 * ((216 * RegisterArea) + (7 * 24 * MuxArea))).Within(1e-6).Percent);
            Assert.That(cost.Word(3, Operand.Weights, AccessKind.Read), Is.EqualTo(3 * 24 * MuxFemtojoules / 1000).Within(1e-6).Percent);
            Assert.That(cost.Word(3, Operand.Weights, AccessKind.Write), Is.EqualTo(24 * RegisterFemtojoules / 1000).Within(1e-6).Percent);
            // 8 pJ a bit, words of 64; 16 weights of 4 bits in a word of the buffer's width, 6 in one of 24.
            Assert.That(cost.Word(0, Operand.Weights, AccessKind.Read), Is.EqualTo(512));
            Assert.That(cost.Element(3, Operand.Weights, AccessKind.Write, new Packing(4)), 
                Is.EqualTo(24 * RegisterFemtojoules / 6000).Within(1e-6).Percent);
            Assert.That(() => cost.Word(1, Operand.Weights, AccessKind.Read), Throws.ArgumentException);
            Assert.That(cost.Area.Sum(a => a.SquareMicrometres), Is.EqualTo(cost.AreaSquareMicrometres));
            Assert.That(cost.Area.Select(a => a.Source), Is.All.Not.Empty);
            Assert.That(cost.Actions.Select(a => a.Price.Source), Is.All.Not.Empty);
            Assert.That(cost.Actions.Select(a => (a.Component, a.Action)), Is.Unique);
            // A single register is read over wires alone.
            Assert.That(cost.Actions.Where(a => a.Price.Picojoules == 0).Select(a => (a.Component, a.Action)),
                Is.EqualTo(new[] { ("pads", "read_outputs") }));
            Assert.That(cost.Actions.Select(a => a.Price.Picojoules), Is.All.Not.Negative);
            Assert.That(cost.LeakageMilliwatts, Is.Positive);
            Assert.That(cost.Clock.Paths.Select(p => p.What), Has.Some.EqualTo("an access to memory 'pads' (weights)"));
        });
    }

    [Test]
    public void FabricsHaveLinksAndAdders()
    {
        var cost = new HierarchyCost(Load(Text));
        AreaItem[] grid = [.. cost.Area.Where(a => a.Component == "grid")];
        // Activations pass 12 places; sums stay in the pads, so a chain along y has an adder in each place (12), a tree along x has 3 for
        // each of the 3 rows.
        Assert.That(grid.Single(a => a.Role == "activations link register").Count, Is.EqualTo(12));
        Assert.That(grid.Single(a => a.Role == "partial sum register").Count, Is.EqualTo(12 + 9));
        Assert.That(cost.Hop(2, Operand.Activations), Is.EqualTo(8 * RegisterFemtojoules / 1000).Within(1e-6).Percent);
        Assert.That(cost.Hop(2, Operand.Weights), Is.Null, "wires are not priced");
        // Nothing below keeps outputs: the chain runs through the compute units' own adders.
        var through = new HierarchyCost(Load(Text.Replace("weights: 8 word, outputs: 1 word",
            "weights: 8 word", StringComparison.Ordinal)));
        Assert.That(through.Area.Single(a => a.Component == "grid" && a.Role == "partial sum register").Count, Is.EqualTo(9));
        // And the units have an accumulating register of their own.
        double own = 12 * 24 * RegisterArea;
        Assert.That(Area(through, "pe") - Area(cost, "pe"), Is.EqualTo(own).Within(1e-6).Percent);
        Assert.That(Area(cost, "pads") - Area(through, "pads"), Is.EqualTo(own).Within(1e-6).Percent);
    }

    [Test]
    public void StatedCostsStandInPlaceOfTheTechnologys()
    {
        string text = Text.Replace("word: 64 bit,", "word: 64 bit, energy: {read: 1 pJ, write: 2 pJ, update: 3 pJ, source: me}, area: "
            + "{value: 1 mm2, source: me}, leakage: {value: 1 W, source: me},", StringComparison.Ordinal)
            .Replace("chain, x: tree}", "chain, x: tree}, hop_energy: {value: 10 fJ/bit, source: me}", StringComparison.Ordinal)
            .Replace("{compute: pe}", "{compute: pe, energy: {value: 0.25 pJ, source: me}, precision: [{activations: 8, weights: 4, "
                + "cycles: 2}, {activations: 4, weights: 4, cycles: 1}]}", StringComparison.Ordinal);
        var cost = new HierarchyCost(Load(text));
        Assert.Multiple(() =>
        {
            Assert.That(cost.Word(1, Operand.Outputs, AccessKind.Read), Is.EqualTo(1));
            Assert.That(cost.Word(1, Operand.Outputs, AccessKind.Write), Is.EqualTo(2));
            Assert.That(cost.Word(1, Operand.Outputs, AccessKind.Update), Is.EqualTo(3));
            Assert.That(Area(cost, "buffer"), Is.EqualTo(1e6));
            Assert.That(cost.LeakageMilliwatts, Is.GreaterThan(1000));
            Assert.That(cost.Hop(2, Operand.Outputs), Is.EqualTo(0.24).Within(1e-12));
            Assert.That(cost.Product(), Is.EqualTo(0.25));
            // Half the cycles of the unit, half its energy.
            Assert.That(cost.Product(4, 4), Is.EqualTo(0.125));
            Assert.That(() => cost.Product(16, 4), Throws.ArgumentException);
        });
    }

    [Test]
    public void AnExpandedFileCostsAsBefore()
    {
        foreach (string name in new[] { "edge_npu", "tpu_like", "eyeriss_like" })
        {
            var bag = new DiagnosticBag();
            LoadedArchitecture flat = ArchitectureReader.Load(name, bag)!;
            ArchitectureCost before = flat.Price();
            var after = new HierarchyCost(HierarchyExpansion.Of(flat));
            foreach (BufferLevel buffer in flat.Architecture.Buffers)
            {
                Assert.That(Area(after, buffer.Name), Is.EqualTo(before.Area
                    .Single(a => a.Component == buffer.Name).SquareMicrometres).Within(1e-9).Percent);
                int level = after.Architecture.Hierarchy.IndexOf(buffer.Name);
                MemoryLevel memory = after.Architecture.Hierarchy.Memory(level);
                foreach (Operand o in Enum.GetValues<Operand>().Where(o => memory.Keeps[o] == Keeping.Must))
                    Assert.That(after.Element(level, o, AccessKind.Read, after.Architecture.PackingOf(o)),
                        Is.EqualTo(before.EnergyPerAction(
                        buffer.Name, $"read_{o.ToString().ToLowerInvariant()}").Picojoules).Within(1e-9).Percent, $"{name} "
                            + $"{buffer.Name} {o}");
            }
            double Logic(IEnumerable<AreaItem> items) =>
                items.Where(a => a.Component == "pe" && !a.Role.Contains("register", StringComparison.Ordinal)
                && !a.Role.Contains("drain", StringComparison.Ordinal)).Sum(a => a.SquareMicrometres);
            Assert.That(Logic(after.Area), Is.EqualTo(Logic(before.Area)).Within(1e-9).Percent);
            // Accumulators below the columns, drain and converters are counted otherwise: a few percent.
            Assert.That(after.AreaSquareMicrometres, Is.EqualTo(before.AreaSquareMicrometres).Within(6).Percent, name);
            Assert.That(after.Clock.IsMet, Is.EqualTo(before.Clock.IsMet));
        }
    }

    [TestCase("kind: LPDDR4, bandwidth: 1.6 GB/s", "word: 64 bit",
        "a:6:14: error COST001: memory 'dram' is unlimited and has no price")]
    [TestCase("capacity: 16 KiB", "capacity: 64 GiB", "a:7:14: error COST001: memory 'buffer': the area of an SRAM bank of "
        + "34359738368 bytes")]
    public void WhatHasNoPriceIsTold(string from, string to, string expected)
    {
        var bag = new DiagnosticBag();
        string text = Text.Replace(from, to, StringComparison.Ordinal);
        LoadedHierarchy loaded = HierarchyReader.Read(YamlDocument.Parse(text, "a", bag)!.Root, bag, "a")!;
        HierarchyCost.Check(loaded, bag);
        Assert.That(bag.ToString().Split('\n'), Has.Some.StartsWith(expected));
    }

    [Test]
    public void MorePortsThanMacrosHaveAreALowerBound()
    {
        var cost = new HierarchyCost(Load(Text.Replace("banks: 2,", "banks: 2, ports: {read: 2, write: 1},", StringComparison.Ordinal)));
        Assert.That(cost.Warnings, Has.Some.Contains("COST006: memory 'buffer' has 3 ports a bank"));
    }

    // A word of 64 bits holds 16 of 4 bits; blocks of 32 of mxfp4 take 136 bits with their scale: ⌊64 · 32 / 136⌋ = 15 elements.
    [TestCase(4, 1, 64, 16, 17, 2)]
    [TestCase(136, 32, 64, 15, 30, 2)]
    [TestCase(136, 32, 64, 15, 31, 3)]
    [TestCase(24, 1, 16, 0, 3, 6)]
    public void WordsHoldWholeElements(int bits, int elements, int word, long perWord, long count, long words)
    {
        var packing = new Packing(bits, elements);
        Assert.That(packing.PerWord(word), Is.EqualTo(perWord));
        Assert.That(packing.Words(count, word), Is.EqualTo(words));
        Assert.That(new Packing(136, 32).StoredBits(33), Is.EqualTo(272));
    }
}
