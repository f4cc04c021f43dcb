using System.Runtime.InteropServices;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>Any float accumulator in any rounding mode but stochastic, step by step in double lanes with round to odd.</summary>
internal sealed class OddLanesKernel : TiledKernel
{
    /// <inheritdoc/>
    public override string Name => "fp64-odd-lanes";

    /// <inheritdoc/>
    private protected override string? RefusesSteps(DatapathSpec spec, ReductionOrder order, int k)
    {
        if (spec.Accumulator is not FloatAccumulator { Format: FloatFormat format } acc) return "needs a float accumulator";
        if (acc.Rounding == RoundingMode.Stochastic) return "stochastic rounding is not vectorised";
        if (!LaneRounding.Takes(format)) return $"{format.Name} is wider than the lanes round to, or has no subnormals";
        if (acc.Product is not (null or FloatFormat)) return "products are not rounded to a float";
        if (acc.Product is FloatFormat p
            && !LaneRounding.Takes(p)) return $"{p.Name} is wider than the lanes round to, or has no subnormals";
        if (OperandRange.Of(spec.Activation) is not { } a
            || OperandRange.Of(spec.Weight) is not { } b) return "the range of the operands is not known";
        OperandRange product = a * b;
        if (product.Width > 53 || product.Unit < -1000 || product.Top > 1000) return "products do not fit a double";
        bool finiteOnly = !format.HasNaN || acc.Product is FloatFormat { HasNaN: false };
        return finiteOnly && !(IsFinite(spec.Activation) && IsFinite(spec.Weight)) ? "a NaN has no code in the accumulator" : null;
    }

    /// <inheritdoc/>
    public override PackedWeights Pack(DatapathSpec spec, ReductionOrder order, int n, int k, ReadOnlySpan<uint> codes,
        ReadOnlySpan<int> zeroPoints) =>
        new TiledWeights<double>(Name, new Plan(spec, order.Canonical(k)), null, spec, order.Canonical(k), n, k, codes, zeroPoints);

    private static bool IsFinite(INumberFormat format) => format is FixedFormat or FloatFormat { HasNaN: false, HasInfinity: false };

    private sealed class Plan : TilePlan<double>
    {
        private readonly OddReduction _reduction;
        private readonly OperandDecoder<double> _activations, _weights;
        private readonly FloatLaneEncoder<double> _encoder;
        private readonly int _chunk;

        public Plan(DatapathSpec spec, ReductionOrder order)
        {
            var acc = (FloatAccumulator)spec.Accumulator;
            var format = (FloatFormat)acc.Format;
            LaneRounding? product = acc.Product is FloatFormat p ? new LaneRounding(p, acc.Rounding, acc.Overflow) : null;
            _reduction = new(new(format, acc.Rounding, acc.Overflow), product, acc.Rounding == RoundingMode.Down);
            _activations = OperandDecoder<double>.Of(spec.Activation);
            _weights = OperandDecoder<double>.Of(spec.Weight);
            _encoder = new(format, 0);
            _chunk = order.Chunk;
        }

        public override int Rows => TrackedTile.Rows;

        public override int Width => 8;

        public override int Steps(int k) => k;

        public override void DecodeActivations(ReadOnlySpan<uint> codes, int zeroPoint, Span<double> values) =>
            _activations.Decode(codes, zeroPoint, 1, values);

        public override void DecodeWeights(ReadOnlySpan<uint> codes, int zeroPoint, Span<double> values) =>
            _weights.Decode(codes, zeroPoint, 1, values);

        public override bool Sum(ReadOnlySpan<double> a, ReadOnlySpan<double> b, in PanelBounds activations, in PanelBounds weights,
            int rows, int columns,
            Span<long> results, ref GemmEvents events)
        {
            Span<double> total = stackalloc double[TrackedTile.Rows * 8], overflowed = stackalloc double[TrackedTile.Rows * 8];
            TrackedChunks.Sum(a, b, _chunk, _reduction, total, overflowed);
            _encoder.Encode(total, results);
            Span<long> flags = MemoryMarshal.Cast<double, long>(overflowed);
            for (int r = 0; r < rows; r++)
            {
                for (int i = r * 8; i < r * 8 + columns; i++)
                {
                    if (flags[i] != 0) events.OverflowedOutputs++;
                    if (double.IsFinite(total[i])) continue;
                    if (double.IsNaN(total[i])) events.NaNOutputs++;
                    results[i] = _encoder.EncodeAny(total[i]);
                }
            }
            return true;
        }
    }
}
