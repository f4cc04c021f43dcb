using System.Numerics;
using System.Runtime.Intrinsics;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Exact accumulators whose every partial sum fits the significand of the lane: plain fused multiply-add never rounds, in any order, and
/// the one rounding into the output follows.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed class ExactLanesKernel<T> : TiledKernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private static readonly bool IsSingle = typeof(T) == typeof(float);
    private static readonly int LaneBits = IsSingle ? 24 : 53, LaneTop = IsSingle ? 127 : 1023, LaneUnit = IsSingle ? -149 : -1074;

    /// <inheritdoc/>
    public override string Name => IsSingle ? "fp32-exact-lanes" : "fp64-exact-lanes";

    /// <inheritdoc/>
    private protected override string? RefusesSteps(DatapathSpec spec, ReductionOrder order, int k)
    {
        if (spec.Accumulator is not ExactAccumulator acc) return "needs an exact accumulator";
        if (acc.Quire is { } quire && !quire.Holds(spec.Activation, spec.Weight, k)) return "a sum may leave the quire";
        if (acc.Rounding == RoundingMode.Stochastic) return "stochastic rounding is not vectorised";
        if (OperandRange.Of(spec.Activation) is not { } a
            || OperandRange.Of(spec.Weight) is not { } b) return "the range of the operands is not known";
        OperandRange product = a * b;
        int top = product.Top + 64 - BitOperations.LeadingZeroCount((ulong)k);
        if (top - product.Unit > LaneBits) return $"sums need {top - product.Unit} bits, lanes have {LaneBits}";
        return top > LaneTop || Math.Min(product.Unit, Math.Min(a.Unit, b.Unit)) < LaneUnit ? "sums leave the lane's exponents" : null;
    }

    /// <inheritdoc/>
    public override PackedWeights Pack(DatapathSpec spec, ReductionOrder order, int n, int k, ReadOnlySpan<uint> codes,
        ReadOnlySpan<int> zeroPoints) =>
        new TiledWeights<T>(Name, new Plan(spec), KernelCatalogue.SelectAfter(this, spec, order, k), spec, order.Canonical(k), n, k, codes,
            zeroPoints);

    private sealed class Plan : TilePlan<T>
    {
        private readonly OperandDecoder<T> _activations, _weights;
        private readonly ExactOutput _output;

        public Plan(DatapathSpec spec)
        {
            _activations = OperandDecoder<T>.Of(spec.Activation);
            _weights = OperandDecoder<T>.Of(spec.Weight);
            _output = new((ExactAccumulator)spec.Accumulator);
        }

        public override int Rows => LaneTile.Rows;

        public override int Width => LaneTile.Width<T>();

        public override int Steps(int k) => k;

        public override void DecodeActivations(ReadOnlySpan<uint> codes, int zeroPoint, Span<T> values) =>
            _activations.Decode(codes, zeroPoint, T.One, values);

        public override void DecodeWeights(ReadOnlySpan<uint> codes, int zeroPoint, Span<T> values) =>
            _weights.Decode(codes, zeroPoint, T.One, values);

        public override bool Sum(ReadOnlySpan<T> a, ReadOnlySpan<T> b, in PanelBounds activations, in PanelBounds weights, int rows,
            int columns,
            Span<long> results, ref GemmEvents events)
        {
            Span<T> total = stackalloc T[LaneTile.Rows * LaneTile.Width<T>()];
            Chunks.Sum(a, b, 0, default(FusedReduction<T>), total);
            Span<double> sums = stackalloc double[total.Length];
            for (int i = 0; i < total.Length; i++) sums[i] = double.CreateTruncating(total[i]);
            for (int r = 0; r < rows; r++)
            {
                foreach (double sum in sums.Slice(r * Width, columns))
                    if (!double.IsFinite(sum)) return false;
            }
            _output.Encode(sums, Width, rows, columns, results, ref events);
            return true;
        }
    }
}
