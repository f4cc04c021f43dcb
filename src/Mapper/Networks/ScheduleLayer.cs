using System.Collections.Immutable;
using Sim.Workloads.Graph;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Networks;

/// <summary>Output positions along an axis and the input positions that they need: p·Stride + r·Dilation − Pad, of Size.</summary>
public readonly record struct WindowAxis(long Outputs, long Filter, int Stride, int Dilation, int Pad, long Size)
{
    /// <summary>An axis without a window.</summary>
    public static WindowAxis Plain(long outputs) => new(outputs, 1, 1, 1, 0, outputs);

    /// <summary>Whether every output needs one input position, its own.</summary>
    public bool IsPlain => Filter == 1 && Stride == 1 && Pad == 0 && Size == Outputs;

    /// <summary>Input positions from the first to behind the last that outputs need, inside the input.</summary>
    public (long From, long To) Needed(long from, long to)
    {
        long low = long.MaxValue, high = 0;
        if (to > from && Dilation == 1 && Filter >= Stride)
        {
            low = Math.Clamp((from * Stride) - Pad, 0, Size);
            high = Math.Clamp(((to - 1) * Stride) + Filter - Pad, low, Size);
        }
        // Where windows leave gaps the first and the last position may be padding.
        else
            for (long p = from; p < to; p++)
                for (long r = 0; r < Filter; r++)
                    if ((p * Stride) + (r * Dilation) - Pad is >= 0 and var at && at < Size)
                        (low, high) = (Math.Min(low, at), Math.Max(high, at + 1));
        return high <= low ? (0, 0) : (low, high);
    }
}

/// <summary>A matrix layer with what tiling needs: samples, groups, channels of a group, and the two axes.</summary>
public sealed record MatrixWork(long Samples, long Groups, long Filters, long Channels, WindowAxis Rows, WindowAxis Columns)
{
    /// <summary>Multiply-accumulates.</summary>
    public long Macs => checked(Samples * Groups * Filters * Channels * Rows.Outputs * Rows.Filter * Columns.Outputs * Columns.Filter);

    /// <summary>Elements of the second operand.</summary>
    public long SecondElements => checked(Groups * Filters * Channels * Rows.Filter * Columns.Filter);

    /// <summary>Elements of the result.</summary>
    public long OutputElements => checked(Samples * Groups * Filters * Rows.Outputs * Columns.Outputs);

    /// <summary>Whether the second operand is a computed tensor, stored like activations.</summary>
    public bool SecondIsComputed { get; init; }

    /// <summary>Whether it is a convolution, whose rows and columns are those of an image.</summary>
    public bool IsImage { get; init; }

    /// <summary>The work of a matrix layer.</summary>
    public static MatrixWork Of(GemmLayer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        if (layer.Conv is not { } c)
            return new(1, layer.Groups, layer.N, layer.K, WindowAxis.Plain(layer.M), WindowAxis.Plain(1))
                { SecondIsComputed = layer.Second != SecondOperand.Weights };
        long samples = Math.Max(1, (long)layer.M / ((long)c.OutputHeight * c.OutputWidth));
        return new(samples, layer.Groups, layer.N, layer.K / ((long)c.KernelHeight * c.KernelWidth),
            new(c.OutputHeight, c.KernelHeight, c.StrideHeight, c.DilationHeight, c.PadTop, c.InputHeight),
            new(c.OutputWidth, c.KernelWidth, c.StrideWidth, c.DilationWidth, c.PadLeft, c.InputWidth))
            { IsImage = true, SecondIsComputed = layer.Second != SecondOperand.Weights };
    }

    /// <summary>The same as loops of a nest, which know no padding.</summary>
    public LoopLayer Loops(string name) => IsImage
        ? LoopLayer.Conv(name, Samples, Groups, Filters, Channels, Rows.Outputs, Columns.Outputs, Rows.Filter, Columns.Filter, Rows.Stride,
            Columns.Stride, Rows.Dilation, Columns.Dilation)
        : LoopLayer.Gemm(name, Groups, Rows.Outputs, Filters, Channels, Groups == 1);
}

/// <summary>What a layer costs without DRAM when it runs whole.</summary>
/// <param name="Cycles">Cycles of its unit: the array or the vector unit.</param>
/// <param name="Picojoules">Energy of everything but DRAM.</param>
/// <param name="StreamedPicojoules">Energy of a vector layer that takes its first operand straight from the layer before and leaves its
/// result in place of that one's.</param>
public readonly record struct LayerCost(long Cycles, double Picojoules, double StreamedPicojoules = 0);

/// <summary>A layer of a network to be scheduled. Exactly one of Matrix and Vector is set.</summary>
/// <param name="Name">Its name.</param>
/// <param name="OpType">Its operator.</param>
/// <param name="Matrix">Work of a matrix layer.</param>
/// <param name="Vector">Work of a vector layer.</param>
/// <param name="Inputs">Tensors of the first operand, or of a vector layer all computed operands.</param>
/// <param name="Second">Tensor of the second operand; -1: none.</param>
/// <param name="Outputs">Tensors that it makes.</param>
/// <param name="ParameterBits">Bits of parameters that it always reads from DRAM: bias, scale, rows of a table.</param>
/// <param name="Cost">What it costs without DRAM.</param>
public sealed record ScheduleLayer(string Name, string OpType, MatrixWork? Matrix, VectorLayer? Vector, ImmutableArray<int> Inputs,
    int Second, ImmutableArray<int> Outputs, long ParameterBits, LayerCost Cost)
{
    /// <summary>Whether all that it reads apart from its inputs and second operand is in DRAM from the start.</summary>
    public bool HasGivenParameters { get; init; } = true;

    /// <summary>Tensors that it reads and that may be on chip.</summary>
    public IEnumerable<int> Reads => Second >= 0 ? Inputs.Append(Second) : Inputs;
}
