using System.Runtime.Intrinsics;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Units that align twice (<see cref="RealignedDotUnit"/>) into fp32, in double lanes: products, powers of two and the integers between
/// them are exact there, so that only the conversion of a step's sum to float rounds. Tiles with Inf, NaN or products beyond fp32 go to the
/// reference.
/// </summary>
internal sealed class RealignedLanesKernel : TiledKernel
{
    private const int MostBits = 52;

    /// <inheritdoc/>
    public override string Name => "fp64-realigned-lanes";

    private protected override bool SumsDotUnits => true;

    /// <inheritdoc/>
    private protected override string? RefusesSteps(DatapathSpec spec, ReductionOrder order, int k)
    {
        if (spec.Dot is not RealignedDotUnit unit) return "needs a unit that aligns twice";
        if (ReferenceKernel.RefusesDot(spec, order, k) is { } reason) return reason;
        if (spec.Accumulator is not FloatAccumulator { Rounding: RoundingMode.NearestEven, Overflow: OverflowPolicy.Ieee,
            Format: FloatFormat register }
            || register is not { ExponentBits: 8, FractionBits: 23, Bias: 127, Specials: Specials.Ieee,
                Subnormals: true }) return "needs an fp32 register that rounds to nearest even";
        // Sums are below 2^(2 + log2(lanes) + fraction) units, the register below 2^(1 + fraction); both in the finer of the two.
        int carries = 3 + System.Numerics.BitOperations.Log2((uint)unit.Lanes), finest = Math.Max(unit.SumFraction, unit.AddendFraction);
        if (Math.Max(unit.Fraction, finest) + carries > MostBits) return "sums of a step do not fit doubles";
        foreach (INumberFormat format in new[] { spec.Activation, spec.Weight })
            if (format is not FloatFormat { FractionBits: <= 11, ExponentBits: <= 8 } f || f.MinimumExponent < -150
                || f.Maximum.LeadingExponent > 127)
                return $"products of {format.Name} are not exact in the lanes";
        return null;
    }

    /// <inheritdoc/>
    public override PackedWeights Pack(DatapathSpec spec, ReductionOrder order, int n, int k, ReadOnlySpan<uint> codes,
        ReadOnlySpan<int> zeroPoints) =>
        new TiledWeights<double>(Name, new Plan(spec, order.Canonical(k)), KernelCatalogue.SelectAfter(this, spec, order, k), spec,
            order.Canonical(k), n, k, codes, zeroPoints);

    private sealed class Plan(DatapathSpec spec, ReductionOrder order) : TilePlan<double>
    {
        private const double LeastPower = 1.0 / (1L << 63) / (1L << 63), Beyond = 4.0 * (1L << 63) * (1L << 63);

        private readonly RealignedTile _tile = new((RealignedDotUnit)spec.Dot!, LeastPower);
        private readonly OperandDecoder<double> _activations = OperandDecoder<double>.Of(spec.Activation),
            _weights = OperandDecoder<double>.Of(spec.Weight);
        private readonly double _leastActivation = Math.ScaleB(1, ((FloatFormat)spec.Activation).MinimumExponent),
            _leastWeight = Math.ScaleB(1, ((FloatFormat)spec.Weight).MinimumExponent);

        public override int Rows => LaneTile.Rows;

        public override int Width => LaneTile.Width<double>();

        public override int Steps(int k) => 2 * k;

        public override void DecodeActivations(ReadOnlySpan<uint> codes, int zeroPoint, Span<double> values) =>
            Decode(_activations, codes, zeroPoint, _leastActivation, values);

        public override void DecodeWeights(ReadOnlySpan<uint> codes, int zeroPoint, Span<double> values) =>
            Decode(_weights, codes, zeroPoint, _leastWeight, values);

        // The largest magnitude, NaN when an element is no finite number.
        public override PanelBounds Bounds(Span<double> panel, int width, bool weights)
        {
            double largest = 0;
            for (int at = 0; at < panel.Length; at += 2 * width)
                foreach (double value in panel.Slice(at, width)) largest = double.IsFinite(value) ? Math.Max(largest, Math.Abs(value))
                    : double.NaN;
            return new PanelBounds(largest, 0, 0);
        }

        public override bool Sum(ReadOnlySpan<double> a, ReadOnlySpan<double> b, in PanelBounds activations, in PanelBounds weights,
            int rows, int columns,
            Span<long> results, ref GemmEvents events)
        {
            if (!(activations.Largest * weights.Largest < Beyond)) return false;
            int width = Width, k = a.Length / (2 * Rows), chunk = order.Chunk == 0 ? k : order.Chunk, lanes = spec.Dot!.Lanes;
            Span<double> total = stackalloc double[Rows * width], part = stackalloc double[Rows * width];
            total.Clear();
            for (int start = 0; start < k; start += chunk)
            {
                Span<double> sum = start == 0 ? total : part;
                sum.Clear();
                int end = Math.Min(start + chunk, k);
                for (int first = start; first < end; first += lanes)
                {
                    int count = Math.Min(lanes, end - first);
                    _tile.Step(a.Slice(first * 2 * Rows, count * 2 * Rows), b.Slice(first * 2 * width, count * 2 * width), Rows, width,
                        sum);
                }
                if (start == 0) continue;
                for (int i = 0; i < total.Length; i++) total[i] = (float)total[i] + (float)part[i];
            }
            for (int r = 0; r < rows; r++)
                for (int c = 0; c < columns; c++)
                    if (!double.IsFinite(total[r * width + c])) return false;
            for (int i = 0; i < total.Length; i++) results[i] = BitConverter.SingleToUInt32Bits((float)total[i]);
            return true;
        }

        // Pairs of value and power of two of its binade; that of zero is the least of the register.
        private static void Decode(OperandDecoder<double> decoder, ReadOnlySpan<uint> codes, int zeroPoint, double least,
            Span<double> pairs)
        {
            Span<double> values = pairs[codes.Length..];
            decoder.Decode(codes, zeroPoint, 1, values);
            for (int i = 0; i < codes.Length; i++)
            {
                double value = values[i];
                pairs[2 * i] = value;
                pairs[2 * i + 1] = value == 0 ? LeastPower
                    : Math.Max(BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(value) & 0x7ff0_0000_0000_0000), least);
            }
        }
    }
}
