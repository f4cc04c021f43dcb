using System.Collections.Immutable;
using Sim.Verification.Claims;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;
using Sim.Workloads.Integers.Reading;

namespace Sim.Verification.Relations;

/// <summary>
/// The layers behind one output of a layer: level 0 holds the K operands of its sum in K order, every further level the operands of the
/// layer before, in order of first use. Operands that several windows share are one operand, which is what relates the sums. Coordinates
/// are relative to the output place, so one chain stands for every place; a matrix layer behind a convolution knows the places, and then
/// padding is left out exactly.
/// </summary>
internal sealed class Chain
{
    internal const int MostEdges = 200_000;

    private readonly List<ChainLevel> _levels = [];

    private Chain(bool hasPlaces) => HasPlaces = hasPlaces;

    /// <summary>Level 0 first. Only the last one is not made by another.</summary>
    internal IReadOnlyList<ChainLevel> Levels => _levels;

    /// <summary>Whether coordinates are those of the tensors.</summary>
    internal bool HasPlaces { get; private set; }

    /// <summary>Coordinates of the operands of the last level: channel, y, x.</summary>
    internal IReadOnlyList<(int Channel, int Y, int X)> Places { get; private set; } = [];

    /// <summary>Of each operand of level 0: its product k. All of them in order, unless a place left out padding.</summary>
    internal IReadOnlyList<int> Taps { get; private set; } = [];

    /// <summary>The chain of a row.</summary>
    /// <param name="most">Levels beyond level 0 at most.</param>
    /// <param name="place">Output place y, x: level 0 then leaves out padding; null: any place, with every operand.</param>
    /// <returns>null when the operands of the layer are not sums of a layer with constant weights.</returns>
    internal static Chain? Of(IntegerNetwork network, int layer, int row, ZeroPoints zeros, int most, (int Y, int X)? place = null,
        int mostEdges = MostEdges)
    {
        IntegerLayer top = network.Layers[layer];
        var chain = new Chain(place is not null);
        var keys = new List<(int Channel, int Y, int X)>();
        var boxes = new List<Interval>();
        var taps = new List<int>();
        for (int k = 0; k < top.K; k++)
        {
            if (chain.Key(network, layer, row, k, place?.Y ?? 0, place?.X ?? 0) is not { } key) continue;
            taps.Add(k);
            keys.Add(key);
            boxes.Add(top.Input(row, k, zeros));
        }
        chain.Taps = taps;
        chain.Push(layer, keys, boxes);
        int edges = 0;
        while (chain._levels.Count <= most && chain.Extend(network, zeros, keys, mostEdges, ref edges) is { } next) keys = next;
        chain.Places = keys;
        return chain;
    }

    private void Push(int consumer, List<(int Channel, int, int)> keys, List<Interval> boxes) =>
        _levels.Add(new() { Consumer = consumer, Channel = [.. keys.Select(k => k.Channel)], Box = [.. boxes] });

    private List<(int Channel, int Y, int X)>? Extend(IntegerNetwork network, ZeroPoints zeros, List<(int Channel, int Y, int X)> keys,
        int most, ref int total)
    {
        ChainLevel level = _levels[^1];
        IntegerLayer consumer = network.Layers[level.Consumer];
        if (consumer.Source is not { } source || network.Layers[source.Layer] is not { Weights.Length: > 0 } maker) return null;
        total += level.Count * maker.K;
        if (total > most) return null;
        int zero = _levels.Count == 1 && zeros == ZeroPoints.Raw ? 0 : consumer.InputZeroPoint;
        var stairs = new Dictionary<int, (Staircase Above, Staircase Below)>();
        // A place outside the tensor is no sum of the maker: level 0 names those, deeper levels cannot.
        bool padded = _levels.Count > 1 && consumer.IsPadded && !HasPlaces;
        double least = double.PositiveInfinity;
        foreach (int channel in level.Channel.Distinct())
        {
            if (Staircase.Of(source, channel, RowSums.Of(maker, channel), zero) is not { } s) return null;
            (Staircase above, Staircase below) = padded ? (s.Cut(below: true), s.Cut(below: false)) : (s, s);
            stairs.Add(channel, (above, below));
            foreach (double steepest in (double[])[above.Steepest(above: true), below.Steepest(above: false)])
                if (steepest > 0) least = Math.Min(least, steepest);
        }
        var seen = new Dictionary<(int, int, int), int>();
        var next = new List<(int Channel, int Y, int X)>();
        var boxes = new List<Interval>();
        List<int> start = [0], input = [], weight = [];
        for (int n = 0; n < level.Count; n++)
        {
            ReadOnlySpan<int> weights = maker.Row(keys[n].Channel, ZeroPoints.Folded);
            for (int k = 0; k < maker.K; k++)
            {
                if (weights[k] == 0 || Key(network, source.Layer, keys[n].Channel, k, keys[n].Y, keys[n].X) is not { } key) continue;
                if (!seen.TryGetValue(key, out int index))
                {
                    seen.Add(key, index = next.Count);
                    next.Add(key);
                    boxes.Add(maker.Input(keys[n].Channel, k, ZeroPoints.Folded));
                }
                input.Add(index);
                weight.Add(weights[k]);
            }
            start.Add(input.Count);
        }
        (level.Start, level.Input, level.Weight) = ([.. start], [.. input], [.. weight]);
        level.Bias = [.. level.Channel.Select(c => maker.Bias.Length == 0 ? 0 : maker.Bias[c])];
        (level.Above, level.Below) = ([.. level.Channel.Select(c => stairs[c].Above)], [.. level.Channel.Select(c => stairs[c].Below)]);
        // Slopes to about one part in 2^20 of the flattest staircase.
        level.Shift = double.IsFinite(least) ? Math.Clamp(20 - (int)Math.Floor(Math.Log2(least)), 1, 52) : 1;
        Push(source.Layer, next, boxes);
        return next;
    }

    // The operand that product k of a row takes for the output at a place; null: padding.
    private (int Channel, int Y, int X)? Key(IntegerNetwork network, int layer, int row, int k, int y, int x)
    {
        GemmLayer shape = network.Layers[layer].Shape;
        if (shape.Conv is not { } g)
        {
            if (network.Layers[layer].Source is { } source && network.Layers[source.Layer].Shape.Conv is { } made)
            {
                // A flattened tensor: channel, y, x.
                int pixels = made.OutputHeight * made.OutputWidth;
                HasPlaces = true;
                return (k / pixels, k % pixels / made.OutputWidth, k % made.OutputWidth);
            }
            return (k, 0, 0);
        }
        int window = g.KernelHeight * g.KernelWidth, channel = row / shape.N * (shape.K / window) + k / window;
        int iy = y * g.StrideHeight + k % window / g.KernelWidth * g.DilationHeight - g.PadTop, ix = x * g.StrideWidth
            + k % g.KernelWidth * g.DilationWidth - g.PadLeft;
        return HasPlaces && (iy < 0 || ix < 0 || iy >= g.InputHeight || ix >= g.InputWidth) ? null : (channel, iy, ix);
    }
}
