namespace Sim.Workloads.Graph;

/// <summary>Unfolds convolution windows into matrices whose K order is that of the ONNX weight: channel, ky, kx.</summary>
public static class Im2Col
{
    /// <summary>
    /// Rows: [OutputHeight·OutputWidth × K] from channels [firstChannel, firstChannel + channels) of one sample in CHW order. Places in the
    /// padding get <paramref name="pad"/>
    /// (a quantized zero is its zero point).
    /// </summary>
    public static void Rows<T>(ReadOnlySpan<T> sample, ConvGeometry geometry, int firstChannel, int channels, T pad, Span<T> rows) where T
        : unmanaged
    {
        ArgumentNullException.ThrowIfNull(geometry);
        Fill(sample, geometry, firstChannel, channels, pad, rows, channels * geometry.KernelHeight * geometry.KernelWidth, 1);
    }

    /// <summary>Columns: the transpose, [K × OutputHeight·OutputWidth].</summary>
    public static void Columns<T>(ReadOnlySpan<T> sample, ConvGeometry geometry, int firstChannel, int channels, T pad, Span<T> columns)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(geometry);
        Fill(sample, geometry, firstChannel, channels, pad, columns, 1, geometry.OutputHeight * geometry.OutputWidth);
    }

    private static void Copy<T>(ReadOnlySpan<T> plane, int row, int from, int until, Span<T> target, int to)
    {
        if (from < until) plane.Slice(row + from, until - from).CopyTo(target[(to + from)..]);
    }

    private static void Fill<T>(ReadOnlySpan<T> sample, ConvGeometry g, int firstChannel, int channels, T pad, Span<T> target,
        int pixelStep, int kStep)
        where T : unmanaged
    {
        int k = 0;
        for (int c = firstChannel; c < firstChannel + channels; c++)
        {
            ReadOnlySpan<T> plane = sample.Slice(c * g.InputHeight * g.InputWidth, g.InputHeight * g.InputWidth);
            for (int ky = 0; ky < g.KernelHeight; ky++)
            {
                for (int kx = 0; kx < g.KernelWidth; kx++, k++)
                {
                    // Output columns [low, high) read inside the input row; the rest is padding.
                    int start = kx * g.DilationWidth - g.PadLeft, to = k * kStep;
                    int low = Math.Min(g.OutputWidth, Math.Max(0, (g.StrideWidth - 1 - start) / g.StrideWidth));
                    int high = Math.Clamp((g.InputWidth - start + g.StrideWidth - 1) / g.StrideWidth, low, g.OutputWidth);
                    for (int oy = 0; oy < g.OutputHeight; oy++, to += pixelStep * g.OutputWidth)
                    {
                        int y = oy * g.StrideHeight + ky * g.DilationHeight - g.PadTop;
                        bool inside = y >= 0 && y < g.InputHeight;
                        int from = inside ? low : g.OutputWidth, until = inside ? high : g.OutputWidth, row = y * g.InputWidth + start;
                        for (int ox = 0; ox < from; ox++) target[to + ox * pixelStep] = pad;
                        if (pixelStep == 1 && g.StrideWidth == 1) Copy(plane, row, from, until, target, to);
                        else
                            for (int ox = from; ox < until; ox++) target[to + ox * pixelStep] = plane[row + ox * g.StrideWidth];
                        for (int ox = until; ox < g.OutputWidth; ox++) target[to + ox * pixelStep] = pad;
                    }
                }
            }
        }
    }
}
