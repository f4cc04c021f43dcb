using System.Numerics;
using System.Runtime.Intrinsics;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels.Blocks;

/// <summary>
/// Dot products of blocks in double lanes, into any float of at most 24 bits: the products of a segment and their sum are exact in 53 bits,
/// by the formats or by the operands at hand, and so is the sum times the scales; it joins the register with one rounding, by way of
/// rounding to odd
/// (<see cref="OddRoundedReduction"/>), as do the registers of an order's chunks. Inf, NaN, sums near the register's largest number and
/// scales with a sign go to the fallback.
/// </summary>
internal sealed class BlockDoublesKernel : TiledKernel
{
    private const int LaneBits = 53, LaneTop = 1024, FarExponent = 200;

    /// <inheritdoc/>
    public override string Name => "fp64-block-lanes";

    /// <inheritdoc/>
    private protected override bool SumsDotUnits => true;

    /// <inheritdoc/>
    private protected override string? RefusesSteps(DatapathSpec spec, ReductionOrder order, int k)
    {
        if (BlockRow.Refuses(spec, order, k, out BlockDotUnit? unit) is { } reason) return reason;
        if (((FloatFormat)((FloatAccumulator)spec.Accumulator).Format).Precision > 24) return "the register is wider than 24 bits";
        if (OperandRange.Of(spec.Activation) is not { } a
            || OperandRange.Of(spec.Weight) is not { } b) return "the range of the operands is not known";
        if (Math.Min(a.Width, b.Width) < 1 || Math.Max(a.Top, b.Top) > FarExponent
            || Math.Min(a.Unit, b.Unit) < -FarExponent) return "operands leave the lane's exponents";
        return a.Width + b.Width > Bits(unit!) ? "products do not fit the lane" : null;
    }

    /// <inheritdoc/>
    public override PackedWeights Pack(DatapathSpec spec, ReductionOrder order, int n, int k, ReadOnlySpan<uint> codes,
        ReadOnlySpan<int> zeroPoints)
    {
        ReductionOrder canonical = order.Canonical(k);
        return new TiledWeights<double>(Name, new Plan(spec, canonical), KernelCatalogue.SelectAfter(this, spec, canonical, k), spec,
            canonical, n, k, codes, zeroPoints);
    }

    // Bits that a block's sum may have, those of the scales' product kept free.
    private static int Bits(BlockDotUnit unit) => LaneBits - ScaleBits(unit.Activations) - ScaleBits(unit.Weights);

    private static int ScaleBits(BlockFormat? blocks) => blocks is null ? 0 : OperandRange.Of(blocks.Scale)!.Value.Width;

    private sealed class Plan : TilePlan<double>
    {
        private readonly BlockDotUnit _unit;
        private readonly OperandDecoder<double> _activations, _weights;
        private readonly OperandRange _activation, _weight;
        private readonly float[]? _activationScales, _weightScales;
        private readonly FloatLaneEncoder<double> _encoder;
        private readonly OddRoundedReduction _register;
        private readonly double _scale;
        private readonly bool _always;
        private readonly int _chunkSteps;

        public Plan(DatapathSpec spec, ReductionOrder order)
        {
            _unit = (BlockDotUnit)spec.Dot!;
            _chunkSteps = BlockRow.ChunkSteps(order, _unit.Lanes, _unit.Lanes + 1);
            var format = (FloatFormat)((FloatAccumulator)spec.Accumulator).Format;
            (_activations, _weights) = (OperandDecoder<double>.Of(spec.Activation), OperandDecoder<double>.Of(spec.Weight));
            (_activation, _weight) = (OperandRange.Of(spec.Activation)!.Value, OperandRange.Of(spec.Weight)!.Value);
            (_activationScales, _weightScales) = (BlockRow.Scales(_unit.Activations), BlockRow.Scales(_unit.Weights));
            // Puts the top binade of the register where rounding a sum overflows the lane.
            int scale = LaneTop - (LaneBits - format.Precision) - format.Maximum.LeadingExponent;
            _scale = Math.ScaleB(1, scale);
            _register = new(Math.ScaleB(1, LaneBits - format.Precision),
                Math.ScaleB(1.5, format.MinimumExponent - format.FractionBits + scale + LaneBits - 1));
            _encoder = new(format, scale);
            OperandRange product = _activation * _weight;
            _always = Fits(product.Top, product.Unit);
        }

        public override int Rows => LaneTile.Rows;

        public override int Width => LaneTile.Width<double>();

        public override int Steps(int k) => k;

        public override void DecodeActivations(ReadOnlySpan<uint> codes, int zeroPoint, Span<double> values) =>
            Decode(_activations, _activationScales, _scale, codes, zeroPoint, values);

        public override void DecodeWeights(ReadOnlySpan<uint> codes, int zeroPoint, Span<double> values) =>
            Decode(_weights, _weightScales, 1, codes, zeroPoint, values);

