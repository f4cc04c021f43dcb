using System.Collections.Immutable;
using System.Runtime.Intrinsics;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels.Systolic;

/// <summary>What a grid is asked for.</summary>
internal sealed record GridRequest(DatapathSpec Spec, ReductionOrder Order, GridShape Shape, GridOperands Operands, int Outputs)
{
    /// <summary>Whether zero points lie in their formats' ranges, as every proof supposes.</summary>
    public bool ZeroPointsFit => ZeroPoints.Fit(Spec.Activation, Operands.ActivationZeroPoint)
        && ZeroPoints.Fit(Spec.Weight, Operands.WeightZeroPoints.AsSpan());

    /// <summary>Products are exact and join the register one by one.</summary>
    public bool StepsProducts => Spec.Dot is null && Spec.InexactMultiplier is null && ZeroPointsFit;

    /// <summary>Whether a kernel's exactness condition holds.</summary>
    public bool Holds(IGemmKernel kernel) => StepsProducts && kernel.Refuses(Spec, Order, Operands.K) is null;
}

/// <summary>Every grid, fastest first: null where its condition does not hold.</summary>
internal static class GridCatalogue
{
    private static readonly ImmutableArray<Func<GridRequest, PeGrid?>> All =
    [
        PlainIntegers, Register<int>, Register<long>, Floats<float>, Floats<double>, WatchedFloats, Fixed, Exact<float>, Exact<double>,
        r => new ScalarGrid(r),
    ];

    public static PeGrid Create(DatapathSpec spec, ReductionOrder order, GridShape shape, GridOperands operands, int outputs, int attempt)
    {
        var request = new GridRequest(spec, order.Canonical(operands.K), shape, operands, outputs);
        foreach (Func<GridRequest, PeGrid?> create in All)
            if (create(request) is { } grid && attempt-- == 0) return grid;
        throw new InvalidOperationException("the reference grid computes everything");
    }

    // No partial sum, in any order, leaves the register or 32 bits.
    private static LaneGrid<int, UntrackedStep<int, PlainReduction<int>>>? PlainIntegers(GridRequest r)
    {
        if (!r.StepsProducts || r.Spec.Accumulator is not IntegerAccumulator acc) return null;
        if (r.Spec is not { Activation: FixedFormat { Fraction: 0, Bits: <= 16 } a, Weight: FixedFormat { Fraction: 0, Bits: <= 16 } w })
            return null;
        Int128 largest = Largest(a) * Largest(w) * r.Operands.K;
        return largest >= Int128.One << Math.Min(acc.Bits, 32) - 1 ? null
            : new(r.Shape, new IntegerValues<int>("int32 lanes, proved", a, w), new(default), r.Operands, r.Outputs);

        static Int128 Largest(FixedFormat f) => Int128.Max(f.MaximumInteger, -(Int128)f.MinimumInteger) + Int128.Max(f.MaximumInteger,
            -(Int128)f.MinimumInteger);
    }

    private static LaneGrid<T, TrackedStep<T, RegisterReduction<T>>>? Register<T>(GridRequest r)
        where T : unmanaged, System.Numerics.IBinaryInteger<T>
    {
        if (!r.Holds(new IntegerLanesKernel<T>())) return null;
        var acc = (IntegerAccumulator)r.Spec.Accumulator;
        long maximum = long.MaxValue >> 64 - acc.Bits;
        var step = new RegisterReduction<T>(acc.Bits, T.CreateChecked(-maximum - 1), T.CreateChecked(maximum), acc.Overflow);
        string name = $"int{8 * System.Runtime.CompilerServices.Unsafe.SizeOf<T>()} lanes";
        return new(r.Shape, new IntegerValues<T>(name, (FixedFormat)r.Spec.Activation, (FixedFormat)r.Spec.Weight), new(step), r.Operands,
            r.Outputs);
    }

    private static PeGrid? Floats<T>(GridRequest r)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T> =>
        r.Holds(new FloatLanesKernel<T>()) ? FloatLanesKernel<T>.WithStep(r.Spec, r.Order, new FloatGrid<T>(r)) : null;

    private sealed class FloatGrid<T>(GridRequest r) : IFloatStepUser<T, PeGrid>
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        public PeGrid Use<TReduction>(TReduction step, int scale, int weightScale)
            where TReduction : struct, IReduction<T> =>
            new LaneGrid<T, UntrackedStep<T, TReduction>>(r.Shape, new FloatValues<T>(r.Spec, scale, weightScale), new(step), r.Operands,
                r.Outputs);
    }

    private static LaneGrid<double, TrackedStep<double, OddReduction>>? WatchedFloats(GridRequest r)
    {
        if (!r.Holds(new OddLanesKernel())) return null;
        var acc = (FloatAccumulator)r.Spec.Accumulator;
        LaneRounding? product = acc.Product is FloatFormat p ? new LaneRounding(p, acc.Rounding, acc.Overflow) : null;
        var step = new OddReduction(new((FloatFormat)acc.Format, acc.Rounding, acc.Overflow), product, acc.Rounding == RoundingMode.Down);
        return new(r.Shape, new WatchedValues(r.Spec), new(step), r.Operands, r.Outputs);
    }

    private static LaneGrid<double, TrackedStep<double, GridReduction>>? Fixed(GridRequest r)
    {
        // A register has no Inf and no NaN, so operands must not either.
        if (!r.Holds(new FixedLanesKernel()) || !IsFinite(r.Spec.Activation) || !IsFinite(r.Spec.Weight)) return null;
        var acc = (FixedAccumulator)r.Spec.Accumulator;
        return new(r.Shape, new FixedValues(r.Spec), new(new GridReduction(acc.Bits, acc.Overflow, acc.Rounding)), r.Operands, r.Outputs);

        static bool IsFinite(INumberFormat format) => format is FixedFormat or FloatFormat { HasNaN: false, HasInfinity: false };
    }

    private static LaneGrid<T, UntrackedStep<T, FusedReduction<T>>>? Exact<T>(GridRequest r)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T> =>
        r.Holds(new ExactLanesKernel<T>()) ? new(r.Shape, new ExactValues<T>(r.Spec), new(default), r.Operands, r.Outputs) : null;
}
