using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Float accumulators rounded to nearest even after every step, in lanes of a wider float type. Where two roundings would not equal one
/// (<see cref="RoundingProof"/>), float lanes refuse and double lanes round to odd first.
/// </summary>
/// <typeparam name="T">float (W = 24) or double (W = 53).</typeparam>
internal sealed class FloatLanesKernel<T> : TiledKernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private static readonly bool IsSingle = typeof(T) == typeof(float);

    // Significand, exponent just above the largest finite, and exponent of the smallest subnormal of the lane.
    private static readonly int LaneBits = IsSingle ? 24 : 53, LaneTop = IsSingle ? 128 : 1024, LaneUnit = IsSingle ? -149 : -1074;

    /// <inheritdoc/>
    public override string Name => IsSingle ? "fp32-lanes" : "fp64-lanes";

    /// <inheritdoc/>
    private protected override string? RefusesSteps(DatapathSpec spec, ReductionOrder order, int k)
    {
        if (spec.Accumulator is not FloatAccumulator { Format: FloatFormat format } acc) return "needs a float accumulator";
        if (acc.Rounding != RoundingMode.NearestEven) return $"rounds to nearest even only, not {acc.Rounding}";
        if (!format.Subnormals) return "needs an accumulator with subnormals";
        if (OperandRange.Of(spec.Activation) is not { } a
            || OperandRange.Of(spec.Weight) is not { } b) return "the range of the operands is not known";
        if (Math.Max(a.Width, b.Width) > LaneBits) return $"operands do not fit {LaneBits} bits";
        if (Math.Min(a.Unit, b.Unit) < LaneUnit || Math.Max(a.Top, b.Top) > LaneTop) return "operands leave the lane's exponents";
        OperandRange product = a * b;
        bool separate = acc.Product is { } rounded && !IsExactIn(rounded, product);
        if (separate && !(IsSingle && acc.Format.Equals(acc.Product) && product.Width <= LaneBits
            && !IsLane(format))) return $"products are rounded to {acc.Product!.Name}";
        if (IsLane(format)) return null;
        int unit = Math.Min(product.Unit, format.MinimumExponent - format.FractionBits), scale = Scale(format);
        int weightScale = WeightScale(a, scale);
        if (unit + scale < LaneUnit || a.Top + scale - weightScale > LaneTop || b.Top
            + weightScale > LaneTop) return "scaled sums leave the lane's exponents";
        if (format.MinimumExponent - format.FractionBits + scale
            + LaneBits > LaneTop) return "the subnormal grid leaves the lane's exponents";
        // A rounded product has the accumulator's precision and grid, where rounding the sum twice is innocuous.
        if (separate) return LaneBits - format.Precision < format.Precision + 2
            ? $"lanes of {LaneBits} bits leave no room to round to {format.Precision}" : null;
        if (IsSingle) return RoundingProof.Refuses(format, product, order.Canonical(k).Chunk != 0, LaneBits);
        if (LaneBits - format.Precision < format.Precision
            + 2) return $"lanes of {LaneBits} bits leave no room to round to {format.Precision}";
        // A product that overflows the lane only poisons it.
        return product.Width > LaneBits ? "products do not fit the lane" : null;
    }

    /// <inheritdoc/>
    public override PackedWeights Pack(DatapathSpec spec, ReductionOrder order, int n, int k, ReadOnlySpan<uint> codes,
        ReadOnlySpan<int> zeroPoints)
    {
        ReductionOrder canonical = order.Canonical(k);
        IGemmKernel fallback = KernelCatalogue.SelectAfter(this, spec, canonical, k);
        return new TiledWeights<T>(Name, Plan(spec, canonical), fallback, spec, canonical, n, k, codes, zeroPoints);
    }

    private static TilePlan<T> Plan(DatapathSpec spec, ReductionOrder order)
    {
        var format = (FloatFormat)((FloatAccumulator)spec.Accumulator).Format;
        if (!IsLane(format) && !RoundsProducts(spec))
        {
            OperandRange product = OperandRange.Of(spec.Activation)!.Value * OperandRange.Of(spec.Weight)!.Value;
            int scale = Scale(format), unit = format.MinimumExponent - format.FractionBits;
            int weightScale = WeightScale(OperandRange.Of(spec.Activation)!.Value, scale);
            T factor = T.ScaleB(T.One, LaneBits - format.Precision);
            if (RoundingProof.Refuses(format, product, order.Chunk != 0, LaneBits) is not null)
            {
                double grid = Math.ScaleB(1.5, unit + scale + LaneBits - 1);
                return (TilePlan<T>)(object)new OddLanesPlan(spec, format, order, double.CreateChecked(factor), grid, scale, weightScale);
            }
            if (IsSingle && order.Chunk == 0 && product.Unit < unit)
                return (TilePlan<T>)(object)new GridLanesPlan(spec, format, order, float.CreateChecked(factor), unit, scale, weightScale);
        }
        return WithStep(spec, order, new PlanMaker(spec, format, order));
    }

    /// <summary>What a user makes of the step of a datapath that this kernel does not refuse.</summary>
    internal static TResult WithStep<TResult>(DatapathSpec spec, ReductionOrder order, IFloatStepUser<T, TResult> user)
    {
        var format = (FloatFormat)((FloatAccumulator)spec.Accumulator).Format;
        if (IsLane(format)) return user.Use(default(FusedReduction<T>), 0, 0);
        OperandRange product = OperandRange.Of(spec.Activation)!.Value * OperandRange.Of(spec.Weight)!.Value;
        int scale = Scale(format), unit = format.MinimumExponent - format.FractionBits;
        int weightScale = WeightScale(OperandRange.Of(spec.Activation)!.Value, scale);
        T factor = T.ScaleB(T.One, LaneBits - format.Precision), floor = T.ScaleB(T.CreateChecked(1.5), unit + scale + LaneBits - 1);
        if (RoundsProducts(spec)) return user.Use(new SeparateReduction<T>(factor, floor, T.NegativeZero), scale, weightScale);
        if (RoundingProof.Refuses(format, product, order.Chunk != 0, LaneBits) is not null)
        {
            var odd = new OddRoundedReduction(double.CreateChecked(factor), Math.ScaleB(1.5, unit + scale + LaneBits - 1));
            return ((IFloatStepUser<double, TResult>)user).Use(odd, scale, weightScale);
        }
        // Sums that are multiples of the smallest subnormal never need its grid.
        return product.Unit >= unit ? user.Use(new RoundedReduction<T>(factor), scale, weightScale)
            : user.Use(new RoundedSubnormalReduction<T>(factor, floor, T.NegativeZero), scale, weightScale);
    }

    private sealed class PlanMaker(DatapathSpec spec, FloatFormat format, ReductionOrder order) : IFloatStepUser<T, TilePlan<T>>
    {
        public TilePlan<T> Use<TReduction>(TReduction step, int scale, int weightScale)
            where TReduction : struct, IReduction<T> =>
            new FloatLanesPlan<T, TReduction>(spec, format, order, step, scale, weightScale);
    }

    private static bool RoundsProducts(DatapathSpec spec) => ((FloatAccumulator)spec.Accumulator).Product is { } rounded
        && !IsExactIn(rounded, OperandRange.Of(spec.Activation)!.Value * OperandRange.Of(spec.Weight)!.Value);

    // Puts the top binade of the accumulator where 2^(W-p) times a sum overflows the lane (RoundedReduction).
    private static int Scale(FloatFormat format) => Math.Max(0, LaneTop - (LaneBits - format.Precision) - format.Maximum.LeadingExponent);

    // Where activations alone would leave the lane, weights carry half of the scale.
    private static int WeightScale(OperandRange activation, int scale) => activation.Top + scale > LaneTop ? scale / 2 : 0;

    private static bool IsLane(FloatFormat f) => IsSingle && f is { ExponentBits: 8, FractionBits: 23, Bias: 127, Specials: Specials.Ieee };

    private static bool IsExactIn(INumberFormat format, OperandRange product) => format is FloatFormat { Subnormals: true } f
        && product.Width <= f.Precision && product.Top <= f.Maximum.LeadingExponent && product.Unit >= f.MinimumExponent - f.FractionBits;
}
