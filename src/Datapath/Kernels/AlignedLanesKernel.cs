using System.Numerics;
using System.Runtime.Intrinsics;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Aligned dot units that truncate, into an fp32 register that truncates or, behind the sum, rounds to nearest even, in float lanes
/// (<see cref="AlignedTile"/>). Exact where products and units of alignment are normal floats and sums do not overflow; formats that reach
/// further (bf16, tf32) are checked tile by tile, and tiles outside go to the reference.
/// </summary>
internal sealed class AlignedLanesKernel : TiledKernel
{
    /// <inheritdoc/>
    public override string Name => "fp32-aligned-lanes";

    private protected override bool SumsDotUnits => true;

    /// <inheritdoc/>
    private protected override string? RefusesSteps(DatapathSpec spec, ReductionOrder order, int k)
    {
        if (spec.Dot?.Refuses(spec.Accumulator) is { } reason) return reason;
        if (order.Chunk < 0) return "a reduction chunk is negative";
        if (Rule.Of(spec) is not { } rule) return "needs a unit that aligns and truncates without scales, with an fp32 register that truncates, or one behind the sum that rounds to nearest even";
        // Where tiles are summed, the largest exponent of terms is at least that of the smallest normal number.
        if (rule.Least > -126) return $"aligns to exponents of {rule.Least} at least";
        if (rule.Fraction < 2 || (long)spec.Lanes << rule.Fraction
            + 2 > 1L << 31) return $"{spec.Lanes} products of {rule.Fraction} fraction bits do not fit int32 sums";
        foreach (INumberFormat format in new[] { spec.Activation, spec.Weight })
            if (format is not FloatFormat { FractionBits: <= 11, ExponentBits: <= 8 } f || f.MinimumExponent - f.FractionBits < -149
                || f.Maximum.LeadingExponent > 127)
                return $"products of {format.Name} are not exact in floats";
        return null;
    }

    /// <inheritdoc/>
    public override PackedWeights Pack(DatapathSpec spec, ReductionOrder order, int n, int k, ReadOnlySpan<uint> codes,
        ReadOnlySpan<int> zeroPoints) =>
        new TiledWeights<float>(Name, new Plan(spec, order.Canonical(k), k), KernelCatalogue.SelectAfter(this, spec, order, k), spec,
            order.Canonical(k), n, k, codes, zeroPoints);

    private static bool IsBinary32(FloatFormat f) =>
        f is { ExponentBits: 8, FractionBits: 23, Bias: 127, Specials: Specials.Ieee, Subnormals: true };

    // What a step of the two kinds of unit has in common; the fraction bits of its result, and whether the register stays outside the sum.
    private readonly record struct Rule(int Fraction, int ResultFraction, bool IsOutside, int? Least)
    {
        public static Rule? Of(DatapathSpec spec)
        {
            if (spec.Accumulator is not FloatAccumulator { Overflow: OverflowPolicy.Ieee, Product: null, Format: FloatFormat register } acc
                || !IsBinary32(register)) return null;
            return (spec.Dot, acc.Rounding) switch
            {
                (AlignedDotUnit { Alignment: RoundingMode.ToZero, Scales: null, Fraction: { } f } u, RoundingMode.ToZero) when (u.Result
                    ?? register) is FloatFormat r && IsShort(r) =>
                    new(f, r.FractionBits, false, u.LeastExponent),
                (AlignedSumDotUnit { Alignment: RoundingMode.ToZero, SumRounding: RoundingMode.ToZero, Fraction: { } f,
                    Sum: FloatFormat r } u, RoundingMode.NearestEven) when IsShort(r) =>
                    new(f, r.FractionBits, true, u.LeastExponent),
                _ => null,
            };
        }

        private static bool IsShort(FloatFormat f) =>
            f is { ExponentBits: 8, Bias: 127, FractionBits: <= 23, Specials: Specials.Ieee, Subnormals: true };
    }

    private sealed class Plan : TilePlan<float>
    {
        private readonly AlignedTile _tile;
        private readonly OperandDecoder<float> _activations, _weights;
        private readonly float _leastActivation, _leastWeight, _leastProduct, _largestProduct;
        private readonly int _lanes, _chunk;
        private readonly bool _alwaysFits;

