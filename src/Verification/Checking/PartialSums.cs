using System.Globalization;

namespace Sim.Verification.Checking;

/// <summary>The partial sums of an order, as a certificate names it: first product, end, bias, register. Written from docs/guide/verification.md, not from the provers.</summary>
internal static class PartialSums
{
    /// <summary>Every partial sum; for order "any" only those that end the sum, because any subset of products counts before that.</summary>
    internal static IEnumerable<(int From, int Until, bool Bias, int Register)> Of(string order, int k, string bias)
    {
        bool start = bias == "preloaded", last = bias == "addedafter";
        if (bias is not ("preloaded" or "addedafter" or "none")) throw new FormatException($"no bias placement '{bias}'");
        int size = Size(order, out string kind);
        if (kind != "final" && start) yield return (0, 0, true, 0);
        switch (kind)
        {
            case "final":
                yield return (0, k, start || last, 0);
                yield break;
            case "any":
                yield return (0, k, start, 0);
                break;
            case "sequential":
                for (int end = 1; end <= k; end++) yield return (0, end, start, 0);
                break;
            default:
                for (int from = 0; from < k; from += size)
                {
                    int end = Math.Min(from + size, k);
                    if (kind == "tiles")
                        for (int j = from + 1; j <= end; j++) yield return (from, j, false, 1);
                    else
                        foreach ((int a, int b) in Nodes(from, end, size)) yield return (a, b, false, 1);
                    yield return (0, end, start, 0);
                }
                break;
        }
        if (last) yield return (0, k, true, 0);
    }

    /// <summary>The number of registers that an order has.</summary>
    internal static int Registers(string order) => Size(order, out _) == 0 ? 1 : 2;

    private static int Size(string order, out string kind)
    {
        string[] parts = order.Split(':');
        kind = parts[0];
        bool sized = kind is "tiles" or "tree";
        if (!sized && kind is not ("any" or "final" or "sequential") || parts.Length != (sized ? 2 : 1)) throw new FormatException($"no order '{order}'");
        return sized ? int.Parse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture) : 0;
    }

    // A balanced tree over Size leaves, of which the last group may miss some: level after level, runs of 2^level leaves.
    private static IEnumerable<(int, int)> Nodes(int from, int end, int size)
    {
        var seen = new HashSet<(int, int)>();
        for (int run = 1; ; run *= 2)
        {
            int step = Math.Min(run, size);
            for (int a = from; a < end; a += step)
                if (seen.Add((a, Math.Min(a + step, end)))) yield return (a, Math.Min(a + step, end));
            if (step == size) yield break;
        }
    }
}
