using System.Buffers;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// The meaning of a datapath, one product at a time through <see cref="Exact"/> and <see cref="Rounder"/>; slow, and obviously right.
/// Every output starts at +0 (integer 0) and takes the products in the order of <see cref="ReductionOrder"/>:
/// <list type="bullet">
/// <item><b>Integer, fixed:</b> the exact product is rounded to the register's grid by itself (always exact for integers), added to the
/// register exactly, and the sum is then wrapped or saturated. A product of Inf counts as the register's end of that sign; a NaN product
/// adds nothing.</item>
/// <item><b>Float, fused:</b> acc ← R(acc + a·b), one rounding; zeros sign themselves as IEEE 754 §6.3 says, so +0 + -0 is +0 unless
/// rounding down.</item>
/// <item><b>Float, separate:</b> acc ← R(acc + R_product(a·b)), both with the same rounding mode and overflow policy.</item>
/// <item><b>Exact:</b> no rounding, whatever the order; at the end one rounding into Output. An exact sum of zero is +0. Inf - Inf is
/// NaN.</item>
/// <item><b>Quire:</b> the same in a register of stated width; a sum that leaves it overflows and is NaR from then on.</item>
/// </list>
/// <see cref="PromotedAccumulator"/>, <see cref="CompensatedAccumulator"/>, <see cref="MultiComponentAccumulator"/>,
/// <see cref="LogAccumulator"/> and <see cref="NormalizingAccumulator"/> say their own steps.
/// With a <see cref="DotUnitSpec"/>, a step takes as many products as the unit has lanes, by the unit's own rule.
/// Where the datapath has a <see cref="MultiplierSpec"/> that is not exact, its product stands in place of a·b.
/// Adding a chunk's result to the running total is one step without a product (exact register: exact). A NaN operand or an invalid step
/// gives the one code that the accumulator's format has for <see cref="Exact.NaN"/>; an overflow in a format without Inf gives the NaN of
/// its sign.
/// Events, counted once an output: Overflowed when a step (or the final rounding of an exact
/// register) raised Overflow, i.e. a two's complement sum left the register (or met Inf), a sum or separately rounded product went beyond
/// the largest finite, or an Inf was clipped or has no code; NaN when the output is NaN or a NaN was lost in a register that has no NaN.
/// </summary>
public sealed class ReferenceKernel : IGemmKernel
{
    /// <inheritdoc/>
    public string Name => "reference";

    /// <summary>null when the datapath means something; else what is wrong with it.</summary>
    public string? Refuses(DatapathSpec spec, ReductionOrder order, int k) => RefusesDot(spec, order, k);

    /// <summary>null when dot products through the datapath mean something; else what is wrong with it.</summary>
    public static string? RefusesDot(DatapathSpec spec, ReductionOrder order, int k) => spec.Accumulator switch
    {
        _ when spec.Dot?.Refuses(spec.Accumulator) is { } reason => reason,
        _ when order.Nested is { } nested && nested.Sequence.Length != k =>
            $"an order of {nested.Sequence.Length} products does not sum {k}",
        _ when order.Nested is { } nested && nested.Lanes != spec.Lanes =>
            $"an order for {nested.Lanes} lanes does not sum on a unit with {spec.Lanes}",
        _ when order.Nested is not null && spec.Dot is { Segment: > 0 } =>
            "operands in blocks that share a scale are summed in whole blocks, not in an order of single products",
        LogAccumulator when order.Chunk < 0 => $"a reduction chunk of {order.Chunk} products is negative",
        LogAccumulator l => l.Refuses(spec),
        _ when spec.Multiplier is not (TableMultiplier or LogMultiplier)
            && (spec.Weight is ICodeArithmetic || spec.Activation is ICodeArithmetic) =>
            $"products of {spec.Activation.Name} and {spec.Weight.Name} need a logarithmic multiplier (kind log) or a table",
        FloatAccumulator { Format: ICodeArithmetic } or FloatAccumulator { Product: ICodeArithmetic }
            or ExactAccumulator { Output: ICodeArithmetic } =>
            "a register of logarithms has no step of its own",
        _ when RefusesMultiplier(spec) is { } reason => reason,
        _ when spec.Dot is { Segment: > 0 } blocks && order.Canonical(k).Chunk % (blocks.Segment + 1) != 0 =>
            $"a reduction chunk must hold whole blocks of {blocks.Segment} products",
        _ when order.Chunk < 0 => $"a reduction chunk of {order.Chunk} products is negative",
        IntegerAccumulator i when i.Bits is < 2 or > 64 => $"an integer accumulator has 2 to 64 bits, found {i.Bits}",
        IntegerAccumulator when !IsInteger(spec.Weight) || !IsInteger(spec.Activation) =>
            $"an integer accumulator needs integer operands, found {spec.Weight.Name} and {spec.Activation.Name}",
        FixedAccumulator f when f.Bits is < 2 or > 64 => $"a fixed-point accumulator has 2 to 64 bits, found {f.Bits}",
        FixedAccumulator { Rounding: RoundingMode.Stochastic } or FloatAccumulator { Rounding: RoundingMode.Stochastic } or
            ExactAccumulator { Rounding: RoundingMode.Stochastic } =>
                "stochastic rounding needs random bits, which an accumulator does not carry",
        CompensatedAccumulator { Rounding: RoundingMode.Stochastic } =>
            "stochastic rounding needs random bits, which an accumulator does not carry",
        PromotedAccumulator p => p.Refuses(spec.Lanes),
        NormalizingAccumulator n => n.Refuses(),
        MultiComponentAccumulator m => m.Refuses(),
        ExactAccumulator { Quire: { } quire } => quire.Refuses(spec.Activation, spec.Weight),
        _ => null,
    };

