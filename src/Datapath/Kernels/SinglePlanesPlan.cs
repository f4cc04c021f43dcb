using Sim.Datapath.Kernels.Lanes;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>Table products of 8-bit codes into fp32 sums, looked up plane by plane (<see cref="PlaneTile"/>). A step is an addition rounded
/// to nearest even.</summary>
internal sealed class SinglePlanesPlan(DatapathSpec spec, ReductionOrder order, int k) : TilePlan<byte>
{
    // Codes of the lanes that stay in the first-level cache while all rows pass.
    private const int BlockSteps = 64;

    private static readonly int[] NarrowColumns = [.. Enumerable.Range(0, PlaneTile.Width).Select(lane => PlaneTile.Column(lane, false))];
    private static readonly int[] WideColumns = [.. Enumerable.Range(0, PlaneTile.Width).Select(lane => PlaneTile.Column(lane, true))];

    private readonly ProductTable _table = ProductTable.Of(spec)!;
    private readonly bool _knowsSpecials = ProductTable.Of(spec)!.NeverOverflows((FloatAccumulator)spec.Accumulator, k);

    public override int Rows => PlaneTile.Rows;

    public override int Width => PlaneTile.Width;

    public override int Steps(int k) => k;

    public override void DecodeActivations(ReadOnlySpan<uint> codes, int zeroPoint, Span<byte> values) =>
        CodeBytes.Narrow(codes, zeroPoint, values);

    public override void DecodeWeights(ReadOnlySpan<uint> codes, int zeroPoint, Span<byte> values) =>
        CodeBytes.Narrow(codes, zeroPoint, values);

    public override PanelBounds Bounds(Span<byte> panel, int width, bool weights)
    {
        bool lanes = width == Width;
        PanelTraits traits = lanes == weights ? PanelTraits.None : PanelTraits.Turned;
        if (lanes && _table.Planes(!weights) is { IsSigned: true } planes && planes.IsIrregular(panel)) traits |= PanelTraits.Irregular;
        return new(0, 0, 0, 0, traits);
    }

    public override bool Sum(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, in PanelBounds activations, in PanelBounds weights, int rows,
        int columns, Span<long> results,
        ref GemmEvents events)
    {
        SinglePlanes planes = _table.Planes((activations.Traits & PanelTraits.Turned) != 0);
        bool signed = planes.IsSigned && ((activations.Traits | weights.Traits) & PanelTraits.Irregular) == 0;
        int steps = a.Length / Rows, length = order.Chunk == 0 ? steps : order.Chunk;
        Span<float> total = stackalloc float[PlaneTile.Rows * PlaneTile.Width],
            part = stackalloc float[order.Chunk == 0 ? 0 : total.Length];
        Chain(planes, signed, a, b, 0, Math.Min(length, steps), rows, total);
        for (int start = length; start < steps; start += length)
        {
            part.Clear();
            Chain(planes, signed, a, b, start, Math.Min(start + length, steps), rows, part);
            for (int i = 0; i < total.Length; i++) total[i] += part[i];
        }
        ReadOnlySpan<int> order128 = planes.IsWide ? WideColumns : NarrowColumns;
        for (int r = 0; r < rows; r++)
        {
            Span<float> sums = total.Slice(r * Width, Width);
            Span<long> line = results.Slice(r * Width, Width);
            for (int i = 0; i < sums.Length; i++) line[order128[i]] = BitConverter.SingleToUInt32Bits(sums[i]);
            if (!Finite.All(sums) && !Specials(line[..columns], ref events)) return false;
        }
        return true;
    }

    private static unsafe void Chain(SinglePlanes planes, bool signed, ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, int from, int to,
        int rows, Span<float> sums)
    {
        byte* table = planes.Planes.Table;
        fixed (byte* broadcast = a, lanes = b)
        fixed (float* sum = sums)
        {
            for (int s = from; s < to; s += BlockSteps)
            {
                int steps = Math.Min(BlockSteps, to - s);
                byte* x = broadcast + s * PlaneTile.Rows, y = lanes + s * PlaneTile.Width;
                for (int r = 0; r < rows; r++)
                {
                    float* line = sum + r * PlaneTile.Width;
                    if (planes.IsWide && signed) PlaneTile.Wholes<SignedLookup>(x + r, y, steps, table, line);
                    else if (planes.IsWide) PlaneTile.Wholes<FullLookup>(x + r, y, steps, table, line);
                    else if (signed) PlaneTile.Halves<SignedLookup>(x + r, y, steps, table, line);
                    else PlaneTile.Halves<FullLookup>(x + r, y, steps, table, line);
                }
            }
        }
    }

    // false: an infinite sum may have overflowed before, which only the reference knows.
    private bool Specials(Span<long> line, ref GemmEvents events)
    {
        foreach (ref long result in line)
        {
            float sum = BitConverter.UInt32BitsToSingle((uint)result);
            if (float.IsFinite(sum)) continue;
            if (!_knowsSpecials) return false;
            if (!float.IsNaN(sum)) continue;
            result = ProductTable.NaN;
            events.NaNOutputs++;
        }
        return true;
    }
}

/// <summary>Codes of at most 8 bits as bytes.</summary>
internal static class CodeBytes
{
    /// <summary>One byte a code.</summary>
    /// <exception cref="ArgumentException">A zero point: a multiplier that is not exact takes codes, and a code less a zero point is
    /// none.</exception>
    public static void Narrow(ReadOnlySpan<uint> codes, int zeroPoint, Span<byte> values)
    {
        if (zeroPoint != 0) throw new ArgumentException("a multiplier that is not exact takes codes without zero points",
            nameof(zeroPoint));
        unchecked
        {
            for (int i = 0; i < codes.Length; i++) values[i] = (byte)codes[i];
        }
    }
}
