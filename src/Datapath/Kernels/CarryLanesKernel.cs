using System.Runtime.Intrinsics;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// IEEE float accumulators of at most 11 bits that overflow, in float lanes: what <see cref="FloatLanesKernel{T}"/> hands over to when sums come
/// near the largest finite. Only for sums that never need the accumulator's subnormal grid; tiles with Inf or NaN operands go to the fallback.
/// </summary>
internal sealed class CarryLanesKernel : TiledKernel
{
    /// <inheritdoc/>
    public override string Name => "fp32-carry-lanes";

    /// <inheritdoc/>
    internal override bool TakesOver => true;

    /// <inheritdoc/>
    private protected override string? RefusesSteps(DatapathSpec spec, ReductionOrder order, int k)
    {
        if (spec.Accumulator is not FloatAccumulator { Format: FloatFormat { Specials: Specials.Ieee, Subnormals: true } format } acc) return "needs an IEEE float accumulator";
        if (acc.Rounding != RoundingMode.NearestEven || acc.Overflow != OverflowPolicy.Ieee) return "rounds to nearest even and overflows to Inf only";
        if (acc.Product is not null) return "products are rounded by themselves";
        if (OperandRange.Of(spec.Activation) is not { } a || OperandRange.Of(spec.Weight) is not { } b) return "the range of the operands is not known";
        OperandRange product = a * b;
        int scale = Scale(format), unit = format.MinimumExponent - format.FractionBits;
        if (product.Unit < unit) return "sums need the subnormal grid of the accumulator";
        if (scale < 0 || Math.Max(a.Top + scale, b.Top) > 128 || Math.Max(a.Width, b.Width) > 24) return "operands leave the lane";
        if (Math.Min(unit + scale, b.Unit) < -126) return "sums leave the lane's normal numbers";
        return RoundingProof.Refuses(format, product, order.Canonical(k).Chunk != 0, 24);
    }

    /// <inheritdoc/>
    public override PackedWeights Pack(DatapathSpec spec, ReductionOrder order, int n, int k, ReadOnlySpan<uint> codes, ReadOnlySpan<int> zeroPoints)
    {
        ReductionOrder canonical = order.Canonical(k);
        return new TiledWeights<float>(Name, new Plan(spec, canonical), KernelCatalogue.SelectAfter(this, spec, canonical, k), spec, canonical, n, k, codes, zeroPoints);
    }

    // The largest finite of the accumulator in the top binade of the lane.
    private static int Scale(FloatFormat format) => 127 - format.Maximum.LeadingExponent;

    private sealed class Plan : TilePlan<float>
    {
        private readonly OperandDecoder<float> _activations, _weights;
        private readonly CarryReduction _reduction;
        private readonly FloatLaneEncoder<float> _encoder;
        private readonly float _scale;
        private readonly long _infinity, _nan, _sign;
        private readonly int _chunk;

        public Plan(DatapathSpec spec, ReductionOrder order)
        {
            var format = (FloatFormat)((FloatAccumulator)spec.Accumulator).Format;
            _activations = OperandDecoder<float>.Of(spec.Activation);
            _weights = OperandDecoder<float>.Of(spec.Weight);
            _reduction = new(24 - format.Precision);
            _encoder = new(format, Scale(format));
            _scale = (float)Math.ScaleB(1, Scale(format));
            _infinity = format.Encode(Exact.Infinity(), Rounding.NearestEven, out _);
            _nan = format.Encode(Exact.NaN, Rounding.NearestEven, out _);
            _sign = 1L << format.Bits - 1;
            _chunk = order.Chunk;
        }

        public override int Rows => LaneTile.Rows;

        public override int Width => LaneTile.Width<float>();

        public override int Steps(int k) => k;

        public override void DecodeActivations(ReadOnlySpan<uint> codes, int zeroPoint, Span<float> values) => _activations.Decode(codes, zeroPoint, _scale, values);

        public override void DecodeWeights(ReadOnlySpan<uint> codes, int zeroPoint, Span<float> values) => _weights.Decode(codes, zeroPoint, 1, values);

        public override bool Sum(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int rows, int columns, Span<long> results, ref GemmEvents events)
        {
            Span<float> total = stackalloc float[LaneTile.Rows * 32];
            Chunks.Sum(a, b, _chunk, _reduction, total);
            _encoder.Encode(total, results);
            if (Finite.All(total)) return true;
            // From finite operands Inf comes by overflow alone, and NaN from chunks that overflowed to both sides.
            if (!Finite.All(a) || !Finite.All(b)) return false;
            for (int r = 0; r < rows; r++)
            {
                for (int i = r * Width; i < r * Width + columns; i++)
                {
                    if (float.IsFinite(total[i])) continue;
                    events.OverflowedOutputs++;
                    if (float.IsNaN(total[i])) events.NaNOutputs++;
                    results[i] = float.IsNaN(total[i]) ? _nan : float.IsNegative(total[i]) ? _infinity | _sign : _infinity;
                }
            }
            return true;
        }
    }
}

/// <summary>Whether all of many floats are finite.</summary>
internal static class Finite
{
    public static bool All(ReadOnlySpan<float> values)
    {
        // The exponent field of Inf and NaN is all ones. Lengths are whole vectors of 8.
        Vector256<uint> exponent = Vector256.Create(0x7F80_0000u), bad = Vector256<uint>.Zero;
        for (int i = 0; i < values.Length; i += Vector256<float>.Count)
            bad |= Vector256.Equals(Vector256.Create(values[i..]).AsUInt32() & exponent, exponent);
        return bad == Vector256<uint>.Zero;
    }
}
