using System.Numerics;
using System.Runtime.Intrinsics;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>Tiles of posit registers (<see cref="PositLanesKernel{T}"/>).</summary>
/// <typeparam name="T">Lane element.</typeparam>
/// <typeparam name="TLanes">Rounding of lanes.</typeparam>
/// <typeparam name="TSeparate">Whether products are rounded by themselves.</typeparam>
/// <typeparam name="TLossy">Whether a lane may round a sum to a tie.</typeparam>
/// <param name="spec">The datapath.</param>
/// <param name="lanes">Rounding to its register.</param>
/// <param name="chunk">Products of a chunk, 0 for all.</param>
/// <param name="exact">Whether no sum up to the largest posit is rounded by the lane.</param>
internal class PositLanesPlan<T, TLanes, TSeparate, TLossy>(DatapathSpec spec, TLanes lanes, int chunk, bool exact) : TilePlan<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TLanes : struct, IPositLanes<T>
    where TSeparate : struct, IChoice
    where TLossy : struct, IChoice
{
    private readonly OperandDecoder<T> _activations = OperandDecoder<T>.Of(spec.Activation), _weights = OperandDecoder<T>.Of(spec.Weight);
    private readonly PositLaneEncoder _encoder = new((PositFormat)((FloatAccumulator)spec.Accumulator).Format);
    private readonly TLanes _lanes = lanes;

    /// <summary>Lanes of a tile: one vector of binary32, two of binary64.</summary>
    protected const int Lanes = 16;

    public override int Rows => LaneTile.Rows;

    public override int Width => Lanes;

    public override int Steps(int k) => k;

    public override void DecodeActivations(ReadOnlySpan<uint> codes, int zeroPoint, Span<T> values) =>
        _activations.Decode(codes, zeroPoint, T.CreateChecked(2), values);

    public override void DecodeWeights(ReadOnlySpan<uint> codes, int zeroPoint, Span<T> values) =>
        _weights.Decode(codes, zeroPoint, T.One, values);

    public override PanelBounds Bounds(Span<T> panel, int width, bool weights) => RangeProof.Of<T>(panel);

    public override bool Sum(ReadOnlySpan<T> a, ReadOnlySpan<T> b, in PanelBounds activations, in PanelBounds weights, int rows,
        int columns,
        Span<long> results, ref GemmEvents events)
    {
        if (!double.IsFinite(activations.Largest) || !double.IsFinite(weights.Largest)) return false;
        Span<T> total = stackalloc T[LaneTile.Rows * Lanes], largest = stackalloc T[total.Length];
        for (int lane = 0; lane < Lanes; lane += Vector512<T>.Count) Chain(a, b, lane, total, largest);
        return Encode(total, largest, rows, columns, results, ref events);
    }

    /// <summary>Sums one vector of every row from <paramref name="lane"/> on, into [rows][lanes].</summary>
    protected void Chain(ReadOnlySpan<T> a, ReadOnlySpan<T> b, int lane, Span<T> sums, Span<T> magnitudes)
    {
        int count = Vector512<T>.Count, steps = a.Length / LaneTile.Rows, length = chunk == 0 ? steps : Math.Min(chunk, steps);
        Span<T> total = stackalloc T[LaneTile.Rows * count], part = stackalloc T[total.Length], largest = stackalloc T[total.Length];
        largest.Clear();
        PositTile<T, TLanes, TSeparate,
            TLossy>.Sum(ref Chunks.Element(a, 0), ref Chunks.Element(b, steps == 0 ? 0 : lane), Lanes, length, _lanes, ref total[0],
            ref largest[0]);
        for (int start = length; start < steps; start += length)
        {
            int here = Math.Min(length, steps - start);
            ref T first = ref Chunks.Element(b, start * Lanes + lane);
            PositTile<T, TLanes, TSeparate,
                TLossy>.Sum(ref Chunks.Element(a, start * LaneTile.Rows), ref first, Lanes, here, _lanes, ref part[0], ref largest[0]);
            PositTile<T, TLanes, TSeparate, TLossy>.Combine(total, part, _lanes, largest);
        }
        for (int r = 0; r < LaneTile.Rows; r++)
        {
            total.Slice(r * count, count).CopyTo(sums[(r * Lanes + lane)..]);
            largest.Slice(r * count, count).CopyTo(magnitudes[(r * Lanes + lane)..]);
        }
    }

    /// <summary>Codes of sums, with the largest magnitude beside each; false where that does not tell whether a step overflowed.</summary>
    protected bool Encode(ReadOnlySpan<T> total, ReadOnlySpan<T> largest, int rows, int columns, Span<long> results, ref GemmEvents events)
    {
        int overflowed = 0;
        for (int r = 0; r < rows; r++)
        {
            foreach (T reached in largest.Slice(r * Width, columns))
            {
                // It may have been above the largest posit before the lane rounded it.
                if (reached == _lanes.Highest && !exact) return false;
                if (reached > _lanes.Highest) overflowed++;
            }
        }
        events.OverflowedOutputs += overflowed;
        Span<double> sums = stackalloc double[total.Length];
        for (int i = 0; i < sums.Length; i++) sums[i] = double.CreateTruncating(total[i]) * 0.5;
        _encoder.Encode(sums, results);
        return true;
    }
}
