using Sim.Datapath.Formats;
using Sim.Tests;

namespace Sim.Datapath.Tests.Numbers.Posits;

/// <summary>Every row and column of SoftPosit and Universal: decode, encode and arithmetic of posits of 4 to 16 bits and 0 to 2 exponent
/// bits.</summary>
public sealed class PositGoldenTests
{
    private delegate uint Operation(INumberFormat format, uint a, uint b, uint c);

    private static readonly Dictionary<string, Operation> Operations = new()
    {
        ["mul"] = (f, a, b, _) => f.Multiply(a, b, default, out RoundingFlags _),
        ["add"] = (f, a, b, _) => f.Add(a, b, default, out RoundingFlags _),
        ["sub"] = (f, a, b, _) => f.Subtract(a, b, default, out RoundingFlags _),
        ["div"] = (f, a, b, _) => f.Divide(a, b, default, out RoundingFlags _),
        ["mulAdd(a*b+c)"] = (f, a, b, c) => f.MultiplyAdd(a, b, c, default, out RoundingFlags _),
    };

    [TestCase("decode_posit4_es0_universal.csv", 16)]
    [TestCase("decode_posit4_es1_softposit.csv", 16)]
    [TestCase("decode_posit4_es1_universal.csv", 16)]
    [TestCase("decode_posit4_es2_softposit.csv", 16)]
    [TestCase("decode_posit5_es1_softposit.csv", 32)]
    [TestCase("decode_posit5_es1_universal.csv", 32)]
    [TestCase("decode_posit5_es2_softposit.csv", 32)]
    [TestCase("decode_posit6_es1_softposit.csv", 64)]
    [TestCase("decode_posit6_es1_universal.csv", 64)]
    [TestCase("decode_posit6_es2_softposit.csv", 64)]
    [TestCase("decode_posit6_es2_universal.csv", 64)]
    [TestCase("decode_posit7_es1_softposit.csv", 100)]
    [TestCase("decode_posit7_es2_softposit.csv", 100)]
    [TestCase("decode_posit8_es0_softposit.csv", 200)]
    [TestCase("decode_posit8_es0_universal.csv", 200)]
    [TestCase("decode_posit8_es1_pX1_softposit.csv", 200)]
    [TestCase("decode_posit8_es1_universal.csv", 200)]
    [TestCase("decode_posit8_es2_softposit.csv", 200)]
    [TestCase("decode_posit8_es2_universal.csv", 200)]
    [TestCase("decode_posit16_es1_softposit.csv.gz", 20_000)]
    [TestCase("decode_posit16_es2_softposit.csv.gz", 20_000)]
    public void DecodesAsThePeer(string file, int minimum)
    {
        INumberFormat format = FormatOf(file);
        List<string> wrong = [];
        long rows = 0;
        foreach ((string[] cells, Dictionary<string, int> column) in GoldenRows.Read(file))
        {
            rows++;
            uint code = GoldenRows.Hex(cells[column["code"]]);
            string text = cells[column["hexfloat"]];
            double expected = text == "NaR" ? double.NaN : GoldenRows.HexFloat(text), actual = format.Decode(code).ToDouble();
            bool same = double.IsFinite(expected) ? BitConverter.DoubleToInt64Bits(expected) == BitConverter.DoubleToInt64Bits(actual)
                : double.IsNaN(actual);
            if (!same) wrong.Add($"{code:x} is {actual:R}, not {expected:R}");
        }
        Done(file, rows, rows, minimum, wrong);
    }

