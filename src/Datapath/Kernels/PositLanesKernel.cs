using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Posit registers of at most 9 bits, rounded to nearest even after every step, in binary32 lanes; products exact or rounded to the same posit first.
/// Why 24 bits suffice, for a product p of w bits, a register of P, and S = acc + p, 2^e ≤ |S| &lt; 2^(e+1), inexact: an addend's last bit is below 2^(e-23).
/// If it is p's, |p| &lt; 2^(w-24)·|S|, and S and its neighbours lie nearer to acc than any tie, whose distance is 2^-(P+1) of it: acc is
/// the result. If it is acc's, |acc| &lt; 2^(P+e-23) and p may be a tie that acc decides: then p - s is exact, p - s + acc has the sign of what was lost,
/// and a tie goes its way. A product that was rounded to the posit is no tie and needs none of it. Overflow is a sum above the largest posit; a sum that
/// ends on it may have been above it, and is left to the fallback with its tile, as are Inf and NaN.
/// </summary>
internal sealed class PositLanesKernel : TiledKernel
{
    private const int LaneBits = 24, Farthest = 120;

    /// <inheritdoc/>
    public override string Name => "fp32-posit-lanes";

    /// <inheritdoc/>
    private protected override string? RefusesSteps(DatapathSpec spec, ReductionOrder order, int k)
    {
        if (spec.Accumulator is not FloatAccumulator { Format: PositFormat format } acc) return "needs a posit register, rounded every step";
        if (!PositLanes.Takes(format)) return $"{format.Name} is too wide";
        if (acc.Rounding != RoundingMode.NearestEven) return $"rounds to nearest even only, not {acc.Rounding}";
        if (acc.Product is not null && !acc.Product.Equals(format)) return "products are rounded to another format";
        if (OperandRange.Of(spec.Activation) is not { } a || OperandRange.Of(spec.Weight) is not { } b) return "the range of the operands is not known";
        OperandRange product = a * b;
        if (Math.Min(product.Unit, Math.Min(a.Unit, b.Unit)) < -Farthest || Math.Max(product.Top, Math.Max(a.Top, b.Top)) > Farthest) return "products leave the lane's exponents";
        return product.Width + format.Precision > LaneBits - 5 ? $"products of {product.Width} bits may end beside a tie of {format.Name}" : null;
    }

    /// <inheritdoc/>
    public override PackedWeights Pack(DatapathSpec spec, ReductionOrder order, int n, int k, ReadOnlySpan<uint> codes, ReadOnlySpan<int> zeroPoints)
    {
        ReductionOrder canonical = order.Canonical(k);
        // The table of all steps behind takes seconds to make: only when a tile is given up.
        return new TiledWeights<float>(Name, Plan(spec, canonical.Chunk), null, spec, canonical, n, k, codes, zeroPoints, () => KernelCatalogue.SelectAfter(this, spec, canonical, k));
    }

    private static TilePlan<float> Plan(DatapathSpec spec, int chunk)
    {
        var acc = (FloatAccumulator)spec.Accumulator;
        var format = (PositFormat)acc.Format;
        int unit = acc.Product is null ? OperandRange.Of(spec.Activation)!.Value.Unit + OperandRange.Of(spec.Weight)!.Value.Unit : 0;
        // Sums up to the largest posit are multiples of the smallest addend that fit the lane.
        bool exact = format.MaximumExponent < Math.Min(unit, -format.MaximumExponent) + LaneBits;
        if (acc.Product is not null) return new Lanes<Chosen, NotChosen>(spec, format, chunk, exact);
        return exact ? new Lanes<NotChosen, NotChosen>(spec, format, chunk, exact) : new Lanes<NotChosen, Chosen>(spec, format, chunk, exact);
    }

    private sealed class Lanes<TSeparate, TLossy> : TilePlan<float>
        where TSeparate : struct, IChoice
        where TLossy : struct, IChoice
    {
        // Every posit that the lanes take ends above its last 16 bits.
        private const int Unused = 16;

        private readonly OperandDecoder<float> _activations, _weights;
        private readonly PositLanes _posit;
        private readonly ushort[] _codes = new ushort[1 << 31 - Unused];
        private readonly int _chunk, _mask;
        private readonly bool _exact;

        public Lanes(DatapathSpec spec, PositFormat format, int chunk, bool exact)
        {
            (_activations, _weights) = (OperandDecoder<float>.Of(spec.Activation), OperandDecoder<float>.Of(spec.Weight));
            (_posit, _chunk, _mask, _exact) = (new(format), chunk, (1 << format.Bits) - 1, exact);
            for (uint code = 1; code < format.NaRCode; code++) _codes[BitConverter.SingleToInt32Bits(2 * (float)format.Decode(code).ToDouble()) >> Unused] = (ushort)code;
        }

        public override int Rows => LaneTile.Rows;

        public override int Width => 16;

        public override int Steps(int k) => k;

        public override void DecodeActivations(ReadOnlySpan<uint> codes, int zeroPoint, Span<float> values) => _activations.Decode(codes, zeroPoint, 2, values);

        public override void DecodeWeights(ReadOnlySpan<uint> codes, int zeroPoint, Span<float> values) => _weights.Decode(codes, zeroPoint, 1, values);

        public override PanelBounds Bounds(Span<float> panel, int width, bool weights) => RangeProof.Of<float>(panel);

        public override bool Sum(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int rows, int columns, Span<long> results, ref GemmEvents events) => false;

        public override bool Sum(ReadOnlySpan<float> a, ReadOnlySpan<float> b, in PanelBounds activations, in PanelBounds weights, int rows, int columns,
            Span<long> results, ref GemmEvents events)
        {
            if (!double.IsFinite(activations.Largest) || !double.IsFinite(weights.Largest)) return false;
            Span<float> total = stackalloc float[LaneTile.Rows * 16], part = stackalloc float[total.Length];
            Span<int> largest = stackalloc int[total.Length];
            largest.Clear();
            int steps = a.Length / LaneTile.Rows, length = _chunk == 0 ? steps : Math.Min(_chunk, steps);
            PositTile<TSeparate, TLossy>.Sum(ref Chunks.Element(a, 0), ref Chunks.Element(b, 0), length, _posit, ref total[0], ref largest[0]);
            for (int start = length; start < steps; start += length)
            {
                int here = Math.Min(length, steps - start);
                PositTile<TSeparate, TLossy>.Sum(ref Chunks.Element(a, start * LaneTile.Rows), ref Chunks.Element(b, start * 16), here, _posit, ref part[0], ref largest[0]);
                PositTile<TSeparate, TLossy>.Combine(total, part, _posit, largest);
            }
            return Encode(total, largest, rows, columns, results, ref events);
        }

        private bool Encode(ReadOnlySpan<float> total, ReadOnlySpan<int> largest, int rows, int columns, Span<long> results, ref GemmEvents events)
        {
            int overflowed = 0;
            for (int r = 0; r < rows; r++)
            {
                for (int i = r * 16; i < r * 16 + columns; i++)
                {
                    if (largest[i] == _posit.Highest && !_exact) return false;
                    if (largest[i] > _posit.Highest) overflowed++;
                    int bits = BitConverter.SingleToInt32Bits(total[i]), code = _codes[(bits & int.MaxValue) >> Unused];
                    results[i] = (bits < 0 ? -code : code) & _mask;
                }
            }
            events.OverflowedOutputs += overflowed;
            return true;
        }
    }
}