    /// <inheritdoc/>
    public void Run(DatapathSpec spec, ReductionOrder order, in GemmOperands operands, Span<long> result, ref GemmEvents events)
    {
        Demand(spec, order, operands.K);
        int m = operands.M, n = operands.N, k = operands.K;
        if (result.Length != m * n) throw new ArgumentException($"{m}×{n} results do not fit a span of {result.Length}", nameof(result));
        if (!operands.ZeroPointsB.IsEmpty && operands.ZeroPointsB.Length != n)
            throw new ArgumentException($"{operands.ZeroPointsB.Length} weight zero points for {n} outputs", nameof(operands));
        if (spec.InexactMultiplier is not null)
        {
            ReferenceProducts.Run(spec, order.Canonical(k), operands, result, ref events);
            return;
        }
        var a = new Exact[m * k];
        var b = new Exact[n * k];
        if (spec.Dot is { Segment: > 0 } blocks)
        {
            if (operands.ZeroPointA != 0 || operands.ZeroPointsB.IndexOfAnyExcept(0)
                >= 0) throw new ArgumentException("operands in blocks take no zero points", nameof(operands));
            for (int row = 0; row < m; row++) ReferenceBlockRegister.Decode(spec.Activation, blocks.ActivationScale, blocks.Segment,
                operands.A.Slice(row * k, k), a.AsSpan(row * k, k));
            for (int row = 0; row < n; row++) ReferenceBlockRegister.Decode(spec.Weight, blocks.WeightScale, blocks.Segment,
                operands.B.Slice(row * k, k), b.AsSpan(row * k, k));
        }
        else
        {
            for (int i = 0; i < a.Length; i++) a[i] = Decode(spec.Activation, operands.A[i], operands.ZeroPointA);
            for (int i = 0; i < b.Length; i++) b[i] = Decode(spec.Weight, operands.B[i], operands.ZeroPointsB.IsEmpty ? 0
                : operands.ZeroPointsB[i / k]);
        }
        var sum = new ReferenceSum(spec, order.Canonical(k));
        for (int row = 0; row < m; row++)
        {
            for (int column = 0; column < n; column++)
            {
                sum.Run(a.AsSpan(row * k, k), b.AsSpan(column * k, k));
                result[row * n + column] = sum.Total.Finish();
                Count(sum.Total, ref events);
            }
        }
    }

    /// <summary>
    /// One dot product that starts at <paramref name="initial"/> in place of +0 and takes the products in order: the two's complement bits
    /// of an integer or fixed register, else a code of the accumulator's format (of an exact register's output format).
    /// </summary>
    /// <exception cref="ArgumentException">The datapath has no meaning (<see cref="Refuses"/>) or the operands differ in
    /// length.</exception>
    public static long Dot(DatapathSpec spec, ulong initial, ReadOnlySpan<uint> a, ReadOnlySpan<uint> b, ref GemmEvents events) =>
        Dot(spec, initial, [], [], a, b, ref events);

