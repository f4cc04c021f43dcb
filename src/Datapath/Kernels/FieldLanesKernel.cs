using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Multipliers that add the bits of floats (L-Mul, Mitchell, piecewise affine) of operands too long for a product table, into fp32: integer
/// additions of whole patterns (<see cref="FieldTile"/>). The licence is the range of the operands at hand: no sum of patterns leaves the
/// numbers, where the multiplier has rules of its own.
/// </summary>
internal sealed class FieldLanesKernel : TiledKernel
{
    /// <inheritdoc/>
    public override string Name => "fp32-field-lanes";

    /// <inheritdoc/>
    private protected override bool TakesMultipliers => true;

    /// <inheritdoc/>
    private protected override string? RefusesSteps(DatapathSpec spec, ReductionOrder order, int k)
    {
        if (spec.InexactMultiplier is not (LMulMultiplier or MitchellMultiplier
            or PiecewiseAffineMultiplier)) return "needs a multiplier that adds the bits of floats";
        if (ReferenceKernel.RefusesDot(spec, order, k) is { } senseless) return senseless;
        if (!ProductTableKernel.IsSingle(spec.Accumulator)) return "sums in fp32 only, rounded to nearest even";
        if (OperandRange.Of(spec.Activation) is not { } a
            || OperandRange.Of(spec.Weight) is not { } b) return "the range of the operands is not known";
        if (Math.Max(a.Width, b.Width) > 24 || Math.Min(a.Unit, b.Unit) < -149
            || Math.Max(a.Top, b.Top) > 128) return "operands are no fp32 numbers";
        return spec.Multiplier is LMulMultiplier
            && spec.Weight is not FloatFormat { ExponentBits: >= 1 and <= 8, FractionBits: <= 23, Bias: >= 1 and <= 200 }
            ? "codes do not have the fields of a binary32 number" : null;
    }

    /// <inheritdoc/>
    public override PackedWeights Pack(DatapathSpec spec, ReductionOrder order, int n, int k, ReadOnlySpan<uint> codes,
        ReadOnlySpan<int> zeroPoints)
    {
        if (zeroPoints.ContainsAnyExcept(0)) throw new ArgumentException("a multiplier that is not exact takes codes without zero points",
            nameof(zeroPoints));
        ReductionOrder canonical = order.Canonical(k);
        return new TiledWeights<int>(Name, new Plan(spec, canonical.Chunk), KernelCatalogue.SelectAfter(this, spec, canonical, k), spec,
            canonical, n, k, codes, zeroPoints);
    }

    private sealed class Plan : TilePlan<int>
    {
        private const int One = 0x3F80_0000, FirstNormal = 0x0080_0000, Infinity = 0x7F80_0000;

        private readonly OperandDecoder<float>? _activations, _weights;
        private readonly FloatFormat? _fields;
        private readonly int _constant, _scale, _chunk;
        private readonly double _lowest, _highest;

        public Plan(DatapathSpec spec, int chunk)
        {
            _chunk = chunk;
            if (spec.Multiplier is LMulMultiplier lmul)
            {
                // Fields stay at the format's own bias, so its subnormals are subnormals; z corrects the bias.
                FloatFormat format = _fields = (FloatFormat)spec.Weight;
                int fraction = format.FractionBits;
                _constant = (format.Bias << 23) - (1 << 23 - lmul.OffsetFor(fraction));
                _scale = BitConverter.SingleToInt32Bits((float)Math.ScaleB(1, 127 - format.Bias));
                (_lowest, _highest) = (double.NegativeInfinity, (double)format.MaximumCode * (1 << 23 - fraction));
                return;
            }
            _activations = OperandDecoder<float>.Of(spec.Activation);
            _weights = OperandDecoder<float>.Of(spec.Weight);
            _scale = One;
            _constant = One;
            (_lowest, _highest) = (FirstNormal, Infinity - 1);
            if (spec.Multiplier is not PiecewiseAffineMultiplier affine) return;
            // The exact product is not below the sum of the patterns, and less than 9/8 of it: within its limits with them.
            _constant = One - affine.Offset;
            (_lowest, _highest) = (BitConverter.SingleToInt32Bits(1.1e-37f) + Math.Abs((double)affine.Offset),
                BitConverter.SingleToInt32Bits(8e36f) - Math.Abs((double)affine.Offset));
        }

