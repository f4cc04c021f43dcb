using System.Globalization;

namespace Sim.Checker.Claims;

/// <summary>A partial sum: products From to Until − 1, the bias if so, in a register; of order "any" one with IsSubset stands for the sums
/// of all subsets of its products.</summary>
internal readonly record struct PartialSum(int From, int Until, bool Bias, int Register, bool IsSubset);

/// <summary>An order of addition and when the bias is added: which partial sums there are.</summary>
internal sealed class Order
{
    private readonly string _kind, _bias;
    private readonly int _size;

    internal Order(string text, string bias)
    {
        (Text, _bias) = (text, bias is "preloaded" or "after" or "none" ? bias : throw new Fault("bias must be preloaded, after or none"));
        string[] parts = text.Split(':');
        _kind = parts[0];
        bool sized = _kind is "tiles" or "tree";
        if (!sized && _kind is not ("any" or "final" or "sequential")
            || parts.Length != (sized ? 2 : 1)) throw new Fault("there is no such order");
        if (!sized) return;
        if (!int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out _size) || _size < (_kind == "tree" ? 2 : 1)
            || _size > 1 << 24
            || _size.ToString(CultureInfo.InvariantCulture) != parts[1])
            throw new Fault("tiles have 1 to 2^24 products, trees 2 to 2^24 lanes");
    }

    internal string Text { get; }

    /// <summary>Registers: the outer one, and of tiles and trees the inner one.</summary>
    internal int Registers => _size == 0 ? 1 : 2;

    /// <summary>Every partial sum of K products once, by register, first product, end, bias.</summary>
    internal PartialSum[] Sums(int k) => [.. Each(k).Distinct().OrderBy(s => (s.Register, s.From, s.Until, s.Bias))];

    private IEnumerable<PartialSum> Each(int k)
    {
        bool start = _bias == "preloaded", last = _bias == "after";
        if (_kind == "final")
        {
            yield return new(0, k, start || last, 0, false);
            yield break;
        }
        if (start) yield return new(0, 0, true, 0, false);
        if (_kind == "any") yield return new(0, k, start, 0, true);
        if (_kind == "sequential")
            for (int end = 1; end <= k; end++) yield return new(0, end, start, 0, false);
        for (int from = 0; _size > 0 && from < k; from += _size)
        {
            int end = Math.Min(from + _size, k);
            foreach ((int a, int b) in _kind == "tiles" ? Enumerable.Range(from + 1, end - from).Select(j => (from, j))
                : Nodes(from, end)) yield return new(a, b, false, 1, false);
            yield return new(0, end, start, 0, false);
        }
        if (last) yield return new(0, k, true, 0, false);
        // Without products a register that no sum reaches holds 0.
        if (k == 0 && _kind != "any" && !start && !last) yield return new(0, 0, false, 0, false);
        if (k == 0 && _size > 0) yield return new(0, 0, false, 1, false);
    }

    // A balanced tree over its lanes, of which the last group may miss some: level after level, runs of 2^level lanes.
    private IEnumerable<(int, int)> Nodes(int from, int end)
    {
        for (int run = 1; ; run = Math.Min(2 * run, _size))
        {
            for (int a = from; a < end; a += run) yield return (a, Math.Min(a + run, end));
            if (run == _size) yield break;
        }
    }
}
