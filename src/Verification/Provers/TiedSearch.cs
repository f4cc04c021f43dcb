using Sim.Verification.Claims;
using Sim.Workloads.Integers;

namespace Sim.Verification.Provers;

/// <summary>
/// Inputs that fulfil all relations and bring a sum far out, found without a solver: from an allowed point, one input after the other and
/// then pairs go as far as boxes and relations let them. Whatever a solver says to be impossible must not be beaten by these.
/// </summary>
internal sealed class TiedSearch
{
    private const int MostPairs = 100_000;

    private readonly ChannelClaim _claim;
    private readonly long[] _inputs;
    private readonly Int128[] _sums;
    private readonly Interval[] _boxes;

    private TiedSearch(ChannelClaim claim, long[] start)
    {
        (_claim, _inputs) = (claim, (long[])start.Clone());
        _boxes = [.. Enumerable.Range(0, claim.K).Select(claim.Input)];
        _sums = [.. claim.Relations.Select(r => start.Select((x, k) => (Int128)r.Coefficients[k] * x).Aggregate((a, b) => a + b))];
    }

    /// <summary>Inputs at least as good as the allowed ones that are given.</summary>
    internal static long[] From(ChannelClaim claim, long[] start, PartialSum sum, bool highest)
    {
        var search = new TiedSearch(claim, start);
        long[] gain = new long[claim.K];
        for (int k = sum.Node.From; k < sum.Node.Until; k++)
        {
            // A product of the wrong sign is left out of a subset: nothing is gained by making it worse.
            long w = highest ? claim.Weights[k] : -(long)claim.Weights[k];
            if (!sum.IsSubset || (w > 0 ? search._boxes[k].High > 0 : search._boxes[k].Low < 0)) gain[k] = w;
        }
        int[] order = [.. Enumerable.Range(0, claim.K).Where(k => gain[k] != 0).OrderByDescending(k => Math.Abs(gain[k]))];
        foreach (int k in order) search.Move(k, Math.Sign(gain[k]), -1, 0);
        int pairs = 0;
        foreach (int k in order)
        {
            for (int j = 0; j < claim.K && pairs < MostPairs; j++, pairs++)
            {
                if (j == k || !search.Partner(k, Math.Sign(gain[k]), j, out long a, out long b)) continue;
                if ((Int128)gain[k] * a + (Int128)gain[j] * b > 0) search.Move(k, a, j, b);
            }
        }
        return search._inputs;
    }

    // Steps of two inputs that leave the first relation between them as it is.
    private bool Partner(int k, int direction, int j, out long a, out long b)
    {
        (a, b) = (0, 0);
        foreach (LinearRelation relation in _claim.Relations)
        {
            long ck = relation.Coefficients[k], cj = relation.Coefficients[j];
            if (ck == 0 || cj == 0 || Math.Abs(ck) > int.MaxValue || Math.Abs(cj) > int.MaxValue) continue;
            long unit = (long)System.Numerics.BigInteger.GreatestCommonDivisor(ck, cj);
            a = Math.Abs(cj) / unit * direction;
            b = -(Math.Abs(ck) / unit) * direction * Math.Sign(ck) * Math.Sign(cj);
            return true;
        }
        return false;
    }

    // As many steps of k by a, and of j by b, as everything allows.
    private void Move(int k, long a, int j, long b)
    {
        Int128 steps = Room(_inputs[k], a, _boxes[k].Low, _boxes[k].High);
        if (j >= 0) steps = Int128.Min(steps, Room(_inputs[j], b, _boxes[j].Low, _boxes[j].High));
        for (int r = 0; r < _sums.Length; r++)
        {
            LinearRelation relation = _claim.Relations[r];
            Int128 change = (Int128)relation.Coefficients[k] * a + (j < 0 ? 0 : (Int128)relation.Coefficients[j] * b);
            steps = Int128.Min(steps, Room(_sums[r], change, relation.Low, relation.High));
        }
        if (steps <= 0) return;
        _inputs[k] += (long)(steps * a);
        if (j >= 0) _inputs[j] += (long)(steps * b);
        for (int r = 0; r < _sums.Length; r++)
            _sums[r] += steps * ((Int128)_claim.Relations[r].Coefficients[k] * a
                + (j < 0 ? 0 : (Int128)_claim.Relations[r].Coefficients[j] * b));
    }

    private static Int128 Room(Int128 at, Int128 step, Int128? low, Int128? high) =>
        step > 0 ? high is { } h ? (h - at) / step : Int128.MaxValue : step < 0 ? low is { } l ? (at - l) / -step : Int128.MaxValue
            : Int128.MaxValue;
}
