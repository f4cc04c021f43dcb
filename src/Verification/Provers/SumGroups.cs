using System.Collections.Immutable;
using Sim.Verification.Claims;
using Sim.Workloads.Integers;

namespace Sim.Verification.Provers;

/// <summary>
/// Relations that bound sums of disjoint groups of inputs (one-hot, simplex, budgets): each of the form low ≤ Σ ±x ≤ high after division by
/// the common factor of its coefficients. Relations about a single input narrow its box. Over such sets a linear form is largest at
/// integers that filling by value finds.
/// </summary>
internal sealed class SumGroups
{
    private readonly Interval[] _box;
    private readonly List<(int[] Members, int[] Signs, Int128 Low, Int128 High)> _groups = [];

    private SumGroups(ChannelClaim claim) => _box = [.. Enumerable.Range(0, claim.K).Select(claim.Input)];

    /// <summary>The groups of a claim; null when its relations have another form (overlapping, several coefficients).</summary>
    /// <param name="why">What is in the way.</param>
    internal static SumGroups? Of(ChannelClaim claim, out string why)
    {
        var groups = new SumGroups(claim);
        var used = new bool[claim.K];
        why = "";
        foreach (LinearRelation relation in claim.Relations)
        {
            int[] members = [.. Enumerable.Range(0, claim.K).Where(k => relation.Coefficients[k] != 0)];
            if (members.Length == 0)
            {
                if (relation.Low > 0 || relation.High < 0) groups.IsEmpty = true;
                continue;
            }
            Int128 unit = Int128.Abs(relation.Coefficients[members[0]]);
            if (Array.Exists(members, k => Int128.Abs(relation.Coefficients[k]) != unit)) why =
                "a relation has coefficients of several sizes";
            else if (members.Length > 1 && Array.Exists(members, k => used[k])) why = "relations share inputs";
            if (why.Length > 0) return null;
            int[] signs = Array.ConvertAll(members, k => relation.Coefficients[k] > 0 ? 1 : -1);
            Interval all = members.Zip(signs, (k, s) => groups._box[k].Times(s)).Aggregate((a, b) => a + b);
            Int128 low = relation.Low is { } l ? Int128.Max(all.Low, Ceiling(l, unit)) : all.Low, high = relation.High is { } h
                ? Int128.Min(all.High, -Ceiling(-h, unit)) : all.High;
            if (low > high) groups.IsEmpty = true;
            else if (members.Length == 1) groups._box[members[0]] = new Interval(low, high).Times(signs[0]);
            else
            {
                foreach (int k in members) used[k] = true;
                groups._groups.Add((members, signs, low, high));
            }
        }
        groups.Narrow();
        return groups;
    }

    /// <summary>Whether no input fulfils all relations.</summary>
    internal bool IsEmpty { get; private set; }

    /// <summary>The box of an input, relations about it alone included.</summary>
    internal Interval Box(int k) => _box[k];

    /// <summary>Inputs that make Σ value·x largest.</summary>
    internal long[] Largest(long[] values)
    {
        var inputs = new long[values.Length];
        for (int k = 0; k < inputs.Length; k++) inputs[k] = (long)(values[k] > 0 ? _box[k].High : _box[k].Low);
        foreach ((int[] members, int[] signs, Int128 low, Int128 high) in _groups)
        {
            // From the least of all, raise the most valuable first: while there is budget for what has value, and until the demand is met.
            Int128 sum = 0;
            for (int i = 0; i < members.Length; i++)
            {
                Interval box = _box[members[i]].Times(signs[i]);
                inputs[members[i]] = (long)box.Low * signs[i];
                sum += box.Low;
            }
            int[] order = [.. Enumerable.Range(0, members.Length)];
            Array.Sort(Array.ConvertAll(order, i => (-values[members[i]] * signs[i], i)), order);
            foreach (int i in order)
            {
                Int128 room = (values[members[i]] * signs[i] > 0 ? high : low) - sum;
                if (room <= 0) break;
                Interval box = _box[members[i]].Times(signs[i]);
                Int128 step = Int128.Min(room, box.High - box.Low);
                inputs[members[i]] += (long)step * signs[i];
                sum += step;
                if (step == room) break;
            }
        }
        return inputs;
    }

    // Boxes that were narrowed after a group was read narrow its sum.
    private void Narrow()
    {
        for (int g = 0; g < _groups.Count && !IsEmpty; g++)
        {
            (int[] members, int[] signs, Int128 low, Int128 high) = _groups[g];
            Interval all = members.Zip(signs, (k, s) => _box[k].Times(s)).Aggregate((a, b) => a + b);
            (low, high) = (Int128.Max(low, all.Low), Int128.Min(high, all.High));
            if (low > high) IsEmpty = true;
            _groups[g] = (members, signs, low, high);
        }
    }

    private static Int128 Ceiling(Int128 value, Int128 unit)
    {
        (Int128 quotient, Int128 rest) = Int128.DivRem(value, unit);
        return rest > 0 ? quotient + 1 : quotient;
    }
}
