using System.Numerics;
using Sim.Checker.Model;

namespace Sim.Checker.Claims;

/// <summary>
/// Operands of a chain of layers, level by level from the K operands of a sum: each place of a tensor once, in order of first use. Follows
/// lines through the steps of requantization back to the last level, whose boxes bound what is left.
/// </summary>
internal sealed class Lines
{
    private const int MostProducts = 1 << 24;

    private readonly List<Level> _levels = [];
    private readonly Range[] _last;
    private bool _placed;
    private int _products;

    private sealed record Level(List<(int Channel, int Y, int X)> Places, Layer Maker,
        List<List<(BigInteger Value, BigInteger First, BigInteger Last)>> Steps,
        List<List<(int Operand, long Weight)>> Terms, bool MayBePadding);

    /// <param name="levels">Layers behind the first one that the lines go through.</param>
    internal Lines(Layer layer, int row, bool raw, int levels)
    {
        if (levels < 1) throw new Fault("lines through layers need a level");
        List<(int Channel, int Y, int X)> places = [];
        Range[] boxes = layer.Operands(raw);
        for (int k = 0; k < layer.K; k++) places.Add(Place(layer, row, k, 0, 0)!.Value);
        List<Range> ranges = [.. Enumerable.Range(0, layer.K)
            .Select(k => boxes[Layer.Entry(boxes.Length, layer.Groups, layer.Rows, layer.K, row, k)])];
        for (int t = 0; t < levels; t++) (layer, places, ranges) = Behind(layer, t, raw, places, ranges);
        _last = [.. ranges];
    }

    /// <summary>The values that the operand of product k can have, without padding.</summary>
    internal Range Operand(int k) => new(_levels[0].Steps[k][0].Value, _levels[0].Steps[k][^1].Value);

    /// <summary>An upper bound of Σ coefficients[k] · operand k, or of every subset of its terms, by lines of slopes
    /// numerators[level][operand] / 2^shifts[level]: Unrounded / 2^Scale.</summary>
    internal (BigInteger Unrounded, int Scale) Bound(BigInteger[] coefficients, bool everySubset,
        List<(int Shift, long[] Numerators)> slopes)
    {
        BigInteger constant = 0;
        int scale = 0;
        for (int t = 0; t < _levels.Count; t++)
        {
            Level level = _levels[t];
            (int shift, long[] numerators) = slopes[t];
            if (numerators.Length != level.Places.Count || shift is < 0
                or > 60) throw new Fault($"level {t} needs a shift of 0 to 60 and {level.Places.Count} slopes");
            var behind = new BigInteger[t + 1 < _levels.Count ? _levels[t + 1].Places.Count : _last.Length];
            constant <<= shift;
            for (int n = 0; n < coefficients.Length; n++)
            {
                BigInteger c = coefficients[n], slope = numerators[n];
                if (slope < 0 || c.IsZero && slope != 0) throw new Fault("a slope is below 0, or given where no line is used");
                if (c.IsZero) continue;
                bool cut = t == 0 ? everySubset : level.MayBePadding;
                BigInteger? line = null;
                foreach ((BigInteger value, BigInteger first, BigInteger last) in level.Steps[n])
                {
                    BigInteger v = !cut ? value : c.Sign > 0 ? BigInteger.Max(0, value) : BigInteger.Min(0, value);
                    BigInteger through = (v << shift) - slope * (c.Sign > 0 ? first : last);
                    if (line is null || (c.Sign > 0 ? through > line : through < line)) line = through;
                }
                constant += c * (line!.Value + slope * level.Maker.Bias[level.Places[n].Channel]);
                foreach ((int operand, long weight) in level.Terms[n]) behind[operand] += c * slope * weight;
            }
            scale += shift;
            coefficients = behind;
        }
        for (int n = 0; n < coefficients.Length; n++) constant += coefficients[n] * (coefficients[n].Sign > 0 ? _last[n].High
            : _last[n].Low);
        return (constant, scale);
    }

