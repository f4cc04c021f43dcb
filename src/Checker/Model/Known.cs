using System.Numerics;
using Sim.Checker.Claims;

namespace Sim.Checker.Model;

/// <summary>What is known of a value between nodes.</summary>
internal abstract record Known;

/// <summary>Constant integers with a scale and a zero point for each: the number is (Q − Zero)·Scale.</summary>
internal sealed record Grid(int[] Shape, Range Type, Func<int, long> Q, Func<int, float> Scale, Func<int, long> Zero) : Known
{
    internal int Count => Shape.Aggregate(1, (a, b) => a * b);

    /// <summary>The same elements in another arrangement.</summary>
    internal Grid Moved(int[] shape, Func<int, int> from) => new(shape, Type, i => Q(from(i)), i => Scale(from(i)), i => Zero(from(i)));
}

/// <summary>Computed integers: element i of a sample belongs to channel (i / Inner) mod Boxes.Length.</summary>
/// <param name="Type">What their type, a clip included, holds.</param>
/// <param name="Boxes">What they can be: one range, or one a channel.</param>
internal sealed record Integers(Range Type, Range[] Boxes, int Inner = 1, Link? Link = null) : Known
{
    internal bool IsBipolar { get; init; }

    /// <summary>How they come from the network's input; null: not directly.</summary>
    internal InputSource? Source { get; init; }

    internal Range Hull => Boxes.Aggregate((a, b) => a.Hull(b));
}

/// <summary>The float32 input of the network.</summary>
internal sealed record NetworkInput(int[] Shape) : Known;

/// <summary>Computed float32 numbers within ranges: one, or one a channel.</summary>
internal sealed record Reals(float[] Low, float[] High, int Inner) : Known;

/// <summary>Computed numbers (q − Zero)·Scale.</summary>
internal sealed record Scaled(Integers Q, float Scale, long Zero) : Known;

/// <summary>Sums of a layer times a scale of each row, clipped to [Low, High]. Pooled: elements a channel after a choice among sums; 0: one
/// a sum.</summary>
internal sealed record Sums(Layer Layer, float[] Scales, float Low = float.NegativeInfinity, float High = float.PositiveInfinity,
    int Pooled = 0) : Known
{
    /// <summary>The integers that a quantizer with round-half-even makes of them.</summary>
    internal Integers Quantized(float scale, long zero, Range type, bool propagate)
    {
        BigInteger End(float v) => float.IsNaN(v) ? type.Low
            : new BigInteger(Math.Clamp(Math.Round((double)(v / scale), MidpointRounding.ToEven) + zero, (double)type.Low,
                (double)type.High));
        var link = new Link(Layer, [.. Scales.Select(s => s / scale)], zero, End(Low), End(High));
        return Requantized(link, type, propagate, Pooled);
    }

    /// <summary>The integers that a link makes of every sum of its layer.</summary>
    internal static Integers Requantized(Link link, Range type, bool propagate, int pooled)
    {
        Layer layer = link.Maker;
        bool byChannel = layer.Window is not null || layer.Groups == 1;
        int inner = pooled > 0 ? pooled : layer.Places;
        Link? kept = pooled > 0 || !byChannel ? null : link;
        if (!propagate) return new(type, [type], inner, kept);
        Range[] boxes = [.. Enumerable.Range(0, layer.Rows).Select(r => layer.Sum(r))
            .Select((s, r) => new Range(Rounding.Of(link, r, s.Low), Rounding.Of(link, r, s.High)))];
        return byChannel ? new(type, boxes, inner, kept) : new(type, [boxes.Aggregate((a, b) => a.Hull(b))], 1);
    }
}
