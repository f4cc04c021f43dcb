using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// IEEE float accumulators of at most 11 bits that overflow, in float lanes: what <see cref="FloatLanesKernel{T}"/> hands over to when sums
/// come near the largest finite. Only for sums that never need the accumulator's subnormal grid; tiles with Inf or NaN operands go to the
/// fallback.
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
        if (spec.Accumulator is not FloatAccumulator
            { Format: FloatFormat { Specials: Specials.Ieee, Subnormals: true } format } acc) return "needs an IEEE float accumulator";
        if (acc.Rounding != RoundingMode.NearestEven
            || acc.Overflow != OverflowPolicy.Ieee) return "rounds to nearest even and overflows to Inf only";
        if (acc.Product is not null) return "products are rounded by themselves";
        if (OperandRange.Of(spec.Activation) is not { } a
            || OperandRange.Of(spec.Weight) is not { } b) return "the range of the operands is not known";
        OperandRange product = a * b;
        int scale = Scale(format), unit = format.MinimumExponent - format.FractionBits;
        if (product.Unit < unit) return "sums need the subnormal grid of the accumulator";
        if (scale < 0 || Math.Max(a.Top + scale, b.Top) > 128 || Math.Max(a.Width, b.Width) > 24) return "operands leave the lane";
        if (Math.Min(unit + scale, b.Unit) < -126) return "sums leave the lane's normal numbers";
        return RoundingProof.Refuses(format, product, order.Canonical(k).Chunk != 0, 24);
    }

    /// <inheritdoc/>
    public override PackedWeights Pack(DatapathSpec spec, ReductionOrder order, int n, int k, ReadOnlySpan<uint> codes,
        ReadOnlySpan<int> zeroPoints)
    {
        ReductionOrder canonical = order.Canonical(k);
        return new TiledWeights<float>(Name, new Plan(spec, canonical), KernelCatalogue.SelectAfter(this, spec, canonical, k), spec,
            canonical, n, k, codes, zeroPoints);
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

        public override void DecodeActivations(ReadOnlySpan<uint> codes, int zeroPoint, Span<float> values) =>
            _activations.Decode(codes, zeroPoint, _scale, values);

        public override void DecodeWeights(ReadOnlySpan<uint> codes, int zeroPoint, Span<float> values) =>
            _weights.Decode(codes, zeroPoint, 1, values);

        public override PanelBounds Bounds(Span<float> panel, int width, bool weights) => new(Finite.All(panel) ? 0 : double.NaN, 0, 0);

        [SkipLocalsInit]
        public override bool Sum(ReadOnlySpan<float> a, ReadOnlySpan<float> b, in PanelBounds activations, in PanelBounds weights,
            int rows, int columns,
            Span<long> results, ref GemmEvents events)
        {
            Span<float> total = stackalloc float[LaneTile.Rows * 32];
            Chunks.Sum(a, b, _chunk, _reduction, total);
            _encoder.Encode(total, results);
            if (Finite.All(total)) return true;
            // From finite operands Inf comes by overflow alone, and NaN from chunks that overflowed to both sides.
            if (double.IsNaN(activations.Largest) || double.IsNaN(weights.Largest)) return false;
            for (int r = 0; r < rows; r++)
            {
                for (int half = 0; half < 2; half++)
                {
                    int at = r * Width + half * 16;
                    ulong lanes = (1ul << Math.Clamp(columns - half * 16, 0, 16)) - 1;
                    Specials(Vector512.Create(total[at..]), results.Slice(at, 16), lanes, ref events);
                }
            }
            return true;
        }

        // Puts the codes of the lanes that are not finite in place and counts those of them that are not padding.
        private void Specials(Vector512<float> sums, Span<long> results, ulong lanes, ref GemmEvents events)
        {
            Vector512<uint> exponent = Vector512.Create(0x7F80_0000u), bits = sums.AsUInt32();
            Vector512<uint> special = Vector512.Equals(bits & exponent, exponent), number = Vector512.Equals(sums, sums).AsUInt32();
            ulong found = special.ExtractMostSignificantBits() & lanes;
            if (found == 0) return;
            events.OverflowedOutputs += BitOperations.PopCount(found);
            events.NaNOutputs += BitOperations.PopCount(found & ~number.ExtractMostSignificantBits());
            Vector512<uint> sign = (bits >>> 31) * Vector512.Create((uint)_sign);
            Vector512<uint> codes = Vector512.ConditionalSelect(number, Vector512.Create((uint)_infinity) | sign,
                Vector512.Create((uint)_nan));
            (Vector512<ulong> low, Vector512<ulong> high) = Vector512.Widen(codes);
            (Vector512<long> lowSpecial, Vector512<long> highSpecial) = Vector512.Widen(special.AsInt32());
            Vector512.ConditionalSelect(lowSpecial, low.AsInt64(), Vector512.Create<long>(results)).CopyTo(results);
            Vector512.ConditionalSelect(highSpecial, high.AsInt64(), Vector512.Create<long>(results[8..])).CopyTo(results[8..]);
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