        // A zero scale makes finite elements zeros, whose sum is +0.
        private void Decode(OperandDecoder<double> decoder, float[]? scales, double scale, ReadOnlySpan<uint> codes, int zeroPoint,
            Span<double> values)
        {
            BlockRow.Demand(zeroPoint);
            for (int start = 0; start < codes.Length; start += _unit.Lanes + 1)
            {
                int count = Math.Min(_unit.Lanes, codes.Length - start - 1);
                decoder.Decode(codes.Slice(start + 1, count), 0, 1, values.Slice(start + 1, count));
                values[start] = (scales is null ? 1 : scales[codes[start]]) * scale;
                if (values[start] != 0) continue;
                foreach (ref double element in values.Slice(start + 1, count))
                    if (double.IsFinite(element)) element = 0;
            }
        }

        public override PanelBounds Bounds(Span<double> panel, int width, bool weights)
        {
            double largest = 0, smallest = double.PositiveInfinity;
            for (int start = 0; start < panel.Length; start += (_unit.Lanes + 1) * width)
            {
                foreach (double scale in panel.Slice(start, width))
                    if (!(scale >= 0) || double.IsNegative(scale)) return new PanelBounds(double.NaN, 0, 0);
                if (_always) continue;
                Span<double> elements = panel[(start + width)..Math.Min(start + (_unit.Lanes + 1) * width, panel.Length)];
                if (elements.IsEmpty) continue;
                PanelBounds bounds = RangeProof.Of<double>(elements);
                largest = Math.Max(largest, double.IsFinite(bounds.Largest) ? bounds.Largest : double.NaN);
                smallest = Math.Min(smallest, bounds.Smallest);
            }
            return new PanelBounds(largest, smallest, 0);
        }

        public override bool Sum(ReadOnlySpan<double> a, ReadOnlySpan<double> b, in PanelBounds activations, in PanelBounds weights,
            int rows, int columns, Span<long> results,
            ref GemmEvents events)
        {
            if (!IsExact(activations, weights)) return false;
            Span<double> total = stackalloc double[LaneTile.Rows * 16], chunk = stackalloc double[LaneTile.Rows * 16],
                part = stackalloc double[LaneTile.Rows * 16];
            total.Clear();
            int steps = a.Length / LaneTile.Rows, segment = _unit.Lanes + 1, chunkSteps = Math.Min(_chunkSteps, Math.Max(1, steps));
            for (int first = 0; first < steps; first += chunkSteps)
            {
                Span<double> sum = first == 0 ? total : chunk;
                sum.Clear();
                int end = Math.Min(first + chunkSteps, steps);
                for (int at = first; at < end; at += segment)
                {
                    int products = Math.Min(segment, end - at) - 1;
                    LaneTile.Sum(ref Chunks.Element(a, (at + 1) * LaneTile.Rows), ref Chunks.Element(b, (at + 1) * 16), products,
                        default(FusedReduction<double>), ref part[0]);
                    Add(a.Slice(at * LaneTile.Rows, LaneTile.Rows), b.Slice(at * 16, 16), part, sum);
                }
                if (first != 0) Join(total, chunk);
            }
            for (int r = 0; r < rows; r++)
                for (int c = 0; c < columns; c++)
                    if (!double.IsFinite(total[r * 16 + c])) return false;
            _encoder.Encode(total[..(rows * 16)], results);
            return true;
        }

        private void Join(Span<double> total, ReadOnlySpan<double> chunk)
        {
            for (int i = 0; i < total.Length; i += Vector512<double>.Count)
                _register.Combine(Vector512.Create<double>(total[i..]), Vector512.Create(chunk[i..])).CopyTo(total[i..]);
        }

        private void Add(ReadOnlySpan<double> a, ReadOnlySpan<double> b, ReadOnlySpan<double> part, Span<double> total)
        {
            var b0 = Vector512.Create(b);
            var b1 = Vector512.Create(b[8..]);
            for (int r = 0, i = 0; r < LaneTile.Rows; r++, i += 16)
            {
                var scale = Vector512.Create(a[r]);
                Span<double> row = total.Slice(i, 16);
                _register.Combine(Vector512.Create<double>(row), Vector512.Create(part[i..]) * (scale * b0)).CopyTo(row);
                _register.Combine(Vector512.Create<double>(row[8..]), Vector512.Create(part[(i + 8)..]) * (scale * b1)).CopyTo(row[8..]);
            }
        }

        private bool IsExact(in PanelBounds a, in PanelBounds b)
        {
            if (double.IsNaN(a.Largest) || double.IsNaN(b.Largest)) return false;
            if (_always || a.Largest == 0 || b.Largest == 0) return true;
            int unit = Unit(a, _activation) + Unit(b, _weight);
            return Fits(Math.ILogB(a.Largest) + Math.ILogB(b.Largest) + 2, unit);
        }

        private static int Unit(in PanelBounds bounds, OperandRange range) =>
            Math.Max(range.Unit, Math.ILogB(bounds.Smallest) - range.Width + 1);

        // Sums of products below 2^top that are multiples of 2^unit.
        private bool Fits(int top, int unit) => top + BitOperations.Log2((uint)_unit.Lanes) + 1 - unit <= Bits(_unit);
    }
}