    /// <summary>The same with the scale codes of the operands' blocks, one for each block begun; empty for a datapath without
    /// scales.</summary>
    /// <exception cref="ArgumentException">As above, or the scales are not as many as the blocks.</exception>
    public static long Dot(DatapathSpec spec, ulong initial, ReadOnlySpan<uint> scalesA, ReadOnlySpan<uint> scalesB, ReadOnlySpan<uint> a,
        ReadOnlySpan<uint> b, ref GemmEvents events)
    {
        if (RefusesDot(spec, ReductionOrder.Sequential, a.Length) is { } reason) throw new ArgumentException(reason, nameof(spec));
        if (a.Length != b.Length) throw new ArgumentException($"{a.Length} activations and {b.Length} weights", nameof(b));
        if (spec.Dot is { Segment: > 0 } unit) return BlockDot(spec, unit, initial, scalesA, scalesB, a, b, ref events);
        if (!scalesA.IsEmpty || !scalesB.IsEmpty) throw new ArgumentException($"{scalesA.Length} and {scalesB.Length} scales for operands without blocks", nameof(scalesA));
        ReferenceRegister register = ReferenceRegister.For(spec);
        register.Clear();
        register.Load(initial);
        // Rented: proofs replay a sum for each output channel of a network.
        Exact[] x = ArrayPool<Exact>.Shared.Rent(a.Length), y = ArrayPool<Exact>.Shared.Rent(a.Length);
        for (int i = 0; i < a.Length; i++)
            (x[i], y[i]) = spec.InexactMultiplier is null ? (spec.Activation.Decode(a[i]), spec.Weight.Decode(b[i]))
                : (ReferenceProducts.Of(spec, a[i], b[i]), ReferenceProducts.One);
        register.MultiplyAdd(x.AsSpan(0, a.Length), y.AsSpan(0, a.Length));
        ArrayPool<Exact>.Shared.Return(x);
        ArrayPool<Exact>.Shared.Return(y);
        long result = register.Finish();
        Count(register, ref events);
        return result;
    }

    private static long BlockDot(DatapathSpec spec, DotUnitSpec unit, ulong initial, ReadOnlySpan<uint> scalesA,
        ReadOnlySpan<uint> scalesB, ReadOnlySpan<uint> a,
        ReadOnlySpan<uint> b, ref GemmEvents events)
    {
        ReferenceRegister register = ReferenceRegister.For(spec);
        register.Clear();
        register.Load(initial);
        var x = new Exact[unit.RowCodes(a.Length)];
        var y = new Exact[x.Length];
        ReferenceBlockRegister.Decode(spec.Activation, unit.ActivationScale, unit.Segment,
            BlockRows.Join(unit, spec.ActivationBlocks, scalesA, a), x);
        ReferenceBlockRegister.Decode(spec.Weight, unit.WeightScale, unit.Segment, BlockRows.Join(unit, spec.WeightBlocks, scalesB, b), y);
        register.MultiplyAdd(x, y);
        long result = register.Finish();
        Count(register, ref events);
        return result;
    }

    internal static void Count(ReferenceRegister register, ref GemmEvents events)
    {
        events.Outputs++;
        if (register.Overflowed) events.OverflowedOutputs++;
        if (register.IsNaN || register.LostNaN) events.NaNOutputs++;
    }

    private static void Demand(DatapathSpec spec, ReductionOrder order, int k)
    {
        if (new ReferenceKernel().Refuses(spec, order, k) is { } reason) throw new ArgumentException(reason, nameof(spec));
    }

    private static string? RefusesMultiplier(DatapathSpec spec)
    {
        if (spec.Multiplier is not { } multiplier) return null;
        if (multiplier.Refuses(spec.Activation, spec.Weight) is { } reason) return reason;
        if (multiplier is ExactMultiplier exact)
            return spec.Dot is null ? exact.RefusesAccumulator(spec.Accumulator)
                : $"a dot unit has multipliers of its own, none of kind {multiplier.Kind}";
        if (spec.Dot is not null) return $"a dot unit aligns exact products, not those of a multiplier of kind {multiplier.Kind}";
        if (spec.Accumulator is NormalizingAccumulator) return $"an unnormalized accumulator places exact products, not those of a multiplier of kind {multiplier.Kind}";
        if (spec.Accumulator is ExactAccumulator
            { Quire: not null }) return $"a quire is sized for exact products, not those of a multiplier of kind {multiplier.Kind}";
        if (spec.Accumulator is IntegerAccumulator && multiplier is LogMultiplier) return "an integer accumulator needs integer operands";
        return spec.Accumulator is IntegerAccumulator && multiplier is TableMultiplier table && table.Products.Any(p => p != MathF.Floor(p))
            ? "an integer accumulator needs a table of integer products" : null;
    }

    private static bool IsInteger(INumberFormat format) => format is FixedFormat { Fraction: 0 };

    internal static Exact Decode(INumberFormat format, uint code, int zeroPoint)
    {
        if (zeroPoint == 0) return format.Decode(code);
        if (format is not FixedFormat
            { Fraction: 0 } integer) throw new ArgumentException($"a zero point needs an integer format, found {format.Name}");
        return Exact.Integer(integer.ToInteger(code) - zeroPoint);
    }
}
