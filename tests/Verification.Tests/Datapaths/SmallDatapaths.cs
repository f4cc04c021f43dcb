using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;

namespace Sim.Verification.Tests.Datapaths;

/// <summary>Datapaths so small that every short sum can be tried, and all their sums through the reference kernel beside their exact sums
/// in binary64.</summary>
internal static class SmallDatapaths
{
    /// <summary>One sum: what the register holds (NaN when it is no number), the exact sum, whether anything overflowed or became
    /// NaN.</summary>
    internal readonly record struct Sum(int[] Products, double Held, double Exact, bool Failed);

    /// <summary>Operand formats, registers and units in every combination that means something.</summary>
    internal static IEnumerable<DatapathSpec> All()
    {
        (string A, string W)[] operands = [("e2m1", "e2m1"), ("e3m2", "e2m1"), ("int4", "int4"), ("int4", "uint3"),
            ("posit4_0", "posit4_0"), ("posit5_1", "posit4_0"), ("posit6_1", "posit6_1")];
        AccumulatorSpec[] registers =
        [
            Float("e3m2"), Float("e4m3"), Float("e3m4"), Float("e5m2"), Float("fp16"), Float("posit6_1"), Float("posit8_1"),
                Float("posit16_1"),
            Float("e4m3", RoundingMode.ToZero), Float("e5m2", RoundingMode.Up), Float("e3m4", RoundingMode.NearestAway),
                Float("e4m3", RoundingMode.Down, OverflowPolicy.Saturate),
            new FloatAccumulator(Format("fp16"), RoundingMode.NearestEven, OverflowPolicy.Ieee, Format("e5m2")),
            new FixedAccumulator(6, 2, RegisterOverflow.Saturate, RoundingMode.NearestEven),
                new FixedAccumulator(9, 3, RegisterOverflow.Wrap, RoundingMode.Down),
                new FixedAccumulator(12, 6, RegisterOverflow.Wrap, RoundingMode.Up),
            new IntegerAccumulator(7, RegisterOverflow.Wrap), new IntegerAccumulator(8, RegisterOverflow.Saturate),
                new IntegerAccumulator(9, RegisterOverflow.Wrap),
            new ExactAccumulator(Format("e4m3"), RoundingMode.NearestEven, OverflowPolicy.Ieee),
                new ExactAccumulator(Format("fp16"), RoundingMode.ToZero, OverflowPolicy.Ieee),
            new PromotedAccumulator(Float("e4m3"), 2, Float("fp16")),
        ];
        foreach ((string a, string w) in operands)
            foreach (AccumulatorSpec register in registers)
                foreach (DotUnitSpec? unit in Units)
                {
                    var spec = new DatapathSpec($"{a} x {w} into {register} by {unit}", Format(w), Format(a), register) { Dot = unit };
                    if (ReferenceKernel.RefusesDot(spec, ReductionOrder.Sequential, 2) is null) yield return spec;
                }
    }

    private static readonly DotUnitSpec?[] Units =
    [
        null, new AlignedDotUnit(2, 3), new AlignedDotUnit(2, null), new AlignedDotUnit(3, 4, RoundingMode.Down),
            new AlignedDotUnit(2, 2, RoundingMode.NearestEven, LeastExponent: 2),
        new AdderTreeDotUnit(2, Format("e5m2"), RoundingMode.NearestEven), new AlignedSumDotUnit(2, 3, Format("e5m2"), RoundingMode.ToZero),
        new AlignedSumDotUnit(3, null, Format("e4m3"), RoundingMode.NearestEven), new RealignedDotUnit(2, 3, 1, 4, 2),
            new RealignedDotUnit(3, 2, 2, 5, 3, 2),
    ];

    /// <summary>One pair of codes for every number that a product of finite operands can be (and, aligned, for every exponent that it can
    /// have).</summary>
    internal static (uint A, uint W, double Value)[] Products(DatapathSpec spec) =>
    [
        .. from a in Codes(spec.Activation) from w in Codes(spec.Weight)
           let value = spec.Activation.Decode(a).ToDouble() * spec.Weight.Decode(w).ToDouble()
           group (a, w, value) by (value, spec.Dot is AlignedDotUnit or AlignedSumDotUnit or RealignedDotUnit ? Binade(spec.Activation, a)
               + Binade(spec.Weight, w) : 0) into same
           select same.First(),
    ];

    /// <summary>Every sum of exactly <paramref name="terms"/> products, each from the list.</summary>
    internal static IEnumerable<Sum> Sums(DatapathSpec spec, (uint A, uint W, double Value)[] products, int terms)
    {
        var index = new int[terms];
        var a = new uint[terms];
        var w = new uint[terms];
        while (true)
        {
            double exact = 0;
            for (int i = 0; i < terms; i++)
            {
                (a[i], w[i]) = (products[index[i]].A, products[index[i]].W);
                exact += products[index[i]].Value;
            }
            GemmEvents events = default;
            long result = ReferenceKernel.Dot(spec, 0, a, w, ref events);
            double held = Held(spec.Accumulator, result);
            yield return new([.. index], held, exact, events.OverflowedOutputs + events.NaNOutputs > 0 || !double.IsFinite(held));
            int at = terms - 1;
            while (at >= 0 && ++index[at] == products.Length) index[at--] = 0;
            if (at < 0) yield break;
        }
    }

    internal static FloatAccumulator Float(string format, RoundingMode rounding = RoundingMode.NearestEven,
        OverflowPolicy overflow = OverflowPolicy.Ieee) => new(Format(format), rounding, overflow);

    internal static INumberFormat Format(string name) => FormatCatalogue.Parse(name);

    internal static double Held(AccumulatorSpec accumulator, long result) => accumulator switch
    {
        IntegerAccumulator => result,
        FixedAccumulator f => result * Math.ScaleB(1, -f.Fraction),
        FloatAccumulator f => f.Format.Decode((uint)result).ToDouble(),
        ExactAccumulator e => e.Output.Decode((uint)result).ToDouble(),
        _ => accumulator.ResultFormat!.Decode((uint)result).ToDouble(),
    };

    internal static int Binade(INumberFormat format, uint code) => format.Decode(code) is { Class: NumberClass.Finite } v
        ? format is FloatFormat f ? v.Exponent + f.FractionBits : format is FixedFormat ? format.Maximum.LeadingExponent
        : v.LeadingExponent : 0;

    private static IEnumerable<uint> Codes(INumberFormat format) => Enumerable.Range(0, 1 << format.Bits).Select(c => (uint)c)
        .Where(c => format.Decode(c).Class is NumberClass.Zero or NumberClass.Finite);
}
