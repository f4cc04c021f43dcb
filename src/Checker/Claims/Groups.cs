using System.Numerics;

namespace Sim.Checker.Claims;

/// <summary>
/// Relations that bound sums of disjoint groups of inputs, all coefficients of a group of one size: one-hot, simplex, budgets. The largest
/// value of a group is found by raising its most valuable inputs first, so the extremes are exact and need no evidence.
/// </summary>
internal sealed class Groups
{
    private readonly Range[] _boxes;
    private readonly List<(int[] Members, int[] Signs, Range Sum)> _groups = [];

    private Groups(Range[] boxes) => _boxes = [.. boxes];

    /// <summary>null: the relations have another form. Throws when no input fulfils them: whatever is claimed of no input holds and shows
    /// nothing.</summary>
    internal static Groups? Of(Channel channel, IReadOnlyList<Relation> relations)
    {
        var groups = new Groups(channel.Inputs);
        var used = new bool[channel.K];
        var several = new List<(int[] Members, int[] Signs, Relation Relation, BigInteger Unit)>();
        foreach (Relation relation in relations)
        {
            int[] members = [.. Enumerable.Range(0, channel.K).Where(k => !relation.Coefficients[k].IsZero)];
            if (members.Length == 0) return null;
            BigInteger unit = BigInteger.Abs(relation.Coefficients[members[0]]);
            if (members.Any(k => BigInteger.Abs(relation.Coefficients[k]) != unit)) return null;
            int[] signs = [.. members.Select(k => relation.Coefficients[k].Sign)];
            if (members.Length > 1) several.Add((members, signs, relation, unit));
            else groups._boxes[members[0]] = groups._boxes[members[0]]
                .Meet(Within(groups._boxes[members[0]].Times(signs[0]), relation, unit).Times(signs[0]));
        }
        foreach ((int[] members, int[] signs, Relation relation, BigInteger unit) in several)
        {
            foreach (int k in members)
            {
                if (used[k]) return null;
                used[k] = true;
            }
            Range all = members.Select((k, i) => groups._boxes[k].Times(signs[i])).Aggregate((a, b) => a + b);
            groups._groups.Add((members, signs, Within(all, relation, unit)));
        }
        return groups._boxes.Any(b => b.Low > b.High) || groups._groups.Any(g => g.Sum.Low > g.Sum.High)
            ? throw new Fault("no input fulfils all relations, so that the claim is void") : groups;
    }

    /// <summary>What a sum can be; null where inputs of both signs in any order make it no linear form.</summary>
    internal Range? Extremes(Channel channel, PartialSum sum)
    {
        if (sum.IsSubset && _boxes.Any(b => b.Low < 0 && b.High > 0)) return null;
        return new Range(-Most(channel, sum, -1), Most(channel, sum, 1)) + Range.Of(channel.Start(sum));
    }

    // The largest sign·(products): a product of the other sign is left out of a subset.
    private BigInteger Most(Channel channel, PartialSum sum, int sign)
    {
        var value = new BigInteger[channel.K];
        for (int k = sum.From; k < sum.Until; k++)
        {
            BigInteger w = sign * channel.Weights[k].Low;
            if (!sum.IsSubset || w.Sign == (_boxes[k].Low >= 0 ? 1 : -1)) value[k] = w;
        }
        var grouped = new bool[channel.K];
        BigInteger total = 0;
        foreach ((int[] members, int[] signs, Range bounds) in _groups)
        {
            // From the least of all, the most valuable first: while there is room for what has value, and until the demand is met.
            BigInteger at = 0;
            foreach ((int k, int s) in members.Zip(signs))
            {
                Range box = _boxes[k].Times(s);
                at += box.Low;
                total += box.Low * value[k] * s;
                grouped[k] = true;
            }
            foreach ((int k, int s) in members.Zip(signs).OrderByDescending(m => value[m.First] * m.Second))
            {
                BigInteger room = (value[k] * s > 0 ? bounds.High : bounds.Low) - at;
                if (room <= 0) break;
                Range box = _boxes[k].Times(s);
                BigInteger step = BigInteger.Min(room, box.High - box.Low);
                total += step * value[k] * s;
                at += step;
            }
        }
        for (int k = 0; k < channel.K; k++)
            if (!grouped[k]) total += BigInteger.Max(value[k] * _boxes[k].Low, value[k] * _boxes[k].High);
        return total;
    }

    // The ends of a relation over its common coefficient, rounded inwards, within what its inputs can sum to.
    private static Range Within(Range all, Relation relation, BigInteger unit) => new(
        relation.Low is { } low ? BigInteger.Max(all.Low, -Floor(-low, unit)) : all.Low,
        relation.High is { } high ? BigInteger.Min(all.High, Floor(high, unit)) : all.High);

    private static BigInteger Floor(BigInteger value, BigInteger unit)
    {
        BigInteger quotient = BigInteger.DivRem(value, unit, out BigInteger rest);
        return rest.Sign < 0 ? quotient - 1 : quotient;
    }
}
