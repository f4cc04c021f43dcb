using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Integer sums that no order can make overflow, two products a lane and step. The licence is a bound: K times the largest product fits the
/// register, or else, tile by tile, the sum of the magnitudes of the actual products does.
/// </summary>
internal sealed class IntegerPairsKernel : TiledKernel
{
    /// <inheritdoc/>
    public override string Name => "int16-pair-lanes";

    /// <inheritdoc/>
    private protected override string? RefusesSteps(DatapathSpec spec, ReductionOrder order, int k)
    {
        if (spec.Accumulator is not IntegerAccumulator { Bits: >= 2 and <= 64 }) return "needs an integer accumulator";
        if (spec.Activation is not FixedFormat { Fraction: 0 } a || spec.Weight is not FixedFormat { Fraction: 0 } b) return "needs integer operands";
        if (a.Bits > 15 || b.Bits > 15) return "operands less their zero points do not fit 16 bits";
        return Bound(spec, k) > int.MaxValue ? $"{k} products may leave 32 bits" : null;
    }

    /// <inheritdoc/>
    public override PackedWeights Pack(DatapathSpec spec, ReductionOrder order, int n, int k, ReadOnlySpan<uint> codes, ReadOnlySpan<int> zeroPoints)
    {
        ReductionOrder canonical = order.Canonical(k);
        long maximum = long.MaxValue >> 64 - ((IntegerAccumulator)spec.Accumulator).Bits;
        bool licensed = Bound(spec, k) <= maximum;
        IGemmKernel? fallback = licensed ? null : KernelCatalogue.SelectAfter(this, spec, canonical, k);
        return new TiledWeights<int>(Name, new Plan(spec, licensed ? null : maximum), fallback, spec, canonical, n, k, codes, zeroPoints);
    }

    // Magnitudes are below 2^Bits whatever the zero points are.
    private static BigInteger Bound(DatapathSpec spec, int k) => k * (BigInteger.Pow(2, spec.Activation.Bits) - 1) * (BigInteger.Pow(2, spec.Weight.Bits) - 1);

    private sealed class Plan(DatapathSpec spec, long? unproved) : TilePlan<int>
    {
        private readonly IntegerDecoder _activations = new((FixedFormat)spec.Activation), _weights = new((FixedFormat)spec.Weight);

        public override int Rows => LaneTile.Rows;

        public override int Width => LaneTile.Width<int>();

        public override int Steps(int k) => (int)((k + 1L) / 2);

        public override void DecodeActivations(ReadOnlySpan<uint> codes, int zeroPoint, Span<int> values) => _activations.DecodePairs(codes, zeroPoint, values);

        public override void DecodeWeights(ReadOnlySpan<uint> codes, int zeroPoint, Span<int> values) => _weights.DecodePairs(codes, zeroPoint, values);

        public override bool Sum(ReadOnlySpan<int> a, ReadOnlySpan<int> b, int rows, int columns, Span<long> results, ref GemmEvents events)
        {
            Span<int> total = stackalloc int[LaneTile.Rows * 32];
            if (unproved is long maximum)
            {
                // Padding is zero, so its lanes never exceed the bound.
                Chunks.Sum(a, b, 0, default(MagnitudePairReduction), total);
                foreach (int magnitude in total)
                    if (magnitude > maximum) return false;
            }
            Chunks.Sum(a, b, 0, default(PairReduction), total);
            for (int i = 0; i < rows * Width; i++) results[i] = total[i];
            return true;
        }
    }
}
