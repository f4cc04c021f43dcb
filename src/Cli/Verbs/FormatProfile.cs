using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Sim.Datapath.Arithmetic;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;

namespace Sim.Cli.Verbs;

/// <summary>What a numerics engineer asks of a format: range, precision, where its numbers lie, the error of cheap multipliers.</summary>
internal static class FormatProfile
{
    private const int MostBits = 16;

    /// <summary>Adds the facts that follow from the format's numbers: all of them up to 16 bits, the fields of wider ones are enough
    /// already.</summary>
    public static void AddTo(JsonObject facts, INumberFormat format)
    {
        if (format.Bits > MostBits) return;
        double[] positive = [.. Enumerable.Range(0, 1 << format.Bits).Select(c => format.Decode((uint)c))
            .Where(v => v is { Class: NumberClass.Finite, Negative: false })
            .Select(v => v.ToDouble()).Distinct().Order()];
        if (positive.Length < 2) return;
        double largest = positive[^1], smallest = positive[0];
        facts["range_db"] = Math.Round(20 * Math.Log10(largest / smallest), 1);
        facts["binades"] = Math.ILogB(largest) - Math.ILogB(smallest) + 1;
        facts["decimal_digits"] = Math.Round(Math.Log10(2) * Places(positive), 1);
        int one = Array.BinarySearch(positive, 1);
        if (one >= 0 && one + 1 < positive.Length) facts["gap_above_1"] = positive[one + 1] - 1;
        // The relative gap between neighbours, and half of it: the worst error of rounding to nearest among them.
        double[] gaps = [.. positive.Skip(1).Select((high, i) => high / positive[i] - 1)];
        facts["relative_gaps"] = $"{Text(gaps.Min(), 4)} to {Text(gaps.Max(), 4)}";
        facts["numbers_per_binade"] = Picture(positive);
        if (format is not FloatFormat f) return;
        foreach (MultiplierSpec multiplier in new MultiplierSpec[] { new LMulMultiplier(), new MitchellMultiplier() })
            if (MultiplierError.Of(multiplier, f) is { } error)
                facts[$"{multiplier.Kind}_error"] =
                    $"mean {Text(error.Mean, 4)}, mean magnitude {Text(error.MeanMagnitude, 4)}, rms {Text(error.RootMeanSquare, 4)}, worst {Text(error.Worst, 4)} ({error.Pairs} pairs)";
    }

    // Significant bits in the binade that holds most numbers.
    private static double Places(double[] positive) => 1 + Math.Log2(positive.GroupBy(Math.ILogB).Max(g => g.Count()));

    // One bar a binade, its height the logarithm of how many numbers lie in it.
    private static string Picture(double[] positive)
    {
        var count = positive.GroupBy(Math.ILogB).ToDictionary(g => g.Key, g => g.Count());
        int low = count.Keys.Min(), high = count.Keys.Max();
        if (high - low > 120) return $"2^{low} to 2^{high}, {count.Values.Max()} at most";
        int top = count.Values.Max();
        var bars = new StringBuilder();
        for (int e = low; e <= high; e++)
            bars.Append(count.TryGetValue(e, out int n) ? "▁▂▃▄▅▆▇█"[top == 1 ? 7 : (int)Math.Round(7 * Math.Log2(n) / Math.Log2(top))]
                : ' ');
        return string.Create(CultureInfo.InvariantCulture, $"2^{low} {bars} 2^{high}, {top} at most");
    }

    private static string Text(double value, int digits) => value.ToString("F" + digits, CultureInfo.InvariantCulture);
}
