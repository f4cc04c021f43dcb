using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels.Blocks;

/// <summary>
/// Dot products of blocks whose elements are small integers times a power of two (FP4, FP6, integers), into fp32: the sum S of a segment is
/// exact in pairs of int16, below 2^24 and so a binary32 number; with s, the exact product of the scales and both powers of two, acc ←
/// fma(S, s, acc) is the one rounding of acc + S·s that <see cref="BlockDotUnit"/> asks for; chunks of an order have a register each, added
/// to the total in float. Scales of a tile whose products might leave the normal range send it to the fallback.
/// </summary>
internal sealed class BlockPairsKernel : TiledKernel
{
    private const int MostSum = 1 << 24;

    /// <inheritdoc/>
    public override string Name => "int16-block-lanes";

    /// <inheritdoc/>
    private protected override bool SumsDotUnits => true;

    /// <inheritdoc/>
    private protected override string? RefusesSteps(DatapathSpec spec, ReductionOrder order, int k)
    {
        if (BlockRow.Refuses(spec, order, k, out BlockDotUnit? unit) is { } reason) return reason;
        if (spec.Accumulator is not FloatAccumulator
            { Format: FloatFormat { ExponentBits: 8, FractionBits: 23, Bias: 127, Specials: Specials.Ieee } })
            return "needs an fp32 accumulator";
        if (PairTable.Of(spec.Activation) is not { } a
            || PairTable.Of(spec.Weight) is not { } b) return "elements are no int16 times a power of two";
        return (long)a.Largest * b.Largest * unit!.Lanes >= MostSum ? "sums of a block do not fit 24 bits" : null;
    }

    /// <inheritdoc/>
    public override PackedWeights Pack(DatapathSpec spec, ReductionOrder order, int n, int k, ReadOnlySpan<uint> codes,
        ReadOnlySpan<int> zeroPoints)
    {
        ReductionOrder canonical = order.Canonical(k);
        return new TiledWeights<int>(Name, new Plan(spec, canonical), KernelCatalogue.SelectAfter(this, spec, canonical, k), spec,
            canonical, n, k, codes, zeroPoints);
    }

    private sealed class Plan(DatapathSpec spec, ReductionOrder order) : TilePlan<int>
    {
        // Products of scales within these are normal, and no sum of them underflows.
        private const double SmallestScale = 1.0 / (1L << 62) / (1L << 38), LargestScale = 1.0 * (1L << 62) * (1L << 18);

        private readonly int _lanes = ((BlockDotUnit)spec.Dot!).Lanes;
        private readonly PairTable _activations = PairTable.Of(spec.Activation)!, _weights = PairTable.Of(spec.Weight)!;
        private readonly float[]? _activationScales = BlockRow.Scales(((BlockDotUnit)spec.Dot!).Activations),
            _weightScales = BlockRow.Scales(((BlockDotUnit)spec.Dot!).Weights);

        // A segment: the scale's pattern, then pairs.
        private int SegmentSteps => 1 + (_lanes + 1) / 2;

        public override int Rows => LaneTile.Rows;

        public override int Width => LaneTile.Width<int>();

        public override int Steps(int k)
        {
            int rest = k % (_lanes + 1);
            return k / (_lanes + 1) * SegmentSteps + (rest == 0 ? 0 : 1 + rest / 2);
        }

        public override void DecodeActivations(ReadOnlySpan<uint> codes, int zeroPoint, Span<int> values) =>
            Decode(_activations, _activationScales, codes, zeroPoint, values);

        public override void DecodeWeights(ReadOnlySpan<uint> codes, int zeroPoint, Span<int> values) =>
            Decode(_weights, _weightScales, codes, zeroPoint, values);

