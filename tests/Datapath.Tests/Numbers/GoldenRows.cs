using System.Globalization;
using Sim.Datapath.Formats;
using Sim.Tests;

namespace Sim.Datapath.Tests.Numbers;

/// <summary>Rows of a golden file, and how its codes and values are read and compared. Shares no code with the formats.</summary>
internal static class GoldenRows
{
    /// <summary>Rows as columns by name; files are samples, so only a minimum count is known.</summary>
    public static IEnumerable<(string[] Cells, Dictionary<string, int> Column)> Read(string file)
    {
        Dictionary<string, int>? column = null;
        foreach (string line in ReferenceData.Lines(ReferenceData.Golden(file)))
        {
            string[] cells = line.Split(',');
            if (column is null) column = cells.Select((name, i) => (name, i)).ToDictionary(c => c.name, c => c.i);
            else yield return (cells, column);
        }
    }

    public static uint Hex(string text) =>
        uint.Parse(text.AsSpan(text.StartsWith("0x", StringComparison.Ordinal) ? 2 : 0), NumberStyles.AllowHexSpecifier,
        CultureInfo.InvariantCulture);

    /// <summary>A C99 hexadecimal float of at most 53 significant bits, inf or nan.</summary>
    public static double HexFloat(string text)
    {
        bool negative = text[0] == '-';
        string body = negative ? text[1..] : text;
        double magnitude;
        if (body == "nan") return double.NaN;
        if (body == "inf") magnitude = double.PositiveInfinity;
        else
        {
            string[] parts = body[2..].Split('p');
            string digits = parts[0].Replace(".", "", StringComparison.Ordinal);
            int fraction = parts[0].Contains('.', StringComparison.Ordinal) ? parts[0].Length - parts[0]
                .IndexOf('.', StringComparison.Ordinal) - 1 : 0;
            magnitude = Math.ScaleB(long.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
                int.Parse(parts[1], CultureInfo.InvariantCulture) - 4 * fraction);
        }
        return negative ? -magnitude : magnitude;
    }

    /// <summary>The exact number of a binary32 pattern, by the hardware's widening.</summary>
    public static Exact Binary32(uint bits) => Exact.FromDouble(BitConverter.UInt32BitsToSingle(bits));

    /// <summary>Equal codes, or two NaNs: payload and sign of a NaN are not numbers.</summary>
    public static bool Same(INumberFormat format, uint expected, uint actual) =>
        expected == actual || format.Decode(expected).Class == NumberClass.NaN && format.Decode(actual).Class == NumberClass.NaN;

    /// <summary>Fails with the first few differences.</summary>
    public static void Report(string file, long rows, long minimum, List<string> wrong)
    {
        Assert.That(wrong, Is.Empty, $"{file}: {wrong.Count} of {rows} differ, e.g. {string.Join("; ", wrong.Take(5))}");
        Assert.That(rows, Is.GreaterThanOrEqualTo(minimum), $"{file}: too few rows");
    }
}
