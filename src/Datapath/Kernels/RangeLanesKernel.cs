using System.Runtime.CompilerServices;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Float accumulators rounded to nearest even in float lanes where only the range of the operands at hand shows that two roundings are one
/// (<see cref="RangeProof"/>): narrow products into up to 15 bits (e4m3 → E8M13), and bf16 products into bf16, whose steps are watched for
/// accumulators small enough to harm. A tile without licence goes to the fallback.
/// </summary>
internal sealed class RangeLanesKernel : TiledKernel
{
    private const int LaneBits = 24;

    // Products spread over more binades than this are, in some tile, spread too far for the licence more often than not.
    private const int WidestSpread = 48;

    /// <inheritdoc/>
    public override string Name => "fp32-range-lanes";

    /// <inheritdoc/>
    private protected override string? RefusesSteps(DatapathSpec spec, ReductionOrder order, int k)
    {
        if (spec.Accumulator is not FloatAccumulator
            { Format: FloatFormat { Subnormals: true } format } acc) return "needs a float accumulator with subnormals";
        if (acc.Rounding != RoundingMode.NearestEven) return $"rounds to nearest even only, not {acc.Rounding}";
        if (acc.Product is not null) return "products are rounded by themselves";
        if (order.Canonical(k).Chunk != 0) return "chunks add numbers of the accumulator's width";
        if (OperandRange.Of(spec.Activation) is not { } a
            || OperandRange.Of(spec.Weight) is not { } b) return "the range of the operands is not known";
        if (Math.Min(a.Width, b.Width) < 1 || Math.Max(a.Top, b.Top) > 128
            || Math.Min(a.Unit, b.Unit) < -149) return "operands leave the lane's exponents";
        OperandRange product = a * b;
        int p = format.Precision;
        if (product.Width > LaneBits - p) return $"products of {product.Width} bits may end half way between two numbers of {format.Name}";
        if (IsWatched(product, p)) return p + product.Width > LaneBits || LaneBits - p < p + 2 ? $"lanes of {LaneBits} bits leave no room"
            : null;
        return product.Top - product.Unit > WidestSpread ? "products spread too far" : null;
    }

    /// <inheritdoc/>
    public override PackedWeights Pack(DatapathSpec spec, ReductionOrder order, int n, int k, ReadOnlySpan<uint> codes,
        ReadOnlySpan<int> zeroPoints)
    {
        OperandRange product = OperandRange.Of(spec.Activation)!.Value * OperandRange.Of(spec.Weight)!.Value;
        int p = ((FloatFormat)((FloatAccumulator)spec.Accumulator).Format).Precision;
        ReductionOrder canonical = order.Canonical(k);
        return new TiledWeights<float>(Name, new Plan(spec, IsWatched(product, p)), KernelCatalogue.SelectAfter(this, spec, canonical, k),
            spec, canonical, n, k, codes, zeroPoints);
    }

    private static bool IsWatched(OperandRange product, int precision) => product.Width >= precision;

    private sealed class Plan : TilePlan<float>
    {
        // Watched panels are scaled below 2^12: products below 2^24 are harmed by accumulators up to 2^0, and 2 is what a step is watched
        // for.
        private const int WatchedTop = 12, LongestScale = 100, WatchedPart = 128;

        private readonly OperandDecoder<float> _activations, _weights;
        private readonly OperandRange _activation, _weight;
        private readonly FloatFormat _format;
        private readonly MagicReduction _magic;
        private readonly FusedMagicReduction _fusedMagic;
        private readonly RoundedReduction<float> _rounded;
        private readonly bool _watched;

        public Plan(DatapathSpec spec, bool watched)
        {
            _format = (FloatFormat)((FloatAccumulator)spec.Accumulator).Format;
            _activations = OperandDecoder<float>.Of(spec.Activation);
            _weights = OperandDecoder<float>.Of(spec.Weight);
            _activation = OperandRange.Of(spec.Activation)!.Value;
            _weight = OperandRange.Of(spec.Weight)!.Value;
            int dropped = LaneBits - _format.Precision;
            (_magic, _fusedMagic) = (new(dropped), new(dropped));
            _rounded = new(MathF.ScaleB(1, dropped));
            _watched = watched;
        }

