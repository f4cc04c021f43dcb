using System.Numerics;
using Sim.Workloads.Graph;

namespace Sim.Mapper;

/// <summary>A range of pixels, reduction indices or output channels, and how many input rows of a channel or channels it touches: in all, and
/// beyond what earlier ranges of the same grid touched.</summary>
public readonly record struct InputPart(int Count, long Touched, long New);

/// <summary>
/// How many activation elements one group of a layer needs on chip for a range of GEMM rows (output pixels) and reduction indices. A
/// convolution is fetched by whole input rows of a channel, each once however many im2col entries repeat it; a plain GEMM element by
/// element (its "channel" is k, its "row" m, of one element). Closed forms; indices follow <see cref="GemmLayer"/>: k = (channel, ky, kx),
/// m = (sample, oy, ox). Rows of two samples are never the same.
/// </summary>
public sealed class InputFootprint
{
    private readonly int _tapsPerChannel;
    private readonly int _pixelsPerRow;
    private readonly int _rowElements;
    private readonly int[] _rowsUpTo;
    private readonly ConvGeometry? _conv;
    private (IndexRange M, long Rows) _latest = (default, 0);

    /// <summary>Prepares the row counts of a layer.</summary>
    public InputFootprint(GemmLayer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        _conv = layer.Conv;
        (_tapsPerChannel, _pixelsPerRow, _rowElements) = _conv is { } c ? (c.KernelHeight * c.KernelWidth, c.OutputWidth, c.InputWidth)
            : (1, 1, 1);
        _rowsUpTo = _conv is null ? [] : CountRows(_conv);
    }

    /// <summary>Elements of a rectangle fetched by itself: the smaller of its distinct rows and its im2col entries.</summary>
    public long Elements(IndexRange m, IndexRange k) => Elements(m, k, LatestRows(m));

    /// <summary>The same with the row count of <paramref name="m"/> already known.</summary>
    public long Elements(IndexRange m, IndexRange k, long rows) => _conv is null
        ? (long)m.Count * k.Count
        : Math.Min((long)m.Count * k.Count, Channels(k) * rows * _rowElements);

    /// <summary>Distinct input rows (of any one channel) under the output pixels <paramref name="m"/>.</summary>
    public long Rows(IndexRange m)
    {
        if (_conv is null) return m.Count;
        int first = m.Start / _pixelsPerRow, last = (m.End - 1) / _pixelsPerRow, height = _conv.OutputHeight;
        int from = first / height, to = last / height;
        if (from == to) return RowsOfSample(_conv, first % height, last % height);
        return RowsOfSample(_conv, first % height, height - 1) + (to - from - 1L) * _rowsUpTo[height]
            + RowsOfSample(_conv, 0, last % height);
    }

    // Distinct input rows under some output rows of one sample.
    private long RowsOfSample(ConvGeometry conv, int first, int last)
    {
        if (first == 0) return _rowsUpTo[last + 1];
        if (conv.DilationHeight == 1 && conv.StrideHeight <= conv.KernelHeight)
        {
            int low = Math.Max(0, first * conv.StrideHeight - conv.PadTop);
            int high = Math.Min(conv.InputHeight, last * conv.StrideHeight - conv.PadTop + conv.KernelHeight);
            return Math.Max(0, high - low);
        }
        // Windows apart share no rows.
        if (conv.DilationHeight == 1) return _rowsUpTo[last + 1] - _rowsUpTo[first];
        var touched = new HashSet<int>();
        for (int oy = first; oy <= last; oy++)
            foreach (int y in RowsOf(conv, oy)) touched.Add(y);
        return touched.Count;
    }

    /// <summary>Elements that the rectangle needs and that no rectangle of earlier folds (smaller k or m ranges on the same grid)
    /// needed.</summary>
    public long NewElements(IndexRange m, IndexRange k) => NewChannels(k) * NewRows(m) * _rowElements;

    /// <summary>Elements of the whole group that any output reads.</summary>
    public long Whole(int m, int k) => Channels(IndexRange.Whole(k)) * Rows(IndexRange.Whole(m)) * _rowElements;

    /// <summary>A range of output pixels by itself.</summary>
    public InputPart Pixels(IndexRange m) => new(m.Count, Rows(m), NewRows(m));

    /// <summary>A range of reduction indices by itself.</summary>
    public InputPart Reductions(IndexRange k) => new(k.Count, Channels(k), NewChannels(k));

    /// <summary><see cref="Elements(IndexRange, IndexRange)"/> of ranges that are known already.</summary>
    public long Elements(InputPart pixels, InputPart reductions)
    {
        long entries = (long)pixels.Count * reductions.Count;
        return _conv is null ? entries : Math.Min(entries, reductions.Touched * pixels.Touched * _rowElements);
    }

    /// <summary><see cref="NewElements(IndexRange, IndexRange)"/> of ranges that are known already.</summary>
    public long NewElements(InputPart pixels, InputPart reductions) => reductions.New * pixels.New * _rowElements;

    /// <summary>How many ranges of so many pixels later they lie the same way in a row of the output.</summary>
    public int PixelPeriod(int pixels) => _conv is null ? 1 : _pixelsPerRow / (int)BigInteger.GreatestCommonDivisor(pixels, _pixelsPerRow);

    /// <summary>How many ranges of so many reduction indices later they lie the same way in a channel.</summary>
    public int ReductionPeriod(int reductions) =>
        _tapsPerChannel / (int)BigInteger.GreatestCommonDivisor(reductions, _tapsPerChannel);

    // Neighbouring units mostly share their pixels.
    private long LatestRows(IndexRange m)
    {
        if (_latest.M != m) _latest = (m, Rows(m));
        return _latest.Rows;
    }

    private long Channels(IndexRange k) => (k.End - 1) / _tapsPerChannel - k.Start / _tapsPerChannel + 1;

    private long NewChannels(IndexRange k) => (k.End - 1) / _tapsPerChannel - (k.Start == 0 ? -1 : (k.Start - 1) / _tapsPerChannel);

    private long NewRows(IndexRange m) => _conv is null
        ? m.Count
        : RowsUpTo(_conv, (m.End - 1) / _pixelsPerRow + 1) - (m.Start == 0 ? 0 : RowsUpTo(_conv, (m.Start - 1) / _pixelsPerRow + 1));

    // Distinct input rows under the first output rows, sample by sample.
    private long RowsUpTo(ConvGeometry conv, int outputRows) =>
        (long)(outputRows / conv.OutputHeight) * _rowsUpTo[conv.OutputHeight] + _rowsUpTo[outputRows % conv.OutputHeight];

    // Entry x: distinct input rows that output rows 0 to x-1 of a sample touch.
    private static int[] CountRows(ConvGeometry conv)
    {
        var seen = new HashSet<int>();
        var upTo = new int[conv.OutputHeight + 1];
        for (int oy = 0; oy < conv.OutputHeight; oy++)
        {
            foreach (int y in RowsOf(conv, oy)) seen.Add(y);
            upTo[oy + 1] = seen.Count;
        }
        return upTo;
    }

    private static IEnumerable<int> RowsOf(ConvGeometry conv, int oy)
    {
        for (int ky = 0; ky < conv.KernelHeight; ky++)
        {
            int y = oy * conv.StrideHeight + ky * conv.DilationHeight - conv.PadTop;
            if (y >= 0 && y < conv.InputHeight) yield return y;
        }
    }
}
