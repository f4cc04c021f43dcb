using System.Numerics;
using System.Runtime.Intrinsics;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Exact accumulators and quires in double lanes, by the window that the products of the operands at hand span: 2^u divides each, 2^t is
/// above each.
/// Sums inside 53 bits take plain fused multiply-adds; products of up to 49 bits do so for a few steps at a time, which are then added in
/// 64-bit integers; wider ones are split (<see cref="SplitTile"/>). A tile with Inf or NaN, a window too wide, or a quire that its sums
/// might leave goes to the fallback.
/// </summary>
internal sealed class WindowLanesKernel : TiledKernel
{
    // Largest exponents: an operand's last bit, a product and the constants that split it stay normal doubles.
    private const int Farthest = 400;

    /// <inheritdoc/>
    public override string Name => "fp64-window-lanes";

    /// <inheritdoc/>
    private protected override string? RefusesSteps(DatapathSpec spec, ReductionOrder order, int k)
    {
        if (spec.Accumulator is not ExactAccumulator acc) return "needs an exact accumulator";
        if (acc.Rounding == RoundingMode.Stochastic) return "stochastic rounding is not vectorised";
        if (acc.Quire is { } quire && quire.Refuses(spec.Activation, spec.Weight) is { } senseless) return senseless;
        if (OperandRange.Of(spec.Activation) is not { } a
            || OperandRange.Of(spec.Weight) is not { } b) return "the range of the operands is not known";
        if (Math.Max(a.Width, b.Width) > 53) return "operands do not fit a double";
        return Math.Min(a.Unit, b.Unit) < -Farthest || Math.Max(a.Top, b.Top) > Farthest ? "products may leave the lane's exponents" : null;
    }

    /// <inheritdoc/>
    public override PackedWeights Pack(DatapathSpec spec, ReductionOrder order, int n, int k, ReadOnlySpan<uint> codes,
        ReadOnlySpan<int> zeroPoints) =>
        new TiledWeights<double>(Name, new Plan(spec), KernelCatalogue.SelectAfter(this, spec, order, k), spec, order.Canonical(k), n, k,
            codes, zeroPoints);

    private sealed class Plan(DatapathSpec spec) : TilePlan<double>
    {
        private const int LaneBits = 53, WidestInBlocks = 49, MostSplitBits = 11;

        private readonly OperandDecoder<double> _activations = OperandDecoder<double>.Of(spec.Activation),
            _weights = OperandDecoder<double>.Of(spec.Weight);
        private readonly ExactOutput _output = new((ExactAccumulator)spec.Accumulator);
        private readonly Quire? _quire = ((ExactAccumulator)spec.Accumulator).Quire;

        public override int Rows => LaneTile.Rows;

        public override int Width => LaneTile.Width<double>();

        public override int Steps(int k) => k;

        public override void DecodeActivations(ReadOnlySpan<uint> codes, int zeroPoint, Span<double> values) =>
            _activations.Decode(codes, zeroPoint, 1, values);

        public override void DecodeWeights(ReadOnlySpan<uint> codes, int zeroPoint, Span<double> values) =>
            _weights.Decode(codes, zeroPoint, 1, values);

        public override PanelBounds Bounds(Span<double> panel, int width, bool weights) => GridBounds.Of(panel);

        public override bool Sum(ReadOnlySpan<double> a, ReadOnlySpan<double> b, in PanelBounds activations, in PanelBounds weights,
            int rows, int columns,
            Span<long> results, ref GemmEvents events)
        {
            double largest = activations.Largest * weights.Largest;
            if (!double.IsFinite(largest)) return false;
            Span<double> sums = stackalloc double[LaneTile.Rows * 16];
            if (largest == 0) sums.Clear();
            else if (!Sum(a, b, Math.ILogB(largest) + 1, Math.ILogB(activations.Smallest) + Math.ILogB(weights.Smallest),
                sums)) return false;
            _output.Encode(sums, Width, rows, columns, results, ref events);
            return true;
        }

