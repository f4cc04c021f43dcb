using System.Runtime.InteropServices;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>Fixed-point accumulators in double lanes: products and sums in units of the register's grid are integers of at most 51
/// bits.</summary>
internal sealed class FixedLanesKernel : TiledKernel
{
    private const int Bits = 51;

    /// <inheritdoc/>
    public override string Name => "fp64-grid-lanes";

    /// <inheritdoc/>
    private protected override string? RefusesSteps(DatapathSpec spec, ReductionOrder order, int k)
    {
        if (spec.Accumulator is not FixedAccumulator acc) return "needs a fixed-point accumulator";
        if (acc.Rounding == RoundingMode.Stochastic) return "stochastic rounding is not vectorised";
        if (acc.Bits is < 2 or > Bits) return $"registers of {acc.Bits} bits do not fit a double with room to carry";
        if (OperandRange.Of(spec.Activation) is not { } a
            || OperandRange.Of(spec.Weight) is not { } b) return "the range of the operands is not known";
        OperandRange product = a * b;
        if (product.Width > 53 || product.Unit < -900 || Math.Abs(acc.Fraction) > 100) return "products do not fit a double";
        return product.Top + acc.Fraction > Bits ? "products on the register's grid do not fit a double" : null;
    }

    /// <inheritdoc/>
    public override PackedWeights Pack(DatapathSpec spec, ReductionOrder order, int n, int k, ReadOnlySpan<uint> codes,
        ReadOnlySpan<int> zeroPoints) =>
        new TiledWeights<double>(Name, new Plan(spec, order.Canonical(k)), KernelCatalogue.SelectAfter(this, spec, order, k), spec,
            order.Canonical(k), n, k, codes, zeroPoints);

    private sealed class Plan : TilePlan<double>
    {
        private readonly OperandDecoder<double> _activations, _weights;
        private readonly GridReduction _reduction;
        private readonly double _scale;
        private readonly bool _alwaysFinite;
        private readonly int _chunk;

        public Plan(DatapathSpec spec, ReductionOrder order)
        {
            var acc = (FixedAccumulator)spec.Accumulator;
            _activations = OperandDecoder<double>.Of(spec.Activation);
            _weights = OperandDecoder<double>.Of(spec.Weight);
            _reduction = new(acc.Bits, acc.Overflow, acc.Rounding);
            _scale = Math.ScaleB(1, acc.Fraction);
            _alwaysFinite = spec.Activation is FixedFormat && spec.Weight is FixedFormat;
            _chunk = order.Chunk;
        }

        public override int Rows => TrackedTile.Rows;

        public override int Width => 8;

        public override int Steps(int k) => k;

        public override void DecodeActivations(ReadOnlySpan<uint> codes, int zeroPoint, Span<double> values) =>
            _activations.Decode(codes, zeroPoint, _scale, values);

        public override void DecodeWeights(ReadOnlySpan<uint> codes, int zeroPoint, Span<double> values) =>
            _weights.Decode(codes, zeroPoint, 1, values);

        public override bool Sum(ReadOnlySpan<double> a, ReadOnlySpan<double> b, in PanelBounds activations, in PanelBounds weights,
            int rows, int columns,
            Span<long> results, ref GemmEvents events)
        {
            // A register has no Inf and no NaN: products that are go to the reference.
            if (!_alwaysFinite && !(IsFinite(a) && IsFinite(b))) return false;
            Span<double> total = stackalloc double[TrackedTile.Rows * 8], overflowed = stackalloc double[TrackedTile.Rows * 8];
            TrackedChunks.Sum(a, b, _chunk, _reduction, total, overflowed);
            Span<long> flags = MemoryMarshal.Cast<double, long>(overflowed);
            for (int r = 0; r < rows; r++)
            {
                for (int i = r * 8; i < r * 8 + columns; i++)
                {
                    results[i] = (long)total[i];
                    if (flags[i] != 0) events.OverflowedOutputs++;
                }
            }
            return true;
        }

        private static bool IsFinite(ReadOnlySpan<double> values)
        {
            foreach (double value in values)
                if (!double.IsFinite(value)) return false;
            return true;
        }
    }
}
