using Sim.Datapath.Formats;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Tests.Kernels;

/// <summary>Datapaths with multipliers that are not exact: every kind into fp32, exact and integer registers.</summary>
internal static class InexactCases
{
    public static IEnumerable<DatapathSpec> Specs()
    {
        foreach (DatapathSpec spec in Multiplied())
        {
            yield return spec with { Accumulator = Fp32() };
            yield return spec with { Accumulator = Fp32(OverflowPolicy.Saturate) };
            foreach (string output in new[] { "fp32", "bf16", "e4m3", "e2m1", "e5m2fnuz", "posit16_1" })
                yield return spec with { Accumulator = new ExactAccumulator(Format(output), RoundingMode.NearestEven, OverflowPolicy.Ieee)
                    };
            yield return spec with { Accumulator = new ExactAccumulator(Format("fp16"), RoundingMode.ToOdd, OverflowPolicy.Saturate) };
        }
        foreach (DatapathSpec spec in Fields())
        {
            yield return spec;
            yield return spec with { Accumulator = Fp32(OverflowPolicy.Saturate) };
        }
        // Tables of integers: asymmetric, one-sided, of short codes, and large enough for many bytes.
        foreach ((string a, string w, Func<int, int, float> product) in new (string, string, Func<int, int, float>)[]
            { ("int8", "int8", (x, y) => (x * y) & ~15), ("int8", "uint8", (x, y) => x * y + (x ^ y)),
                ("int4", "int8", (x, y) => 3 * x - y), ("int8", "int3", (x, y) => x * y * 1023f) })
        {
            DatapathSpec spec = new($"table {a}×{w}", Format(w), Format(a), Fp32())
                { Multiplier = Table((FixedFormat)Format(a), (FixedFormat)Format(w), product) };
            yield return spec;
            yield return spec with { Accumulator = new IntegerAccumulator(40, RegisterOverflow.Saturate) };
            yield return spec with { Accumulator = new IntegerAccumulator(32, RegisterOverflow.Wrap) };
            yield return spec with { Accumulator = new ExactAccumulator(Format("fp16"), RoundingMode.NearestEven, OverflowPolicy.Ieee) };
        }
    }

    // Operands too long for a table, whose patterns are added.
    private static IEnumerable<DatapathSpec> Fields()
    {
        foreach (string name in new[] { "bf16", "fp16", "tf32", "fp32", "e8m13" }) yield return Of(name, name, new LMulMultiplier());
        yield return Of("fp16", "fp16", new LMulMultiplier(1));
        foreach ((string a, string w) in new[] { ("bf16", "bf16"), ("fp16", "e4m3"), ("fp32", "fp32"), ("int16", "bf16"),
            ("tf32", "int4") }) yield return Of(a, w, new MitchellMultiplier());
        foreach (int offset in new[] { 0, 1000, -7 }) yield return Of("fp32", "fp32", new PiecewiseAffineMultiplier(offset));
    }

    private static IEnumerable<DatapathSpec> Multiplied()
    {
        foreach (string name in new[] { "e4m3", "e5m2", "e4m3fnuz", "e3m4" }) yield return Of(name, name, new LMulMultiplier());
        foreach ((string a, string w) in new[] { ("e4m3", "e4m3"), ("e5m2", "e4m3"), ("posit8_1", "e2m1"),
            ("int8", "int8") }) yield return Of(a, w, new MitchellMultiplier());
        foreach ((string a, string w) in new[] { ("lns8_3", "lns8_3"), ("lns7_2", "lns8_2"), ("lns8_4", "lns6_4") })
            foreach (LogMultiplier log in new[]
                { new LogMultiplier(16, 2), new LogMultiplier(7, null), new LogMultiplier(LogMultiplier.MostBits, null) })
                yield return Of(a, w, log);
        yield return Of("e4m3", "q2.6", new TruncatedMultiplier(3, 5));
    }

    private static DatapathSpec Of(string a, string w, MultiplierSpec multiplier) =>
        new($"{a}×{w} {multiplier}", Format(w), Format(a), Fp32()) { Multiplier = multiplier };

    private static TableMultiplier Table(FixedFormat a, FixedFormat w, Func<int, int, float> product) =>
        new(a.Bits, w.Bits, [.. Enumerable.Range(0, 1 << a.Bits + w.Bits)
            .Select(i => product((int)a.ToInteger((uint)(i >> w.Bits)), (int)w.ToInteger((uint)i & (1u << w.Bits) - 1)))]);

    private static FloatAccumulator Fp32(OverflowPolicy overflow = OverflowPolicy.Ieee) =>
        new(Format("fp32"), RoundingMode.NearestEven, overflow);

    private static INumberFormat Format(string name) => FormatCatalogue.Parse(name);
}