        private void Decode(PairTable table, float[]? scales, ReadOnlySpan<uint> codes, int zeroPoint, Span<int> values)
        {
            BlockRow.Demand(zeroPoint);
            for (int start = 0, at = 0; start < codes.Length; start += _lanes + 1, at += SegmentSteps)
            {
                ReadOnlySpan<uint> elements = codes[(start + 1)..Math.Min(start + _lanes + 1, codes.Length)];
                int any = table.Decode(elements, values.Slice(at + 1, (elements.Length + 1) / 2));
                float scale = scales is null ? table.Unit : scales[codes[start]] * table.Unit;
                // Zeros times any number are +0: their scale may lie anywhere.
                values[at] = any == 0 && float.IsFinite(scale) ? 0 : BitConverter.SingleToInt32Bits(scale);
            }
        }

        public override PanelBounds Bounds(Span<int> panel, int width, bool weights)
        {
            float largest = 0, smallest = float.PositiveInfinity;
            for (int at = 0; at < panel.Length; at += SegmentSteps * width)
            {
                foreach (int bits in panel.Slice(at, width))
                {
                    float scale = MathF.Abs(BitConverter.Int32BitsToSingle(bits));
                    // NaN stays.
                    largest = MathF.Max(largest, scale);
                    if (scale != 0) smallest = MathF.Min(smallest, scale);
                }
            }
            return new PanelBounds(largest, smallest, 0);
        }

        public override bool Sum(ReadOnlySpan<int> a, ReadOnlySpan<int> b, in PanelBounds activations, in PanelBounds weights, int rows,
            int columns, Span<long> results,
            ref GemmEvents events)
        {
            if (!(activations.Largest * weights.Largest <= LargestScale)
                || activations.Smallest * weights.Smallest < SmallestScale) return false;
            Span<float> total = stackalloc float[LaneTile.Rows * 32], chunk = stackalloc float[LaneTile.Rows * 32];
            Span<int> part = stackalloc int[LaneTile.Rows * 32];
            total.Clear();
            int steps = a.Length / LaneTile.Rows,
                chunkSteps = Math.Min(BlockRow.ChunkSteps(order, _lanes, SegmentSteps), Math.Max(1, steps));
            for (int first = 0; first < steps; first += chunkSteps)
            {
                Span<float> sum = first == 0 ? total : chunk;
                sum.Clear();
                int end = Math.Min(first + chunkSteps, steps);
                for (int at = first; at < end; at += SegmentSteps)
                {
                    int pairs = Math.Min(SegmentSteps, end - at) - 1;
                    LaneTile.Sum(ref Chunks.Element(a, (at + 1) * LaneTile.Rows), ref Chunks.Element(b, (at + 1) * 32), pairs,
                        default(PairReduction), ref part[0]);
                    Add(a.Slice(at * LaneTile.Rows, LaneTile.Rows), b.Slice(at * 32, 32), part, sum);
                }
                if (first != 0) Join(total, chunk);
            }
            return BlockRow.Finish(total, rows, columns, results);
        }

        private static void Join(Span<float> total, ReadOnlySpan<float> chunk)
        {
            for (int i = 0; i < total.Length; i += Vector512<float>.Count) (Vector512.Create<float>(total[i..])
                + Vector512.Create(chunk[i..])).CopyTo(total[i..]);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Add(ReadOnlySpan<int> a, ReadOnlySpan<int> b, ReadOnlySpan<int> part, Span<float> total)
        {
            Vector512<float> b0 = Vector512.Create(b).AsSingle(), b1 = Vector512.Create(b[16..]).AsSingle();
            for (int r = 0, i = 0; r < LaneTile.Rows; r++, i += 32)
            {
                Vector512<float> scale = Vector512.Create(a[r]).AsSingle();
                Span<float> row = total.Slice(i, 32);
                Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(Vector512.Create(part[i..])), scale * b0, Vector512.Create<float>(row))
                    .CopyTo(row);
                Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(Vector512.Create(part[(i + 16)..])), scale * b1,
                    Vector512.Create<float>(row[16..])).CopyTo(row[16..]);
            }
        }
    }
}
