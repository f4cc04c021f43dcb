using Sim.Workloads.Graph;

namespace Sim.Workloads.Nests;

/// <summary>Matrix layers of a network as loops.</summary>
public static class LoopLayers
{
    /// <summary>
    /// The loops of a layer. A convolution keeps its rows, columns and filter; its groups are G. Other products are GEMMs of as many
    /// batches as they have groups, with weights of their own: also attention, whose second activation takes the role of the weights.
    /// </summary>
    /// <param name="layer">The layer; it may count several samples in its rows.</param>
    /// <param name="samples">Times that all rows are repeated.</param>
    public static LoopLayer Of(GemmLayer layer, int samples = 1)
    {
        ArgumentNullException.ThrowIfNull(layer);
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        if (Window(layer) is not { } conv)
            return LoopLayer.Gemm(layer.Name, layer.Groups, checked((long)samples * layer.M), layer.N, layer.K, layer.Groups == 1);
        int taps = conv.KernelHeight * conv.KernelWidth, pixels = conv.OutputHeight * conv.OutputWidth;
        return LoopLayer.Conv(layer.Name, checked((long)samples * (layer.M / pixels)), layer.Groups, layer.N, layer.K / taps,
            conv.OutputHeight, conv.OutputWidth, conv.KernelHeight, conv.KernelWidth, conv.StrideHeight, conv.StrideWidth,
            conv.DilationHeight, conv.DilationWidth);
    }

    /// <summary>Input elements that the loops of a convolution touch and that are padding: loops know no padding, so nests count them as
    /// words of the input.</summary>
    public static long PaddingTouched(GemmLayer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        if (Window(layer) is not { } c) return 0;
        (long rows, long realRows) = Touched(c.OutputHeight, c.KernelHeight, c.StrideHeight, c.DilationHeight, c.PadTop, c.InputHeight);
        (long columns, long realColumns) = Touched(c.OutputWidth, c.KernelWidth, c.StrideWidth, c.DilationWidth, c.PadLeft, c.InputWidth);
        long planes = (long)layer.Groups * (layer.K / (c.KernelHeight * c.KernelWidth)) * (layer.M / (c.OutputHeight * c.OutputWidth));
        return checked(planes * (rows * columns - realRows * realColumns));
    }

    // The geometry where rows, columns and taps are whole parts of M and K.
    private static ConvGeometry? Window(GemmLayer layer) => layer.Conv is { } c && layer.K % (c.KernelHeight * c.KernelWidth) == 0
        && layer.M % (c.OutputHeight * c.OutputWidth) == 0 ? c : null;

    private static (long All, long Real) Touched(int outputs, int taps, int stride, int dilation, int padding, int size)
    {
        var all = new HashSet<long>();
        for (long p = 0; p < outputs; p++)
            for (long r = 0; r < taps; r++) all.Add(p * stride + r * dilation - padding);
        return (all.Count, all.Count(at => at >= 0 && at < size));
    }
}
