using System.Runtime.CompilerServices;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Float accumulators rounded towards zero after every step, in float lanes: cutting to 24 bits and then to p is cutting to p. Operands are
/// scaled so that a sum that could overflow is at least 2, which a watch sees; such a tile, or one with Inf or NaN, goes to the fallback.
/// </summary>
internal sealed class TruncatedLanesKernel : TiledKernel
{
    private const int LaneBits = 24;

    /// <inheritdoc/>
    public override string Name => "fp32-truncated-lanes";

    /// <inheritdoc/>
    private protected override string? RefusesSteps(DatapathSpec spec, ReductionOrder order, int k)
    {
        if (spec.Accumulator is not FloatAccumulator
            { Format: FloatFormat { Subnormals: true } format } acc) return "needs a float accumulator with subnormals";
        if (acc.Rounding != RoundingMode.ToZero) return $"rounds to zero only, not {acc.Rounding}";
        if (acc.Product is not null) return "products are rounded by themselves";
        if (order.Canonical(k).Chunk != 0) return "chunks are not watched";
        if (format.Precision > LaneBits) return $"{format.Name} is wider than the lanes";
        if (OperandRange.Of(spec.Activation) is not { } a
            || OperandRange.Of(spec.Weight) is not { } b) return "the range of the operands is not known";
        if (Math.Max(a.Width, b.Width) > LaneBits) return $"operands do not fit {LaneBits} bits";
        if ((a * b).Unit < format.MinimumExponent - format.FractionBits) return "sums need the subnormal grid of the accumulator";
        int scale = Scale(format, a * b);
        // Nothing in the lane is subnormal: neither an operand nor a sum.
        return Math.Min((a * b).Unit + scale, Math.Min(a.Unit + scale, b.Unit)) < -126 || Math.Max(a.Top + scale, b.Top) > 127
            ? "sums leave the lane's exponents" : null;
    }

    /// <inheritdoc/>
    public override PackedWeights Pack(DatapathSpec spec, ReductionOrder order, int n, int k, ReadOnlySpan<uint> codes,
        ReadOnlySpan<int> zeroPoints)
    {
        ReductionOrder canonical = order.Canonical(k);
        return new TiledWeights<float>(Name, new Plan(spec), KernelCatalogue.SelectAfter(this, spec, canonical, k), spec, canonical, n, k,
            codes, zeroPoints);
    }

    // Sums below the top binade of the accumulator cannot overflow; no cut sum passes 2^(Top+p), whose unit is more than any product.
    private static int Scale(FloatFormat format, OperandRange product) =>
        1 - Math.Min(format.Maximum.LeadingExponent, product.Top + format.Precision + 1);

    private sealed class Plan : TilePlan<float>
    {
        private readonly OperandDecoder<float> _activations, _weights;
        private readonly FloatLaneEncoder<float> _encoder;
        private readonly TruncatedReduction _reduction;
        private readonly float _scale;

        public Plan(DatapathSpec spec)
        {
            var format = (FloatFormat)((FloatAccumulator)spec.Accumulator).Format;
            int scale = Scale(format, OperandRange.Of(spec.Activation)!.Value * OperandRange.Of(spec.Weight)!.Value);
            _activations = OperandDecoder<float>.Of(spec.Activation);
            _weights = OperandDecoder<float>.Of(spec.Weight);
            _encoder = new(format, scale);
            _reduction = new(LaneBits - format.Precision);
            _scale = MathF.ScaleB(1, scale);
        }

        public override int Rows => LaneTile.Rows;

        public override int Width => LaneTile.Width<float>();

        public override int Steps(int k) => k;

        public override void DecodeActivations(ReadOnlySpan<uint> codes, int zeroPoint, Span<float> values) =>
            _activations.Decode(codes, zeroPoint, _scale, values);

        public override void DecodeWeights(ReadOnlySpan<uint> codes, int zeroPoint, Span<float> values) =>
            _weights.Decode(codes, zeroPoint, 1, values);

        [SkipLocalsInit]
        public override bool Sum(ReadOnlySpan<float> a, ReadOnlySpan<float> b, in PanelBounds activations, in PanelBounds weights,
            int rows, int columns,
            Span<long> results, ref GemmEvents events)
        {
            Span<float> total = stackalloc float[LaneTile.Rows * 32];
            if (!Watch.Passes(LaneTile.Sum(ref Chunks.Element(a, 0), ref Chunks.Element(b, 0), a.Length / LaneTile.Rows, _reduction,
                _reduction, default(LargeWatch),
                ref Unsafe.NullRef<float>(), ref total[0]))) return false;
            _encoder.Encode(total[..(rows * Width)], results);
            return true;
        }
    }
}
