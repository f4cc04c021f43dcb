using Sim.ArchModel.Hierarchies;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Mapper.Nests;
using Sim.Mapper.Search;
using Sim.Tests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Tests.Zigzag;

/// <summary>
/// ZigZag's shipped golden gemm_l1: a product of 128 x 128 x 128 on 8 x 8 x 8 MACs, a 32-bit sum for each of 8 x 8 places, one memory. Its
/// mapping file fixes the order of the loops: D1 innermost, then D2 (summed), then D0.
/// </summary>
public class ZigzagGemmTests
{
    private const double Mac = 0.04, Register = 0.02, Read = 22.9, Write = 52.01;

    // Bits of its widest accesses at l1: 64 elements of 8 bits, 64 sums of 32.
    private const double Elements = 64;

    private static readonly Hierarchy s_hierarchy = new("gemm_l1",
    [
        Memory("l1", default, PerOperand.Of(_ => Keeping.Must)),
        new FabricLevel("places",
            [new("d1", 8, Sharing.None, Sharing.Multicast, Reduction.None), new("d3", 8, Sharing.Multicast, Sharing.None, Reduction.None)]),
        Memory("reg_O", new(null, null, 32), PerOperand.Of(o => o == Operand.Outputs ? Keeping.Must : Keeping.Bypass)),
        new FabricLevel("products", [new("d2", 8, Sharing.None, Sharing.None, Reduction.Tree)]),
        Memory("latches", new(8, 8, null), PerOperand.Of(o => o == Operand.Outputs ? Keeping.Bypass : Keeping.Must)),
    ]);

    private static readonly LoopLayer s_layer = LoopLayer.Gemm("gemm_layer", 1, 128, 128, 128, sharedWeights: true);

    [Test]
    public void ItsGolden()
    {
        string file = Path.Combine(ReferenceData.Shared("reference/timeloop"), "zigzag_shipped_golden.csv");
        string[] golden = File.ReadLines(file).Single(l => l.StartsWith("test_origin,gemm_layer.yaml,gemm_l1,", StringComparison.Ordinal))
            .Split(',');
        double shipped = double.Parse(golden[4], System.Globalization.CultureInfo.InvariantCulture);
        var bag = new DiagnosticBag();
        YamlNode nodes = YamlDocument.Parse("""
            schema: sim.nest/1
            mapping:
              - store activations@l1
              - store weights@l1
              - store outputs@l1
              - for M 16
              - for K 16
              - for N 16
              - spatial M 8 places.d1
              - spatial N 8 places.d3
              - store outputs@reg_O
              - spatial K 8 products.d2
              - store activations@latches
              - store weights@latches
            """, "gemm_l1", bag)!.Root["mapping"]!;
        LoopNest? nest = NestReader.Read(nodes, nodes.Location, s_layer, s_hierarchy, bag);
        Assert.That(bag.ToString(), Is.Empty);
        (double exact, double theirs) = Energy(NestCounts.Of(nest!, s_hierarchy));
        Assert.That(theirs, Is.EqualTo(shipped).Within(1e-6));
        // 64 x 256 registers and 256 tiles of l1 are read before anything is in them.
        Assert.That(theirs - exact, Is.EqualTo(256 * Read + 2 * 16384 * Register).Within(1e-6));

        StoreRate Rate(double read, double write) => new(read, write, write, 1, 8);
        StoreRate l1 = Rate(Read / Elements, Write / Elements);
        MapCosts costs = new([PerOperand.Of(_ => l1), default, PerOperand.Of(_ => Rate(Register, Register)), default, default], l1, Mac,
            DrainReads: true, AddsRead: true);
        MapResult found = MapSearch.Best(new(s_layer, s_hierarchy, costs), MapObjective.Energy)!;
        (double ourExact, double ours) = Energy(found.Counts);
        Assert.That(found.Certificate.IsOptimal);
        Assert.That(found.Cost.Picojoules, Is.EqualTo(ourExact).Within(1e-6));
        Assert.That(ourExact, Is.LessThanOrEqualTo(exact));
        Assert.That(ours, Is.LessThanOrEqualTo(shipped));
        Truth.Checked("Time", "ZigZag's shipped golden gemm_l1, energy", "ZigZag 3.8.5 (3d12a96), tests/main/test_origin", 1,
            Text($"{shipped:F2} pJ: equal by its rules, {exact:F2} by exact counts; our best in any order {ourExact:F2}, ")
            + Text($"{ours:F2} by its rules"));
    }

    private static (double Exact, double Theirs) Energy(NestCounts counts)
    {
        StoreCounts sums = counts.At(Operand.Outputs, 2)!, l1 = counts.At(Operand.Outputs, 0)!;
        long inputs = counts.At(Operand.Activations, 0)!.Reads + counts.At(Operand.Weights, 0)!.Reads;
        double energy = counts.Macs * Mac + inputs / Elements * Read + l1.Updates / Elements * Write
            + (sums.Updates + sums.Writes) * Register;
        return (energy + l1.Reads / Elements * Read + (sums.ReadBackMembers + sums.Updates - sums.Distinct) * Register,
            energy + l1.Updates / Elements * Read + (sums.Writes + sums.Updates) * Register);
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

    private static MemoryLevel Memory(string name, PerOperand<long?> parts, PerOperand<Keeping> keeps) =>
        new(name, name == "l1" ? 4194304 : null, parts, 8, 1, default, null, 0, 0, keeps, default);
}
