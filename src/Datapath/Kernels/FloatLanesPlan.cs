using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Float lanes without special cases in the loop: any lane that ends as Inf or NaN (an operand was one, or a sum came near the
/// accumulator's largest finite) sends its tile to the fallback.
/// </summary>
internal class FloatLanesPlan<T, TReduction> : TilePlan<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TReduction : struct, IReduction<T>
{
    private readonly TReduction _reduction;
    private readonly OperandDecoder<T> _activations, _weights;
    private readonly FloatLaneEncoder<T> _encoder;
    private readonly T _scale, _weightScale;
    private readonly int _chunk;

    /// <param name="spec">The datapath.</param>
    /// <param name="format">Format of the results.</param>
    /// <param name="order">Reduction order.</param>
    /// <param name="reduction">The step.</param>
    /// <param name="scale">Exponent of the power of two by which activations, and so sums, are multiplied.</param>
    /// <param name="weightScale">The part of it by which weights are multiplied instead.</param>
    public FloatLanesPlan(DatapathSpec spec, FloatFormat format, ReductionOrder order, TReduction reduction, int scale, int weightScale = 0)
    {
        _reduction = reduction;
        _activations = OperandDecoder<T>.Of(spec.Activation);
        _weights = OperandDecoder<T>.Of(spec.Weight);
        _encoder = new(format, scale);
        _scale = T.ScaleB(T.One, scale - weightScale);
        _weightScale = T.ScaleB(T.One, weightScale);
        _chunk = order.Chunk;
    }

    public override int Rows => LaneTile.Rows;

    public override int Width => LaneTile.Width<T>();

    public override int Steps(int k) => k;

    public override void DecodeActivations(ReadOnlySpan<uint> codes, int zeroPoint, Span<T> values) =>
        _activations.Decode(codes, zeroPoint, _scale, values);

    public override void DecodeWeights(ReadOnlySpan<uint> codes, int zeroPoint, Span<T> values) =>
        _weights.Decode(codes, zeroPoint, _weightScale, values);

    public override bool Sum(ReadOnlySpan<T> a, ReadOnlySpan<T> b, in PanelBounds activations, in PanelBounds weights, int rows,
        int columns,
        Span<long> results, ref GemmEvents events) =>
        Sum(a, b, rows, columns, _reduction, results);

    /// <summary>Sums a tile with a given step.</summary>
    [SkipLocalsInit]
    protected bool Sum<TStep>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, int rows, int columns, TStep step, Span<long> results)
        where TStep : struct, IReduction<T>
    {
        Span<T> total = stackalloc T[LaneTile.Rows * LaneTile.Width<T>()];
        Chunks.Sum(a, b, _chunk, step, total);
        return Finish(total, rows, columns, results);
    }

    /// <summary>Results of finished sums; false where one is Inf or NaN.</summary>
    protected bool Finish(ReadOnlySpan<T> total, int rows, int columns, Span<long> results)
    {
        if (!IsFinite(total[..(rows * Width)], columns)) return false;
        _encoder.Encode(total[..(rows * Width)], results);
        return true;
    }

    private bool IsFinite(ReadOnlySpan<T> tile, int columns)
    {
        if (columns == Width)
        {
            // x·0 is 0 for finite x and NaN otherwise; a row is two vectors.
            Vector512<T> left = Vector512<T>.Zero, right = left;
            ref T from = ref MemoryMarshal.GetReference(tile);
            nuint lanes = (nuint)Vector512<T>.Count;
            for (nuint i = 0; i < (nuint)tile.Length; i += 2 * lanes)
            {
                left = FloatLanes.Fma(Vector512.LoadUnsafe(ref from, i), Vector512<T>.Zero, left);
                right = FloatLanes.Fma(Vector512.LoadUnsafe(ref from, i + lanes), Vector512<T>.Zero, right);
            }
            return Vector512.EqualsAll(left + right, Vector512<T>.Zero);
        }
        for (int i = 0; i < tile.Length; i++)
            if (i % Width < columns && !T.IsFinite(tile[i])) return false;
        return true;
    }
}