        private bool Sum(ReadOnlySpan<double> a, ReadOnlySpan<double> b, int top, int unit, Span<double> sums)
        {
            int steps = a.Length / LaneTile.Rows, carry = 32 - BitOperations.LeadingZeroCount((uint)steps), window = top - unit;
            if (_quire is { } quire && top + carry > quire.Bits - 1 + quire.Unit) return false;
            if (window + carry <= LaneBits) Chunks.Sum(a, b, 0, default(FusedReduction<double>), sums);
            else if (window <= WidestInBlocks && window + carry <= 63) InBlocks(a, b, 1 << LaneBits - window, unit, sums);
            else if (window + carry <= 126)
            {
                // Low parts below 2^(h-1), 2^block of them: inside 53 bits from 2^u on; high parts below 2^51.
                int block = Math.Min(51 + LaneBits + 1 - window, MostSplitBits), grid = unit + LaneBits + 1 - block;
                if (block < 3) return false;
                Split(a, b, (1 << block) - 1, grid, unit, sums);
            }
            else return false;
            return true;
        }

        private static void InBlocks(ReadOnlySpan<double> a, ReadOnlySpan<double> b, int block, int unit, Span<double> sums)
        {
            int steps = a.Length / LaneTile.Rows;
            Span<long> total = stackalloc long[sums.Length];
            total.Clear();
            Vector512<double> scale = Vector512.Create(Math.ScaleB(1, -unit));
            for (int start = 0; start < steps; start += block)
            {
                int length = Math.Min(block, steps - start);
                LaneTile.Sum(ref Chunks.Element(a, start * LaneTile.Rows), ref Chunks.Element(b, start * 16), length,
                    default(FusedReduction<double>), ref sums[0]);
                for (int i = 0; i < sums.Length; i += 8)
                {
                    Vector512<long> part = Vector512.ConvertToInt64Native(Vector512.Create<double>(sums[i..]) * scale);
                    (Vector512.Create<long>(total[i..]) + part).CopyTo(total[i..]);
                }
            }
            for (int i = 0; i < sums.Length; i++) sums[i] = ToOdd(total[i], unit);
        }

        private static void Split(ReadOnlySpan<double> a, ReadOnlySpan<double> b, int block, int grid, int unit, Span<double> sums)
        {
            int steps = a.Length / LaneTile.Rows, shift = grid - unit;
            Span<Int128> total = stackalloc Int128[sums.Length];
            total.Clear();
            Span<long> high = stackalloc long[sums.Length];
            double magic = SplitTile.Magic(grid), scale = Math.ScaleB(1, -unit);
            for (int start = 0; start < steps; start += block)
            {
                int length = Math.Min(block, steps - start);
                for (int r = 0; r < LaneTile.Rows; r += SplitTile.Rows)
                    SplitTile.Sum(ref Chunks.Element(a, start * LaneTile.Rows + r), ref Chunks.Element(b, start * 16), length, magic,
                        ref high[r * 16], ref sums[r * 16]);
                for (int i = 0; i < sums.Length; i++) total[i] = unchecked(total[i] + ((Int128)high[i] << shift) + (long)(sums[i] * scale));
            }
            for (int i = 0; i < sums.Length; i++) sums[i] = ToOdd(total[i], unit);
        }

        // total·2^unit as a double, rounded to odd.
        private static double ToOdd(Int128 total, int unit)
        {
            unchecked
            {
                UInt128 magnitude = (UInt128)(total < 0 ? -total : total);
                int drop = Math.Max(0, 128 - (int)UInt128.LeadingZeroCount(magnitude) - LaneBits);
                ulong kept = (ulong)(magnitude >> drop);
                if ((UInt128)kept << drop != magnitude) kept |= 1;
                double value = kept * BitConverter.Int64BitsToDouble((long)(1023 + unit + drop) << 52);
                return total < 0 ? -value : value;
            }
        }
    }
}
