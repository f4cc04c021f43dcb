using Sim.Datapath.Formats;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Exact accumulators wider than a float lane: the numbers of a tile as 64-bit integers in units of the smallest one present, their
/// products summed in 128 bits. The licence is the spread of the tile's own numbers; a tile with Inf, NaN or too wide a spread goes to the
/// fallback.
/// </summary>
internal sealed class WideExactKernel : TiledKernel
{
    /// <inheritdoc/>
    public override string Name => "int128-window";

    /// <inheritdoc/>
    private protected override string? RefusesSteps(DatapathSpec spec, ReductionOrder order, int k)
    {
        if (spec.Accumulator is not ExactAccumulator acc) return "needs an exact accumulator";
        if (acc.Quire is { } quire && !quire.Holds(spec.Activation, spec.Weight, k)) return "a sum may leave the quire";
        if (acc.Rounding == RoundingMode.Stochastic) return "stochastic rounding needs random bits";
        if (OperandRange.Of(spec.Activation) is not { } a
            || OperandRange.Of(spec.Weight) is not { } b) return "the range of the operands is not known";
        return Math.Max(a.Width, b.Width) > 53 || Math.Min(a.Unit, b.Unit) < -1000 || Math.Max(a.Top, b.Top) > 1000
            ? "operands do not fit a double" : null;
    }

    /// <inheritdoc/>
    public override PackedWeights Pack(DatapathSpec spec, ReductionOrder order, int n, int k, ReadOnlySpan<uint> codes,
        ReadOnlySpan<int> zeroPoints) =>
        new TiledWeights<double>(Name, new Plan(spec), KernelCatalogue.SelectAfter(this, spec, order, k), spec, order.Canonical(k), n, k,
            codes, zeroPoints);

    private sealed class Plan(DatapathSpec spec) : TilePlan<double>
    {
        private readonly OperandDecoder<double> _activations = OperandDecoder<double>.Of(spec.Activation),
            _weights = OperandDecoder<double>.Of(spec.Weight);
        private readonly ExactAccumulator _accumulator = (ExactAccumulator)spec.Accumulator;

        public override int Rows => 8;

        public override int Width => 16;

        public override int Steps(int k) => k;

        public override void DecodeActivations(ReadOnlySpan<uint> codes, int zeroPoint, Span<double> values) =>
            _activations.Decode(codes, zeroPoint, 1, values);

        public override void DecodeWeights(ReadOnlySpan<uint> codes, int zeroPoint, Span<double> values) =>
            _weights.Decode(codes, zeroPoint, 1, values);

        public override bool Sum(ReadOnlySpan<double> a, ReadOnlySpan<double> b, in PanelBounds activations, in PanelBounds weights,
            int rows, int columns,
            Span<long> results, ref GemmEvents events)
        {
            int steps = a.Length / Rows;
            if (!TryScale(a, out long[] x, out int unitX, out int bitsX)
                || !TryScale(b, out long[] y, out int unitY, out int bitsY)) return false;
            if (bitsX + bitsY + 64 - System.Numerics.BitOperations.LeadingZeroCount((ulong)steps) > 126) return false;
            var rounding = new Rounding(_accumulator.Rounding, _accumulator.Overflow);
            for (int r = 0; r < rows; r++)
            {
                for (int c = 0; c < columns; c++)
                {
                    Int128 sum = Dot(x, r, y, c, steps);
                    uint code = _accumulator.Output.Encode(Exact.Integer(sum, unitX + unitY), rounding, out RoundingFlags flags);
                    results[r * Width + c] = code;
                    if (flags.HasFlag(RoundingFlags.Overflow)) events.OverflowedOutputs++;
                    if (_accumulator.Output.Decode(code).Class == NumberClass.NaN) events.NaNOutputs++;
                }
            }
            return true;
        }

        private Int128 Dot(long[] x, int row, long[] y, int column, int steps)
        {
            unchecked
            {
                ulong low = 0;
                long high = 0;
                for (int s = 0, i = row, j = column; s < steps; s++, i += Rows, j += Width)
                {
                    long productHigh = Math.BigMul(x[i], y[j], out long productLow);
                    low += (ulong)productLow;
                    high += productHigh + (low < (ulong)productLow ? 1 : 0);
                }
                return new Int128((ulong)high, low);
            }
        }

        // The numbers as integers in units of 2^unit, below 2^bits; false when one is not finite or they spread over more than 62 bits.
        private static bool TryScale(ReadOnlySpan<double> values, out long[] integers, out int unit, out int bits)
        {
            int top = int.MinValue;
            unit = int.MaxValue;
            (integers, bits) = ([], 0);
            foreach (double value in values)
            {
                if (!double.IsFinite(value)) return false;
                if (value == 0) continue;
                int exponent = Math.ILogB(value);
                long fraction = BitConverter.DoubleToInt64Bits(value) & 0xF_FFFF_FFFF_FFFF | 1L << 52;
                top = Math.Max(top, exponent + 1);
                unit = Math.Min(unit, exponent - 52 + System.Numerics.BitOperations.TrailingZeroCount(fraction));
            }
            if (top == int.MinValue) (top, unit) = (0, 0);
            bits = top - unit;
            if (bits > 62) return false;
            integers = new long[values.Length];
            for (int i = 0; i < values.Length; i++) integers[i] = (long)Math.ScaleB(values[i], -unit);
            return true;
        }
    }
}
