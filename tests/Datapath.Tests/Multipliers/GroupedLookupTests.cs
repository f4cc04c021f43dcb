using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;
using Sim.Datapath.Structures;
using Sim.Tests;

namespace Sim.Datapath.Tests.Multipliers;

/// <summary>The algorithm of lookup-table PEs (arXiv 2407.00088 §3, arXiv 2408.06003 §3) in plain integers gives the datapath's sums;
/// tables and cycles are those of the papers.</summary>
public sealed class GroupedLookupTests
{
    [Test]
    public void TablesGiveTheExactSums()
    {
        var random = new Random(2407);
        int dots = 0;
        foreach (string weight in new[] { "int1", "int2", "int3", "int4", "int8", "uint2", "uint4" })
            foreach (string activation in new[] { "int8", "uint8", "int16" })
                foreach (int group in new[] { 1, 2, 4, 5 })
                    foreach (bool symmetric in new[] { false, true })
                    {
                        if (!FormatCatalogue.TryParse(weight, out INumberFormat? w, out _)) continue;
                        INumberFormat a = FormatCatalogue.Parse(activation);
                        var spec = new DatapathSpec("lut", w, a, new IntegerAccumulator(32, RegisterOverflow.Wrap))
                            { Multiplier = new GroupedLookupMultiplier(group, symmetric, 4) };
                        for (int dot = 0; dot < 25; dot++, dots++)
                        {
                            int count = random.Next(1, 30);
                            uint[] x = [.. Enumerable.Range(0, count).Select(_ => (uint)random.Next(1 << a.Bits))],
                                y = [.. Enumerable.Range(0, count).Select(_ => (uint)random.Next(1 << w.Bits))];
                            GemmEvents events = default;
                            long found = ReferenceKernel.Dot(spec, 0, x, y, ref events);
                            Assert.That(found, Is.EqualTo(Sum([.. x.Select(c => Word(activation, c, a.Bits))], y, w.Bits, weight[0] == 'i',
                                group, symmetric)), $"{activation} × {weight}, groups of {group}, symmetric {symmetric}");
                        }
                    }
        Assert.That(dots, Is.GreaterThanOrEqualTo(6 * 3 * 4 * 2 * 25));
        Truth.Checked("Numbers", "Grouped lookup tables", "bit-plane algorithm of arXiv 2407.00088 and 2408.06003 in integers", dots,
            "equal");
    }

    [TestCase(2, 4, 1)]
    [TestCase(4, 4, 1)]
    [TestCase(8, 4, 2)]
    [TestCase(4, 1, 4)]
    public void CyclesAreBitPlanesOverTheGroup(int bits, int group, int cycles) =>
        Assert.That(new GroupedLookupMultiplier(group).CyclesPerMac(FormatCatalogue.Parse("int8"), FormatCatalogue.Parse($"int{bits}")),
            Is.EqualTo(cycles));

    [Test]
    public void TablesHaveTheirSizes()
    {
        // Four int8 activations: sums of 10 bits, 16 words, 8 of them stored when symmetric, shared by the PEs that read them.
        OperandShape a = FormatCatalogue.Parse("int8").Shape, w = FormatCatalogue.Parse("int2").Shape;
        Assert.That(new GroupedLookupMultiplier(4, false).Registers(a, w).RegisterBits, Is.EqualTo(160));
        Assert.That(new GroupedLookupMultiplier(4, true).Registers(a, w).RegisterBits, Is.EqualTo(80));
        Assert.That(new GroupedLookupMultiplier(4, true, 16).Registers(a, w).RegisterBits, Is.EqualTo(5));
        Structure read = new GroupedLookupMultiplier(4, true, 16).Logic(a, w);
        Assert.That(read.Items.Where(i => i.Primitive.Kind == PrimitiveKind.Mux).Sum(i => i.Count), Is.EqualTo(7));
    }

    [Test]
    public void WhatDoesNotFitIsRefused()
    {
        INumberFormat int8 = FormatCatalogue.Parse("int8"), e4m3 = FormatCatalogue.Parse("e4m3");
        Assert.That(new GroupedLookupMultiplier().Refuses(e4m3, int8), Does.Contain("integers or fixed-point"));
        Assert.That(new GroupedLookupMultiplier(9).Refuses(int8, int8), Does.Contain("1 to 8 activations"));
        Assert.That(new GroupedLookupMultiplier().RefusesAccumulator(new IntegerAccumulator(24, RegisterOverflow.Saturate)),
            Does.Contain("wraps"));
        Assert.That(new GroupedLookupMultiplier().RefusesAccumulator(new IntegerAccumulator(24, RegisterOverflow.Wrap)), Is.Null);
    }

    // A group of weights as bit planes: each plane's bits are the address of the sum of the activations that they choose.
    private static long Sum(long[] x, uint[] y, int bits, bool signed, int group, bool symmetric)
    {
        long total = 0;
        for (int start = 0; start < x.Length; start += group)
        {
            int count = Math.Min(group, x.Length - start);
            long doubled = 0;
            var table = new long[1 << count];
            for (int address = 0; address < table.Length; address++)
                for (int i = 0; i < count; i++) table[address] += (address >> i & 1) != 0 ? x[start + i] : symmetric ? -x[start + i] : 0;
            for (int plane = 0; plane < bits; plane++)
            {
                int address = Enumerable.Range(0, count).Sum(i => (int)(y[start + i] >> plane & 1) << i), half = table.Length / 2;
                // Half a table: a set top bit reads the complement and negates.
                long entry = !symmetric ? table[address] : address < half ? table[address] : -table[table.Length - 1 - address];
                doubled += (signed && plane == bits - 1 ? -entry : entry) << plane;
            }
            // Σ c_j·s_j is 2w + 1 in two's complement and 2w - (2^bits - 1) unsigned.
            long activations = x.Skip(start).Take(count).Sum();
            total += !symmetric ? doubled : (doubled + (signed ? -activations : ((1L << bits) - 1) * activations)) / 2;
        }
        return total;
    }

    private static long Word(string name, uint code, int bits) =>
        name[0] == 'u' || code >> bits - 1 == 0 ? code : (long)code - (1L << bits);
}
