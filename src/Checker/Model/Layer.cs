using System.Numerics;

namespace Sim.Checker.Model;

/// <summary>Places of a convolution over channel, y, x. One spatial dimension is the width.</summary>
internal sealed record Window(int Channels, int Height, int Width, int KernelY, int KernelX, int StrideY, int StrideX, int Top, int Left,
    int Bottom, int Right, int DilationY, int DilationX)
{
    internal int Rows => (Height + Top + Bottom - DilationY * (KernelY - 1) - 1) / StrideY + 1;

    internal int Columns => (Width + Left + Right - DilationX * (KernelX - 1) - 1) / StrideX + 1;

    internal bool IsPadded => (Top | Left | Bottom | Right) != 0;
}

/// <summary>How a layer's stored inputs come from the sums of an earlier one: clamp(round-half-even(float32(sum) · multiplier) + Zero, Low,
/// High).</summary>
internal sealed record Link(Layer Maker, float[] Multipliers, BigInteger Zero, BigInteger Low, BigInteger High);

/// <summary>Stored inputs that are the network's own: as they are, or clamp(round-half-even(value / Scale) + Zero, Low, High).</summary>
internal sealed record InputSource(int[] Shape, bool IsSigned, float? Scale, long Zero, long Low, long High);

/// <summary>A layer of the model whose sums are integers: each of Rows output channels adds K products.</summary>
/// <param name="Stored">Weight k of a row as the model stores it; null: known at run time only.</param>
/// <param name="WeightType">What the weights' type holds.</param>
/// <param name="WeightZeros">Zero point of each row's weights.</param>
/// <param name="Bias">Of each row, in units of the product.</param>
/// <param name="Boxes">Stored inputs: one range, or one an input channel.</param>
internal sealed record Layer(string Name, string Op, int Groups, int Rows, int K, Func<int, int, long>? Stored, Range WeightType,
    long[] WeightZeros, long[] Bias,
    Range[] Boxes, long InputZero, Window? Window, Link? Link)
{
    /// <summary>Whether only every second integer of a box is an input (−1 and 1).</summary>
    internal bool IsBipolar { get; init; }

    /// <summary>How the inputs come from the network's input; null: not directly.</summary>
    internal InputSource? Source { get; init; }

    /// <summary>Positions of one output channel.</summary>
    internal int Places => Window is { } w ? w.Rows * w.Columns : 1;

    internal long Weight(int row, int k, bool raw) => Stored!(row, k) - (raw ? 0 : WeightZeros[row]);

    /// <summary>The boxes of the operands as multipliers take them, entry by entry; padding counts as the zero point.</summary>
    internal Range[] Operands(bool raw) => [.. Boxes.Select(b =>
    {
        Range box = Window is { IsPadded: true } ? b.Hull(Range.Of(InputZero)) : b;
        return raw ? box : new(box.Low - InputZero, box.High - InputZero);
    })];

    /// <summary>Which entry holds for product k of a row.</summary>
    internal static int Entry(int entries, int groups, int rows, int k, int row, int product) =>
        entries == 1 ? 0 : row / (rows / groups) * (entries / groups) + product / (k / (entries / groups));

    /// <summary>What the finished sum of a row can be, bias included.</summary>
    internal Range Sum(int row)
    {
        Range[] boxes = Operands(raw: false);
        Range sum = Range.Of(Bias[row]);
        for (int k = 0; k < K; k++)
        {
            Range box = boxes[Entry(boxes.Length, Groups, Rows, K, row, k)];
            sum += Stored is null ? new Range(WeightType.Low - WeightZeros[row], WeightType.High - WeightZeros[row]).Products(box)
                : box.Times(Weight(row, k, raw: false));
        }
        return sum;
    }
}