        public Plan(DatapathSpec spec, ReductionOrder order, int k)
        {
            Rule rule = Rule.Of(spec)!.Value;
            (_lanes, _chunk) = (spec.Lanes, order.Chunk);
            _tile = new(rule.Fraction, -1 << 23 - rule.ResultFraction, rule.IsOutside);
            (_activations, _weights) = (OperandDecoder<float>.Of(spec.Activation), OperandDecoder<float>.Of(spec.Weight));
            FloatFormat a = (FloatFormat)spec.Activation, b = (FloatFormat)spec.Weight;
            (_leastActivation, _leastWeight) = (MathF.ScaleB(1, a.MinimumExponent), MathF.ScaleB(1, b.MinimumExponent));
            // Results are multiples of 2^(E-F) ≥ least·2^-F; sums of k products stay below 2^125.
            int least = -126 + rule.Fraction, room = 125 - 64 + BitOperations.LeadingZeroCount((ulong)k + 1);
            (_leastProduct, _largestProduct) = (MathF.ScaleB(1, least), MathF.ScaleB(1, room));
            _alwaysFits = a.MinimumExponent - a.FractionBits + b.MinimumExponent - b.FractionBits >= least && a.Maximum.LeadingExponent
                + b.Maximum.LeadingExponent + 2 <= room;
        }

        public override int Rows => LaneTile.Rows;

        public override int Width => 32;

        public override int Steps(int k) => 2 * k;

        public override void DecodeActivations(ReadOnlySpan<uint> codes, int zeroPoint, Span<float> values) =>
            Decode(_activations, codes, zeroPoint, _leastActivation, values);

        public override void DecodeWeights(ReadOnlySpan<uint> codes, int zeroPoint, Span<float> values) =>
            Decode(_weights, codes, zeroPoint, _leastWeight, values);

        public override bool Sum(ReadOnlySpan<float> a, ReadOnlySpan<float> b, in PanelBounds activations, in PanelBounds weights,
            int rows, int columns,
            Span<long> results, ref GemmEvents events)
        {
            if (!Fits(a, b)) return false;
            int k = a.Length / (2 * Rows), chunk = _chunk == 0 ? k : _chunk;
            Span<float> total = stackalloc float[Rows * 32], part = stackalloc float[Rows * 32];
            total.Clear();
            for (int start = 0; start < k; start += chunk)
            {
                Span<float> sum = start == 0 ? total : part;
                sum.Clear();
                int end = Math.Min(start + chunk, k);
                for (int first = start; first < end; first += _lanes)
                    _tile.Step(ref Chunks.Element(a, first * 2 * Rows), ref Chunks.Element(b, first * 64), Math.Min(_lanes, end - first),
                        ref sum[0]);
                if (start != 0) _tile.Combine(total, part);
            }
            for (int i = 0; i < total.Length; i++) results[i] = BitConverter.SingleToUInt32Bits(total[i]);
            return true;
        }

        // Pairs of value and power of its binade; 0 and 0 for zero. Inf and NaN have an infinite power.
        private static void Decode(OperandDecoder<float> decoder, ReadOnlySpan<uint> codes, int zeroPoint, float least, Span<float> pairs)
        {
            Span<float> values = pairs[codes.Length..];
            decoder.Decode(codes, zeroPoint, 1, values);
            for (int i = 0; i < codes.Length; i++)
            {
                float value = values[i];
                pairs[2 * i] = value;
                pairs[2 * i + 1] = value == 0 ? 0
                    : MathF.Max(BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(value) & 0x7f80_0000), least);
            }
        }

        private bool Fits(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
        {
            if (_alwaysFits) return Finite.All(a) && Finite.All(b);
            (float leastA, float largestA) = Range(a);
            (float leastB, float largestB) = Range(b);
            // Also false for NaN. The product of the largest may be infinite, that of the least zero.
            return leastA * leastB >= _leastProduct && largestA * largestB * 4 <= _largestProduct;
        }

        // Least magnitude that is not zero, and the largest; a subnormal operand's value lies below its power and counts.
        private static (float Least, float Largest) Range(ReadOnlySpan<float> values)
        {
            Vector256<float> least = Vector256.Create(1f), largest = Vector256.Create(1f);
            for (int i = 0; i < values.Length; i += Vector256<float>.Count)
            {
                Vector256<float> magnitude = Vector256.Abs(Vector256.Create(values[i..]));
                largest = Vector256.Max(largest, magnitude);
                least = Vector256.Min(least, Vector256.ConditionalSelect(Vector256.Equals(magnitude, Vector256<float>.Zero), least,
                    magnitude));
            }
            float low = 1, high = 1;
            for (int i = 0; i < Vector256<float>.Count; i++) (low, high) = (MathF.Min(low, least[i]), MathF.Max(high, largest[i]));
            return (low, high);
        }
    }
}
