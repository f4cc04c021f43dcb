using System.Globalization;
using System.Text.RegularExpressions;

namespace Sim.Mapper.Tests.Timeloop;

/// <summary>The numbers of a stats.txt of Timeloop, by level and data space.</summary>
internal static partial class TimeloopStats
{
    public static (Dictionary<(string Level, string Space), Dictionary<string, double>> Rows, long Computes) Read(string path)
    {
        var rows = new Dictionary<(string, string), Dictionary<string, double>>();
        string level = "", space = "";
        long computes = 0;
        foreach (string line in File.ReadLines(path))
        {
            if (LevelLine().Match(line) is { Success: true } named) (level, space) = (named.Groups[1].Value, "");
            else if (SpaceLine().Match(line) is { Success: true } data)
                rows[(level, space = data.Groups[1].Value)] = [];
            else if (ValueLine().Match(line) is { Success: true } value && space.Length > 0)
                rows[(level, space)][value.Groups[1].Value.Trim()] = double.Parse(value.Groups[2].Value, CultureInfo.InvariantCulture);
            else if (ComputesLine().Match(line) is { Success: true } total)
                computes = long.Parse(total.Groups[1].Value, CultureInfo.InvariantCulture);
            if (line.StartsWith("Networks", StringComparison.Ordinal)) space = "";
        }
        return (rows, computes);
    }

    [GeneratedRegex(@"^=== (\S+) ===")]
    private static partial Regex LevelLine();

    [GeneratedRegex(@"^    (Weights|Inputs|Outputs):\s*$")]
    private static partial Regex SpaceLine();

    [GeneratedRegex(@"^        ([^:]+?)\s*: ([0-9.]+)(\s|$)")]
    private static partial Regex ValueLine();

    [GeneratedRegex(@"^Computes = (\d+)")]
    private static partial Regex ComputesLine();
}
