using System.Numerics;
using System.Runtime.Intrinsics;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Integer sums that no order can make overflow, two products a lane and step. The licence is a bound: K times the largest product fits the
/// register, or else, tile by tile, a bound from the actual operands does. Where none does, a wrapping register is summed in the same way
/// and its prefixes are watched.
/// </summary>
internal sealed class IntegerPairsKernel : TiledKernel
{
    /// <inheritdoc/>
    public override string Name => "int16-pair-lanes";

    /// <inheritdoc/>
    private protected override string? RefusesSteps(DatapathSpec spec, ReductionOrder order, int k)
    {
        if (spec.Accumulator is not IntegerAccumulator { Bits: >= 2 and <= 64 }) return "needs an integer accumulator";
        if (spec.Activation is not FixedFormat { Fraction: 0 } a
            || spec.Weight is not FixedFormat { Fraction: 0 } b) return "needs integer operands";
        if (a.Bits > 15 || b.Bits > 15) return "operands less their zero points do not fit 16 bits";
        return Bound(spec, k) > int.MaxValue ? $"{k} products may leave 32 bits" : null;
    }

    /// <inheritdoc/>
    public override PackedWeights Pack(DatapathSpec spec, ReductionOrder order, int n, int k, ReadOnlySpan<uint> codes,
        ReadOnlySpan<int> zeroPoints)
    {
        ReductionOrder canonical = order.Canonical(k);
        long maximum = long.MaxValue >> 64 - ((IntegerAccumulator)spec.Accumulator).Bits;
        bool licensed = Bound(spec, k) <= maximum;
        IGemmKernel? fallback = licensed ? null : KernelCatalogue.SelectAfter(this, spec, canonical, k);
        return new TiledWeights<int>(Name, new Plan(spec, licensed ? null : maximum, canonical.Chunk != 0), fallback, spec, canonical, n,
            k, codes, zeroPoints);
    }

    // Magnitudes are below 2^Bits whatever the zero points are.
    private static BigInteger Bound(DatapathSpec spec, int k) =>
        k * (BigInteger.Pow(2, spec.Activation.Bits) - 1) * (BigInteger.Pow(2, spec.Weight.Bits) - 1);

    private sealed class Plan(DatapathSpec spec, long? unproved, bool chunked) : TilePlan<int>
    {
        private readonly IntegerDecoder _activations = new((FixedFormat)spec.Activation), _weights = new((FixedFormat)spec.Weight);
        private readonly IntegerAccumulator _accumulator = (IntegerAccumulator)spec.Accumulator;

        public override int Rows => LaneTile.Rows;

        public override int Width => LaneTile.Width<int>();

        public override int Steps(int k) => (int)((k + 1L) / 2);

        public override void DecodeActivations(ReadOnlySpan<uint> codes, int zeroPoint, Span<int> values) =>
            _activations.DecodePairs(codes, zeroPoint, values);

        public override void DecodeWeights(ReadOnlySpan<uint> codes, int zeroPoint, Span<int> values) =>
            _weights.DecodePairs(codes, zeroPoint, values);

        public override PanelBounds Bounds(Span<int> panel, int width, bool weights) =>
            unproved is null ? default : PairBounds.Of(panel, width);

        public override bool Sum(ReadOnlySpan<int> a, ReadOnlySpan<int> b, in PanelBounds activations, in PanelBounds weights, int rows,
            int columns, Span<long> results,
            ref GemmEvents events)
        {
            Span<int> total = stackalloc int[LaneTile.Rows * 32];
            // Hölder: no prefix of any output is larger.
            if (unproved is long maximum && Math.Min(activations.RowSum * weights.Largest, activations.Largest * weights.RowSum) > maximum)
            {
                if (_accumulator.Overflow == RegisterOverflow.Wrap && !chunked)
                {
                    Wrap(a, b, total, rows, columns, ref events);
                    Widen(total, results);
                    return true;
                }
                // Padding is zero, so its lanes never exceed the bound.
                Chunks.Sum(a, b, 0, default(MagnitudePairReduction), total);
                foreach (int magnitude in total)
                    if (magnitude > maximum) return false;
            }
            Chunks.Sum(a, b, 0, default(PairReduction), total);
            Widen(total, results);
            return true;
        }

        // Wrapping after every step or once at the end is the same number; that a step wrapped shows in the prefixes.
        private void Wrap(ReadOnlySpan<int> a, ReadOnlySpan<int> b, Span<int> total, int rows, int columns, ref GemmEvents events)
        {
            int bits = _accumulator.Bits, unused = 32 - bits, start = 1 << bits - 1;
            Span<int> seen = stackalloc int[LaneTile.Rows * 32];
            for (int r = 0; r < LaneTile.Rows; r += PrefixTile.Rows)
                PrefixTile.Sum(ref Chunks.Element(a, r), ref Chunks.Element(b, 0), a.Length / LaneTile.Rows, start, ref total[r * 32],
                    ref seen[r * 32]);
            Vector512<int> offset = Vector512.Create(start);
            ulong real = columns == 32 ? uint.MaxValue : (1UL << columns) - 1;
            unchecked
            {
                for (int i = 0; i < total.Length; i += 16) (Vector512.Create<int>(total[i..]) - offset << unused >> unused)
                    .CopyTo(total[i..]);
                for (int r = 0; r < rows; r++)
                {
                    Vector512<int> low = Vector512.Create<int>(seen[(r * 32)..]) >>> bits,
                        high = Vector512.Create<int>(seen[(r * 32 + 16)..]) >>> bits;
                    ulong left = Vector512.GreaterThan(low, Vector512<int>.Zero).ExtractMostSignificantBits()
                        | Vector512.GreaterThan(high, Vector512<int>.Zero).ExtractMostSignificantBits() << 16;
                    events.OverflowedOutputs += BitOperations.PopCount(left & real);
                }
            }
        }

        private static void Widen(ReadOnlySpan<int> total, Span<long> results)
        {
            for (int i = 0; i < total.Length; i += 16)
            {
                (Vector512<long> low, Vector512<long> high) = Vector512.Widen(Vector512.Create(total[i..]));
                low.CopyTo(results[i..]);
                high.CopyTo(results[(i + 8)..]);
            }
        }
    }
}
