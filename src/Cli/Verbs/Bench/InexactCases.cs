using System.Collections.Immutable;
using Sim.Datapath.Specs;
using static Sim.Cli.Verbs.Bench.GemmBenchmark;

namespace Sim.Cli.Verbs.Bench;

/// <summary>Matrix products whose multiplier is not exact.</summary>
internal static class InexactCases
{
    private const double Goal = 0.15;

    private static readonly ExactAccumulator Exact = new(Format("fp32"), RoundingMode.NearestEven, OverflowPolicy.Ieee);

    /// <summary>The cases.</summary>
    public static ImmutableArray<Case> All { get; } =
    [
        Of("e4m3", "L-Mul", new LMulMultiplier(), Float("fp32"), "fp32"),
        Of("e5m2", "L-Mul", new LMulMultiplier(), Float("fp32"), "fp32"),
        Of("e4m3", "Mitchell", new MitchellMultiplier(), Float("fp32"), "fp32"),
        Of("lns8_3", "table", new LogMultiplier(16, 3), Float("fp32"), "fp32"),
        Of("lns8_3", "Mitchell hybrid", new LogMultiplier(16, 1), Float("fp32"), "fp32"),
        Of("int8", "product table", IntegerTable(), Float("fp32"), "fp32", 40),
        Of("int8", "product table", IntegerTable(), new IntegerAccumulator(32, RegisterOverflow.Wrap), "int32", 40),
        Of("e4m3", "L-Mul", new LMulMultiplier(), Exact, "exact, then fp32"),
        Of("e5m2", "L-Mul", new LMulMultiplier(), Exact, "exact, then fp32"),
        Of("lns8_3", "table", new LogMultiplier(16, 3), Exact, "exact bins, then fp32"),
        Of("bf16", "L-Mul", new LMulMultiplier(), Float("fp32"), "fp32"),
        Of("fp16", "L-Mul", new LMulMultiplier(), Float("fp32"), "fp32"),
        Of("bf16", "Mitchell", new MitchellMultiplier(), Float("fp32"), "fp32"),
        Of("fp32", "piecewise affine", new PiecewiseAffineMultiplier(), Float("fp32"), "fp32"),
    ];

    private static Case Of(string operands, string multiplier, MultiplierSpec spec, AccumulatorSpec accumulator, string register,
        double deviation = 1.5) =>
        new(operands, accumulator, Goal, deviation, $"{operands} {multiplier} → {register}") { Multiplier = spec };

    // As a published approximate multiplier comes: the exact product without its four lowest bits.
    private static TableMultiplier IntegerTable() =>
        new(8, 8, [.. Enumerable.Range(0, 1 << 16).Select(i => (float)(unchecked((sbyte)(i >> 8) * (sbyte)i) & ~15))]);
}
