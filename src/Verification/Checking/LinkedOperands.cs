using System.Numerics;

namespace Sim.Verification.Checking;

/// <summary>
/// Operands of a chain of layers, level by level from the K operands of a sum: each place of a tensor once, in order of first use. Follows lines through the steps of
/// requantization back to the last level, whose boxes bound what is left.
/// </summary>
internal sealed class LinkedOperands
{
    private readonly List<LinkedLayer> _layers;
    private readonly int _row;
    private readonly bool _raw;
    private readonly List<Level> _levels = [];

    private sealed record Level(List<(int Channel, int Y, int X)> Places, List<(BigInteger Low, BigInteger High)> Boxes, List<List<(BigInteger Value, BigInteger First, BigInteger Last)>> Steps, List<List<(int Operand, long Weight)>> Terms, bool MayBePadding);

    internal LinkedOperands(List<LinkedLayer> layers, int row, bool raw, int made)
    {
        (_layers, _row, _raw) = (layers, row, raw);
        if (made < 1 || made >= layers.Count) throw new FormatException($"a chain of {layers.Count} layers has no {made} levels of lines");
        bool placed = false;
        List<(int Channel, int Y, int X)> places = [];
        List<(BigInteger, BigInteger)> boxes = [];
        for (int k = 0; k < layers[0].K; k++)
        {
            places.Add(layers[0].Place(row, k, 0, 0, layers[1], ref placed)!.Value);
            boxes.Add(layers[0].Operand(row, k));
        }
        for (int t = 0; t < made; t++) (places, boxes) = Behind(t, places, boxes, ref placed);
        _levels.Add(new(places, boxes, [], [], false));
    }

    /// <summary>The values that the operand of product k can have, without padding.</summary>
    internal (BigInteger Low, BigInteger High) Range(int k) => (_levels[0].Steps[k][0].Value, _levels[0].Steps[k][^1].Value);

    /// <summary>An upper bound of Σ coefficients[k] · operand k, or of every subset of its terms, by lines of slopes numerators[level][operand] / 2^shifts[level].</summary>
    internal BigInteger Bound(BigInteger[] coefficients, bool everySubset, long[][] numerators, int[] shifts)
    {
        BigInteger constant = 0;
        int scale = 0;
        for (int t = 0; t < _levels.Count - 1; t++)
        {
            Level level = _levels[t];
            if (numerators[t].Length != level.Places.Count || shifts[t] is < 0 or > 1000) throw new FormatException($"level {t} has {level.Places.Count} operands, found {numerators[t].Length} slopes");
            var behind = new BigInteger[_levels[t + 1].Places.Count];
            constant <<= shifts[t];
            for (int n = 0; n < coefficients.Length; n++)
            {
                BigInteger c = coefficients[n], slope = numerators[t][n];
                if (c.IsZero) continue;
                if (slope < 0) throw new FormatException("a slope is below 0");
                bool cut = t == 0 ? everySubset : level.MayBePadding;
                BigInteger? line = null;
                foreach ((BigInteger value, BigInteger first, BigInteger last) in level.Steps[n])
                {
                    BigInteger v = !cut ? value : c.Sign > 0 ? BigInteger.Max(0, value) : BigInteger.Min(0, value);
                    BigInteger through = (v << shifts[t]) - slope * (c.Sign > 0 ? first : last);
                    if (line is null || (c.Sign > 0 ? through > line : through < line)) line = through;
                }
                constant += c * (line!.Value + slope * _layers[t + 1].Bias(level.Places[n].Channel));
                foreach ((int operand, long weight) in level.Terms[n]) behind[operand] += c * slope * weight;
            }
            scale += shifts[t];
            coefficients = behind;
        }
        for (int n = 0; n < coefficients.Length; n++)
            constant += coefficients[n] * (coefficients[n].Sign > 0 ? _levels[^1].Boxes[n].High : _levels[^1].Boxes[n].Low);
        return constant >> scale;
    }

    private (List<(int, int, int)>, List<(BigInteger, BigInteger)>) Behind(int t, List<(int Channel, int Y, int X)> places, List<(BigInteger, BigInteger)> boxes, ref bool placed)
    {
        (LinkedLayer consumer, LinkedLayer maker) = (_layers[t], _layers[t + 1]);
        CertifiedRounding rounding = consumer.Rounding ?? throw new FormatException("the chain is broken: a layer's inputs have no source");
        BigInteger zero = t == 0 && _raw ? 0 : consumer.Zero;
        bool mayBePadding = t > 0 && consumer.IsPadded && !placed;
        var steps = new Dictionary<int, List<(BigInteger, BigInteger, BigInteger)>>();
        foreach (int channel in places.Select(p => p.Channel).Distinct())
        {
            List<(BigInteger Value, BigInteger First, BigInteger Last)> all = Steps(rounding, maker, channel);
            // The boxes of layers between are no premise: they must follow from those further back.
            if (t > 0 && consumer.StoredOf(channel) is var box && (all[0].Value < box.Low || all[^1].Value > box.High)) throw new FormatException($"the inputs of level {t}, channel {channel}, can leave their box");
            steps.Add(channel, [.. all.Select(s => (s.Value - zero, s.First, s.Last))]);
        }
        var index = new Dictionary<(int, int, int), int>();
        List<(int, int, int)> next = [];
        List<(BigInteger, BigInteger)> nextBoxes = [];
        List<List<(int, long)>> terms = [];
        LinkedLayer? before = t + 2 < _layers.Count ? _layers[t + 2] : null;
        foreach ((int channel, int y, int x) in places)
        {
            var sum = new List<(int, long)>();
            for (int k = 0; k < maker.K; k++)
            {
                long weight = maker.Weights(channel)[k];
                if (weight == 0 || maker.Place(channel, k, y, x, before, ref placed) is not { } place) continue;
                if (!index.TryGetValue(place, out int operand))
                {
                    index.Add(place, operand = next.Count);
                    next.Add(place);
                    nextBoxes.Add(maker.Operand(channel, k));
                }
                sum.Add((operand, weight));
            }
            terms.Add(sum);
        }
        _levels.Add(new(places, boxes, [.. places.Select(p => steps[p.Channel])], terms, mayBePadding));
        return (next, nextBoxes);
    }

    // The steps over every sum that the maker's stated inputs allow.
    private static List<(BigInteger Value, BigInteger First, BigInteger Last)> Steps(CertifiedRounding rounding, LinkedLayer maker, int channel)
    {
        BigInteger low = maker.Bias(channel), high = low;
        for (int k = 0; k < maker.K; k++)
        {
            (BigInteger l, BigInteger h) = maker.Operand(channel, k);
            BigInteger w = maker.Weights(channel)[k];
            (low, high) = (low + BigInteger.Min(w * l, w * h), high + BigInteger.Max(w * l, w * h));
        }
        return rounding.Steps(channel, low, high);
    }
}