    /// <summary>Whether each product is there, for every kind of output place; equal places once.</summary>
    internal static List<bool[]> Kinds(Layer layer)
    {
        if (layer.Window is not { IsPadded: true } g) return [[.. Enumerable.Repeat(true, layer.K)]];
        string[] There(int outputs, int kernel, int stride, int dilation, int pad, int size) => [.. Enumerable.Range(0, outputs)
            .Select(o => string.Concat(Enumerable.Range(0, kernel)
                .Select(i => o * stride + i * dilation - pad is var at && at >= 0 && at < size ? '1' : '0'))).Distinct()];
        return [.. There(g.Rows, g.KernelY, g.StrideY, g.DilationY, g.Top, g.Height)
            .SelectMany(y => There(g.Columns, g.KernelX, g.StrideX, g.DilationX, g.Left, g.Width)
                .Select(x => Enumerable.Range(0, layer.K).Select(k => y[k / g.KernelX % g.KernelY] == '1' && x[k % g.KernelX] == '1')
                    .ToArray()))];
    }

    private (Layer, List<(int, int, int)>, List<Range>) Behind(Layer consumer, int t, bool raw, List<(int Channel, int Y, int X)> places,
        List<Range> boxes)
    {
        if (consumer.Link is not { Maker: { Stored: not null } maker
            } link) throw new Untied($"no layer of constant weights that is understood here makes the inputs of level {t}");
        BigInteger zero = t == 0 && raw ? 0 : consumer.InputZero;
        bool mayBePadding = t > 0 && consumer.Window is { IsPadded: true } && !_placed;
        var steps = new Dictionary<int, List<(BigInteger, BigInteger, BigInteger)>>();
        foreach ((int channel, int n) in places.Select((p, n) => (p.Channel, n)).DistinctBy(p => p.Channel))
        {
            List<(BigInteger Value, BigInteger First, BigInteger Last)> all = Rounding.Steps(link, channel, maker.Sum(channel));
            // The boxes of layers between are no premise: they must follow from those further back.
            if (t > 0 && !boxes[n].Holds(new(all[0].Value - zero,
                all[^1].Value - zero))) throw new Fault($"the inputs of level {t}, channel {channel}, can leave their box");
            steps.Add(channel, [.. all.Select(s => (s.Value - zero, s.First, s.Last))]);
        }
        var index = new Dictionary<(int, int, int), int>();
        List<(int, int, int)> next = [];
        List<Range> ranges = [];
        List<List<(int, long)>> terms = [];
        Range[] operands = maker.Operands(raw: false);
        foreach ((int channel, int y, int x) in places)
        {
            var sum = new List<(int, long)>();
            for (int k = 0; k < maker.K; k++)
            {
                if (++_products > MostProducts) throw new Untied("lines through layers reach too many products");
                long weight = maker.Weight(channel, k, raw: false);
                if (weight == 0 || Place(maker, channel, k, y, x) is not { } place) continue;
                if (!index.TryGetValue(place, out int operand))
                {
                    index.Add(place, operand = next.Count);
                    next.Add(place);
                    ranges.Add(operands[Layer.Entry(operands.Length, maker.Groups, maker.Rows, maker.K, channel, k)]);
                }
                sum.Add((operand, weight));
            }
            terms.Add(sum);
        }
        _levels.Add(new(places, maker, [.. places.Select(p => steps[p.Channel])], terms, mayBePadding));
        return (maker, next, ranges);
    }

    // Channel, row and column that product k takes for the output at y, x; null: padding, which can be told once places are those of a
    // tensor.
    private (int Channel, int Y, int X)? Place(Layer layer, int row, int k, int y, int x)
    {
        if (layer.Window is not { } g)
        {
            if (layer.Link?.Maker.Window is not { } made) return (k, 0, 0);
            _placed = true;
            return (k / (made.Rows * made.Columns), k / made.Columns % made.Rows, k % made.Columns);
        }
        int window = g.KernelY * g.KernelX, py = y * g.StrideY - g.Top + k % window / g.KernelX * g.DilationY, px = x * g.StrideX - g.Left
            + k % g.KernelX * g.DilationX;
        if (_placed && (py < 0 || py >= g.Height || px < 0 || px >= g.Width)) return null;
        return (row / (layer.Rows / layer.Groups) * (layer.K / window) + k / window, py, px);
    }
}