        public override int Rows => LaneTile.Rows;

        public override int Width => LaneTile.Width<float>();

        public override int Steps(int k) => k;

        public override void DecodeActivations(ReadOnlySpan<uint> codes, int zeroPoint, Span<float> values) =>
            _activations.Decode(codes, zeroPoint, 1, values);

        public override void DecodeWeights(ReadOnlySpan<uint> codes, int zeroPoint, Span<float> values) =>
            _weights.Decode(codes, zeroPoint, 1, values);

        public override PanelBounds Bounds(Span<float> panel, int width, bool weights)
        {
            PanelBounds bounds = RangeProof.Of<float>(panel);
            if (!_watched || !double.IsFinite(bounds.Largest) || bounds.Largest == 0) return bounds;
            int scale = WatchedTop - 1 - Math.ILogB(bounds.Largest);
            if (Math.Abs(scale) > LongestScale) return bounds with { Largest = double.NaN };
            float factor = MathF.ScaleB(1, scale);
            foreach (ref float element in panel) element *= factor;
            return bounds with { Scale = scale };
        }

        [SkipLocalsInit]
        public override bool Sum(ReadOnlySpan<float> a, ReadOnlySpan<float> b, in PanelBounds activations, in PanelBounds weights,
            int rows, int columns,
            Span<long> results, ref GemmEvents events)
        {
            if (!RangeProof.StaysNormal(activations, weights, _activation, _weight, _format)) return false;
            int scale = activations.Scale + weights.Scale, steps = a.Length / LaneTile.Rows;
            Span<float> total = stackalloc float[LaneTile.Rows * 32];
            if (!_watched)
            {
                if (!FitsLane(activations, weights, 0)
                    || !RangeProof.HoldsBelow(activations, weights, _activation, _weight, _format.Precision, LaneBits)) return false;
                LaneTile.Sum(ref Chunks.Element(a, 0), ref Chunks.Element(b, 0), steps, _magic, _fusedMagic, default(Unwatched<float>),
                    ref Unsafe.NullRef<float>(), ref total[0]);
            }
            else
            {
                if (Math.Abs(scale) > LongestScale || !FitsLane(activations, weights, scale)) return false;
                if (!Watched(a, b, steps, (activations.Traits | weights.Traits).HasFlag(PanelTraits.HasZero), total)) return false;
            }
            new FloatLaneEncoder<float>(_format, scale).Encode(total[..(rows * Width)], results);
            return true;
        }

        // Part by part; the watch that takes 0 for small costs less, and a part where it finds something is summed again under the other.
        [SkipLocalsInit]
        private bool Watched(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int steps, bool zeros, Span<float> total)
        {
            Span<float> before = stackalloc float[LaneTile.Rows * 32];
            total.Clear();
            for (int first = 0; first < steps; first += WatchedPart)
            {
                int length = Math.Min(WatchedPart, steps - first);
                ref float x = ref Chunks.Element(a, first * LaneTile.Rows);
                ref float y = ref Chunks.Element(b, first * 32);
                total.CopyTo(before);
                if (!zeros && Watch.Passes(LaneTile.Sum(ref x, ref y, length, _rounded, _rounded, default(BelowTwoWatch), ref before[0],
                    ref total[0]))) continue;
                if (!Watch.Passes(LaneTile.Sum(ref x, ref y, length, _rounded, _rounded, new SmallWatch(1), ref before[0],
                    ref total[0]))) return false;
            }
            return true;
        }

        // Every bit of every product inside the lane's exponents, and sums far from their ends.
        private static bool FitsLane(in PanelBounds a, in PanelBounds b, int scale)
        {
            double largest = a.Largest * b.Largest, smallest = a.Smallest * b.Smallest;
            return largest == 0 || Math.ILogB(largest) + scale < 80 && Math.ILogB(smallest) + scale > -100;
        }
    }
}