    [TestCase("encode_posit4_es1_softposit.csv.gz")]
    [TestCase("encode_posit4_es1_universal.csv.gz")]
    [TestCase("encode_posit4_es2_softposit.csv.gz")]
    [TestCase("encode_posit5_es1_softposit.csv.gz")]
    [TestCase("encode_posit5_es2_softposit.csv.gz")]
    [TestCase("encode_posit6_es1_softposit.csv.gz")]
    [TestCase("encode_posit6_es1_universal.csv.gz")]
    [TestCase("encode_posit6_es2_softposit.csv.gz")]
    [TestCase("encode_posit6_es2_universal.csv.gz")]
    [TestCase("encode_posit7_es1_softposit.csv.gz")]
    [TestCase("encode_posit7_es2_softposit.csv.gz")]
    [TestCase("encode_posit8_es0_softposit.csv.gz")]
    [TestCase("encode_posit8_es0_universal.csv.gz")]
    [TestCase("encode_posit8_es1_pX1_softposit.csv.gz")]
    [TestCase("encode_posit8_es1_universal.csv.gz")]
    [TestCase("encode_posit8_es2_softposit.csv.gz")]
    [TestCase("encode_posit8_es2_universal.csv.gz")]
    [TestCase("encode_posit16_es1_pX1_softposit.csv.gz")]
    [TestCase("encode_posit16_es1_softposit.csv.gz")]
    [TestCase("encode_posit16_es1_universal.csv.gz")]
    [TestCase("encode_posit16_es2_softposit.csv.gz")]
    [TestCase("encode_posit16_es2_universal.csv.gz")]
    public void EncodesAsThePeer(string file)
    {
        INumberFormat format = FormatOf(file);
        List<string> wrong = [];
        long rows = 0;
        foreach ((string[] cells, Dictionary<string, int> _) in GoldenRows.Read(file))
        {
            rows++;
            uint actual = format.Encode(GoldenRows.Binary32(GoldenRows.Hex(cells[0])), default, out _);
            if (actual != GoldenRows.Hex(cells[1])) wrong.Add($"{cells[0]} gave {actual:x}, not {cells[1]}");
        }
        Done(file, rows, rows, 400, wrong);
    }

    [TestCase("arith_posit4_es1_universal.csv", 100)]
    [TestCase("arith_posit6_es1_universal.csv.gz", 400)]
    [TestCase("arith_posit8_es0_softposit.csv.gz", 400)]
    [TestCase("arith_posit8_es0_universal.csv.gz", 400)]
    [TestCase("arith_posit8_es1_softposit.csv.gz", 400)]
    [TestCase("arith_posit8_es1_universal.csv.gz", 400)]
    [TestCase("arith_posit8_es2_softposit.csv.gz", 400)]
    [TestCase("arith_posit8_es2_universal.csv.gz", 400)]
    [TestCase("arith_posit16_es1_softposit.csv.gz", 400)]
    [TestCase("arith_posit16_es2_softposit.csv.gz", 400)]
    [TestCase("arith_posit16_es2_universal.csv.gz", 400)]
    public void ComputesAsThePeer(string file, int minimum)
    {
        INumberFormat format = FormatOf(file);
        List<string> wrong = [];
        long rows = 0, checks = 0;
        foreach ((string[] cells, Dictionary<string, int> column) in GoldenRows.Read(file))
        {
            rows++;
            uint a = GoldenRows.Hex(cells[0]), b = GoldenRows.Hex(cells[1]), c = column.TryGetValue("c", out int at)
                ? GoldenRows.Hex(cells[at]) : 0;
            foreach ((string operation, int index) in column)
            {
                if (operation is "a" or "b" or "c") continue;
                checks++;
                uint actual = Operations[operation](format, a, b, c);
                if (actual != GoldenRows.Hex(cells[index])) wrong.Add($"{operation}({a:x}, {b:x}, {c:x}) gave {actual:x}, not {cells[index]}");
            }
        }
        Done(file, rows, checks, minimum, wrong);
    }

    /// <summary>The format that a file's name tells: `decode_posit8_es1_pX1_softposit` is posit8_1.</summary>
    internal static INumberFormat FormatOf(string file)
    {
        string[] parts = file.Split('_');
        return FormatCatalogue.Parse($"{parts[1]}_{parts[2][2..].Split('.')[0]}");
    }

    private static void Done(string file, long rows, long checks, int minimum, List<string> wrong)
    {
        GoldenRows.Report(file, rows, minimum, wrong);
        Truth.Checked("Numbers", file, file.Contains("universal", StringComparison.Ordinal) ? "Universal" : "SoftPosit", checks, "equal");
    }
}