        public override int Rows => LaneTile.Rows;

        public override int Width => LaneTile.Width<int>();

        public override int Steps(int k) => checked(2 * k);

        public override void DecodeActivations(ReadOnlySpan<uint> codes, int zeroPoint, Span<int> values) =>
            Decode(_activations, codes, zeroPoint, values);

        public override void DecodeWeights(ReadOnlySpan<uint> codes, int zeroPoint, Span<int> values) =>
            Decode(_weights, codes, zeroPoint, values);

        public override PanelBounds Bounds(Span<int> panel, int width, bool weights)
        {
            bool lanes = width == Width;
            int most = 0, least = int.MaxValue;
            for (int s = 0; s < panel.Length; s += 2 * width)
            {
                Span<int> magnitudes = panel.Slice(s, width), signs = panel.Slice(s + width, width);
                for (int i = 0; i < width; i++)
                {
                    int magnitude = magnitudes[i];
                    most = Math.Max(most, magnitude);
                    if (magnitude != 0) least = Math.Min(least, magnitude);
                    if (lanes) magnitudes[i] = magnitude == 0 ? int.MinValue : magnitude - _constant;
                    else signs[i] = magnitude == 0 ? 0 : _scale | signs[i];
                }
            }
            // A pattern that is no normal number is no logarithm.
            bool outside = _fields is null && (most >= Infinity || least < FirstNormal);
            return new(outside ? double.PositiveInfinity : most, least == int.MaxValue ? double.PositiveInfinity : least, 0);
        }

        public override bool Sum(ReadOnlySpan<int> a, ReadOnlySpan<int> b, in PanelBounds activations, in PanelBounds weights, int rows,
            int columns, Span<long> results,
            ref GemmEvents events)
        {
            if (activations.Largest + weights.Largest - _constant > _highest || activations.Smallest
                + weights.Smallest - _constant < _lowest) return false;
            int steps = a.Length / (2 * Rows), length = _chunk == 0 ? steps : _chunk;
            Span<float> total = stackalloc float[LaneTile.Rows * 32], part = stackalloc float[total.Length];
            FieldTile.Sum(ref Chunks.Element(a, 0), ref Chunks.Element(b, 0), Math.Min(length, steps), ref total[0]);
            for (int start = length; start < steps; start += length)
            {
                FieldTile.Sum(ref Chunks.Element(a, start * 2 * Rows), ref Chunks.Element(b, start * 2 * Width),
                    Math.Min(length, steps - start), ref part[0]);
                for (int i = 0; i < total.Length; i++) total[i] += part[i];
            }
            // A sum that overflowed: the reference tells how.
            if (!Finite.All(total[..(rows * Width)])) return false;
            for (int i = 0; i < rows * Width; i++) results[i] = BitConverter.SingleToUInt32Bits(total[i]);
            return true;
        }

        // Magnitude pattern and sign bit of every code, side by side.
        private void Decode(OperandDecoder<float>? decoder, ReadOnlySpan<uint> codes, int zeroPoint, Span<int> values)
        {
            if (zeroPoint != 0) throw new ArgumentException("a multiplier that is not exact takes codes without zero points",
                nameof(zeroPoint));
            if (decoder is not null)
            {
                float[] numbers = Scratch<float>.Rent(codes.Length);
                decoder.Decode(codes, 0, 1, numbers);
                for (int i = 0; i < codes.Length; i++) Put(values, i, BitConverter.SingleToUInt32Bits(numbers[i]) & int.MaxValue,
                    BitConverter.SingleToUInt32Bits(numbers[i]) >> 31);
                Scratch<float>.Return(numbers);
                return;
            }
            (int fraction, int sign) = (_fields!.FractionBits, _fields.Bits - 1);
            for (int i = 0; i < codes.Length; i++)
            {
                uint magnitude = codes[i] & (1u << sign) - 1;
                // Subnormal operands count as zero.
                Put(values, i, magnitude >> fraction == 0 ? 0 : magnitude << 23 - fraction, codes[i] >> sign);
            }
        }

        private static void Put(Span<int> values, int index, uint magnitude, uint negative) =>
            (values[2 * index], values[2 * index + 1]) = unchecked(((int)magnitude, (int)(negative << 31)));
    }
}
