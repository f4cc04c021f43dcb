using Sim.Workloads.Graph;

namespace Sim.Workloads.Generators;

/// <summary>
/// The two products behind a matrix layer Y = X·W: the gradient of X is that of Y by Wᵀ, the gradient of W is Xᵀ by that of Y, each with as
/// many products as the layer. For a convolution the latter is again one: images are channels, channels images, the gradient of Y the
/// filter.
/// </summary>
internal static class BackwardProducts
{
    /// <summary>The gradient of the first operand; of a convolution whose output is smaller than its input, that of its im2col rows, which
    /// are then added up.</summary>
    public static GemmLayer First(GemmLayer y)
    {
        string name = y.Name + ".input_gradient";
        if (y.Conv is not { } c || !IsSameSize(c))
            return new GemmLayer(name, "MatMul", y.Groups, y.M, y.K, y.N, y.OutputElements) { Batch = y.Batch, Second = y.Second };
        int filters = y.N * y.Groups, channels = c.InputChannels / y.Groups;
        var conv = c with
        {
            InputChannels = filters, PadTop = Pad(c.DilationHeight, c.KernelHeight, c.PadTop),
            PadBottom = Pad(c.DilationHeight, c.KernelHeight, c.PadBottom), PadLeft = Pad(c.DilationWidth, c.KernelWidth, c.PadLeft),
            PadRight = Pad(c.DilationWidth, c.KernelWidth, c.PadRight),
        };
        return new GemmLayer(name, "Conv", y.Groups, y.M, channels, y.N * c.KernelHeight * c.KernelWidth, y.OutputElements, conv)
            { Batch = y.Batch, Second = y.Second };
    }

    /// <summary>Whether the gradient of the first operand comes as im2col rows.</summary>
    public static bool GivesColumns(GemmLayer y) => y.Conv is { } c && !IsSameSize(c);

    /// <summary>The gradient of the second operand, one of all samples.</summary>
    public static GemmLayer Second(GemmLayer y)
    {
        string name = y.Name + (y.Second == SecondOperand.Weights ? ".weight_gradient" : ".second_gradient");
        if (y.Conv is not { } c)
            return new GemmLayer(name, "MatMul", y.Groups, y.K, y.N, y.M, y.InputElements) { Second = SecondOperand.Activations };
        int channels = c.InputChannels / y.Groups;
        var conv = c with
        {
            InputChannels = y.Batch * y.Groups, KernelHeight = c.OutputHeight, KernelWidth = c.OutputWidth, OutputHeight = c.KernelHeight,
            OutputWidth = c.KernelWidth, StrideHeight = c.DilationHeight, StrideWidth = c.DilationWidth, DilationHeight = c.StrideHeight,
            DilationWidth = c.StrideWidth,
        };
        return new GemmLayer(name, "Conv", y.Groups, y.K, y.N, y.M, y.InputElements, conv)
            { Batch = channels, Second = SecondOperand.Activations };
    }

    private static bool IsSameSize(ConvGeometry c) => c is { StrideHeight: 1, StrideWidth: 1 } && c.OutputHeight == c.InputHeight
        && c.OutputWidth == c.InputWidth;

    private static int Pad(int dilation, int kernel, int pad) => dilation * (kernel - 1) - pad;
}
