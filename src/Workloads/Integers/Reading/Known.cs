using Sim.Workloads.Graph;

namespace Sim.Workloads.Integers.Reading;

/// <summary>What the reader knows of a value of the graph. Nothing known: the value is not in its table.</summary>
internal abstract record Known;

/// <summary>
/// A tensor of integers. Element i of a sample belongs to channel (i / Inner) mod Box.Length, which views (Reshape, Flatten) do not change.
/// </summary>
/// <param name="Constant">The integers, when they are constant.</param>
/// <param name="Type">What the data type holds.</param>
/// <param name="Box">What the integers can be: one range, or one a channel.</param>
/// <param name="Source">The layer whose requantized sums they are; null: none, or not directly.</param>
internal sealed record Stored(Tensor? Constant, Interval Type, Interval[] Box, int Inner = 1, LayerSource? Source = null) : Known
{
    /// <summary>Distance of neighbouring integers of the box: 2 for bipolar ones, else 1.</summary>
    internal int Step { get; init; } = 1;

    /// <summary>The float type whose numbers these are, which are no integers then; null: integers. A constant holds them as
    /// float32.</summary>
    internal ElementType? Coded { get; init; }

    /// <summary>The least range that holds every channel's.</summary>
    internal Interval Hull => Box.Aggregate((a, b) => a.Hull(b));
}

/// <summary>A tensor of float32 numbers (integer − Zeros)·Scales: what DequantizeLinear and QONNX's Quant make.</summary>
/// <param name="Scales">One; or, of a constant, one for each element.</param>
/// <param name="Zeros">One; or, of a constant, one for each element.</param>
internal sealed record Dequantized(Stored Integers, Repeated<float> Scales, Repeated<long> Zeros) : Known
{
    /// <summary>How far float32 rounding of a sum or product can have moved the executor's values away from (integer − zero) · scale; 0:
    /// they are that, rounded once.</summary>
    internal double Slack { get; init; }
}

/// <summary>The sums of a layer times a scale of each row: value = sum · Scales[row], then clipped to [ClipLow, ClipHigh].</summary>
/// <param name="Layer">Index of the layer.</param>
/// <param name="Scales">One, or one a row.</param>
/// <param name="Pooled">Elements a channel after MaxPool, which takes the largest of several sums, as rising requantization then would too;
/// 0: one value a sum.</param>
internal sealed record Sums(int Layer, float[] Scales, float ClipLow = float.NegativeInfinity, float ClipHigh = float.PositiveInfinity,
    int Pooled = 0) : Known
{
    /// <summary>Elements of a sample that lie beside each other in one channel.</summary>
    internal int Inner(IntegerLayer layer) => Pooled > 0 ? Pooled : Boxes.Inner(layer.Shape);
}

/// <summary>Float32 numbers within [Low, High] of their channel (as in <see cref="Stored"/>).</summary>
internal sealed record Reals(float[] Low, float[] High, int Inner = 1) : Known
{
    /// <summary>One range for all elements.</summary>
    internal Reals Merged => Low.Length == 1 ? this : new([Low.Min()], [High.Max()]);

    /// <summary>Whether another has the same channels.</summary>
    internal bool Matches(Reals other) => Low.Length == other.Low.Length && (Low.Length == 1 || Inner == other.Inner);
}
