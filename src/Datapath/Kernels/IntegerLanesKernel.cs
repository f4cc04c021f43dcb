using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>A two's complement register wrapped or saturated after every step, in wider integer lanes; watches every step.</summary>
/// <typeparam name="T">int or long.</typeparam>
internal sealed class IntegerLanesKernel<T> : TiledKernel
    where T : unmanaged, IBinaryInteger<T>
{
    private static readonly int LaneBits = typeof(T) == typeof(int) ? 32 : 64;

    /// <inheritdoc/>
    public override string Name => typeof(T) == typeof(int) ? "int32-lanes" : "int64-lanes";

    /// <inheritdoc/>
    internal override bool TakesOver => true;

    /// <inheritdoc/>
    private protected override string? RefusesSteps(DatapathSpec spec, ReductionOrder order, int k)
    {
        if (spec.Accumulator is not IntegerAccumulator acc) return "needs an integer accumulator";
        if (spec.Activation is not FixedFormat { Fraction: 0 } a
            || spec.Weight is not FixedFormat { Fraction: 0 } b) return "needs integer operands";
        if (a.Bits > 31 || b.Bits > 31) return "operands do not fit 31 bits";
        // Register and product each below 2^(LaneBits-2) in magnitude, so that their sum fits the lane.
        return acc.Bits is < 2 || acc.Bits > LaneBits - 1 || a.Bits + b.Bits > LaneBits - 2 ? $"sums may leave {LaneBits} bits" : null;
    }

    /// <inheritdoc/>
    public override PackedWeights Pack(DatapathSpec spec, ReductionOrder order, int n, int k, ReadOnlySpan<uint> codes,
        ReadOnlySpan<int> zeroPoints) =>
        new TiledWeights<T>(Name, new Plan(spec, order.Canonical(k)), null, spec, order.Canonical(k), n, k, codes, zeroPoints);

    private sealed class Plan : TilePlan<T>
    {
        private readonly IntegerDecoder _activations, _weights;
        private readonly RegisterReduction<T> _reduction;
        private readonly int _chunk;

        public Plan(DatapathSpec spec, ReductionOrder order)
        {
            var acc = (IntegerAccumulator)spec.Accumulator;
            long maximum = long.MaxValue >> 64 - acc.Bits;
            _activations = new((FixedFormat)spec.Activation);
            _weights = new((FixedFormat)spec.Weight);
            _reduction = new(acc.Bits, T.CreateChecked(-maximum - 1), T.CreateChecked(maximum), acc.Overflow);
            _chunk = order.Chunk;
        }

        public override int Rows => TrackedTile.Rows;

        public override int Width => 512 / LaneBits;

        public override int Steps(int k) => k;

        public override void DecodeActivations(ReadOnlySpan<uint> codes, int zeroPoint, Span<T> values) =>
            Decode(_activations, codes, zeroPoint, values);

        public override void DecodeWeights(ReadOnlySpan<uint> codes, int zeroPoint, Span<T> values) =>
            Decode(_weights, codes, zeroPoint, values);

        public override bool Sum(ReadOnlySpan<T> a, ReadOnlySpan<T> b, in PanelBounds activations, in PanelBounds weights, int rows,
            int columns,
            Span<long> results, ref GemmEvents events)
        {
            Span<T> total = stackalloc T[TrackedTile.Rows * Width], overflowed = stackalloc T[TrackedTile.Rows * Width];
            TrackedChunks.Sum(a, b, _chunk, _reduction, total, overflowed);
            for (int r = 0; r < rows; r++)
            {
                for (int i = r * Width; i < r * Width + columns; i++)
                {
                    results[i] = long.CreateTruncating(total[i]);
                    if (!T.IsZero(overflowed[i])) events.OverflowedOutputs++;
                }
            }
            return true;
        }

        private static void Decode(IntegerDecoder decoder, ReadOnlySpan<uint> codes, int zeroPoint, Span<T> values)
        {
            if (typeof(T) == typeof(int)) decoder.Decode(codes, zeroPoint, System.Runtime.InteropServices.MemoryMarshal.Cast<T,
                int>(values));
            else decoder.Decode(codes, zeroPoint, System.Runtime.InteropServices.MemoryMarshal.Cast<T, long>(values));
        }
    }
}
