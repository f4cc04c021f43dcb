using Sim.Datapath.Formats;
using Sim.Tests;

namespace Sim.Datapath.Tests.Numbers;

/// <summary>Scalar operations on codes: ml_dtypes (8 bits and less), SoftFloat and TestFloat (binary16, bfloat16, binary32), flags included
/// where they are given.</summary>
public sealed class ArithmeticGoldenTests
{
    private delegate uint Operation(INumberFormat format, uint a, uint b, uint c, Rounding rounding, out RoundingFlags flags);

    private static readonly Dictionary<string, Operation> Operations = new()
    {
        ["mul"] = (INumberFormat f, uint a, uint b, uint _, Rounding r, out RoundingFlags flags) => f.Multiply(a, b, r, out flags),
        ["add"] = (INumberFormat f, uint a, uint b, uint _, Rounding r, out RoundingFlags flags) => f.Add(a, b, r, out flags),
        ["sub"] = (INumberFormat f, uint a, uint b, uint _, Rounding r, out RoundingFlags flags) => f.Subtract(a, b, r, out flags),
        ["div"] = (INumberFormat f, uint a, uint b, uint _, Rounding r, out RoundingFlags flags) => f.Divide(a, b, r, out flags),
        ["mulAdd"] = (INumberFormat f, uint a, uint b, uint c, Rounding r, out RoundingFlags flags) => f.MultiplyAdd(a, b, c, r, out flags),
    };

    private static readonly Dictionary<string, RoundingMode> Modes = new()
    {
        ["rne"] = RoundingMode.NearestEven, ["rtz"] = RoundingMode.ToZero,
        ["near_even"] = RoundingMode.NearestEven, ["minMag"] = RoundingMode.ToZero, ["near_maxMag"] = RoundingMode.NearestAway,
        ["min"] = RoundingMode.Down, ["max"] = RoundingMode.Up, ["odd"] = RoundingMode.ToOdd,
    };

    [TestCase("arith_float4_e2m1fn_mldtypes.csv", "e2m1", 100)]
    [TestCase("arith_float6_e2m3fn_mldtypes.csv.gz", "e2m3", 400)]
    [TestCase("arith_float6_e3m2fn_mldtypes.csv.gz", "e3m2", 400)]
    [TestCase("arith_float8_e3m4_mldtypes.csv.gz", "e3m4", 400)]
    [TestCase("arith_float8_e4m3fn_mldtypes.csv.gz", "e4m3", 400)]
    [TestCase("arith_float8_e4m3fnuz_mldtypes.csv.gz", "e4m3fnuz", 400)]
    [TestCase("arith_float8_e5m2_mldtypes.csv.gz", "e5m2", 400)]
    [TestCase("arith_float8_e5m2fnuz_mldtypes.csv.gz", "e5m2fnuz", 400)]
    public void ComputesAsMlDtypes(string file, string name, int minimum) =>
        Compare(file, name, ["mul", "add", "sub", "div"], minimum, "ml_dtypes");

    [TestCase("arith_fp16_softfloat.csv.gz", "fp16", "mul_rne add_rne sub_rne mulAdd_rne mul_rtz add_rtz mulAdd_rtz")]
    [TestCase("arith_bf16_softfloat.csv.gz", "bf16", "mul_rne add_rne mul_rtz add_rtz")]
    [TestCase("arith_fp32_softfloat.csv.gz", "fp32", "mul_rne add_rne mulAdd_rne add_rtz mulAdd_rtz")]
    public void ComputesAsSoftFloat(string file, string name, string columns) =>
        Compare(file, name, columns.Split(' '), 400, "SoftFloat-3e");

    /// <summary>A binary32 fused multiply-add followed by a rounding to bfloat16, as the column says: two roundings, both ours.</summary>
    [Test]
    public void RoundsTwiceAsSoftFloat()
    {
        const string file = "arith_bf16_softfloat.csv.gz";
        INumberFormat bf16 = FormatCatalogue.Parse("bf16"), fp32 = FormatCatalogue.Parse("fp32");
        List<string> wrong = [];
        long rows = 0;
        foreach ((string[] cells, Dictionary<string, int> column) in GoldenRows.Read(file))
        {
            rows++;
            uint wide = fp32.MultiplyAdd(GoldenRows.Hex(cells[0]) << 16, GoldenRows.Hex(cells[1]) << 16, GoldenRows.Hex(cells[2]) << 16,
                default, out _);
            uint actual = bf16.Encode(fp32.Decode(wide), default, out _), expected = GoldenRows.Hex(cells[column["f32_fma_then_bf16_rne"]]);
            if (!GoldenRows.Same(bf16, expected, actual)) wrong.Add($"{cells[0]}·{cells[1]}+{cells[2]} gave {actual:x}, not {expected:x}");
        }
        GoldenRows.Report(file, rows, 400, wrong);
    }

    [Test]
    public void ComputesAsTestFloat([Values("f16_add", "f16_sub", "f16_mul", "f16_mulAdd", "f32_mulAdd")] string operation,
        [Values("near_even", "minMag", "near_maxMag")] string mode)
    {
        string file = $"testfloat_{operation}_{mode}.txt.gz";
        string[] name = operation.Split('_');
        INumberFormat format = FormatCatalogue.Parse(name[0] == "f16" ? "fp16" : "fp32");
        List<string> wrong = [];
        long rows = 0;
        foreach (string line in ReferenceData.Lines(ReferenceData.Golden(file)))
        {
            rows++;
            uint[] cells = [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(GoldenRows.Hex)];
            uint actual = Operations[name[1]](format, cells[0], cells[1], cells[2], new Rounding(Modes[mode]), out RoundingFlags flags);
            if (!GoldenRows.Same(format, cells[^2], actual) || (uint)flags != cells[^1]) wrong.Add($"{line} gave {actual:x} {flags}");
        }
        GoldenRows.Report(file, rows, 200, wrong);
        Truth.Checked("Numbers", file, "Berkeley TestFloat-3e", rows, "results and all five flags equal");
    }

    private static void Compare(string file, string name, string[] columns, int minimum, string source)
    {
        INumberFormat format = FormatCatalogue.Parse(name);
        List<string> wrong = [];
        long rows = 0;
        foreach ((string[] cells, Dictionary<string, int> column) in GoldenRows.Read(file))
        {
            rows++;
            uint a = GoldenRows.Hex(cells[0]), b = GoldenRows.Hex(cells[1]), c = column.TryGetValue("c", out int at)
                ? GoldenRows.Hex(cells[at]) : 0;
            foreach (string operation in columns)
            {
                string[] parts = operation.Split('_');
                uint expected = GoldenRows.Hex(cells[column[operation]]);
                uint actual = Operations[parts[0]](format, a, b, c,
                    new Rounding(parts.Length > 1 ? Modes[parts[1]] : RoundingMode.NearestEven), out _);
                if (!GoldenRows.Same(format, expected,
                    actual)) wrong.Add($"{operation}({a:x}, {b:x}, {c:x}) gave {actual:x}, not {expected:x}");
            }
        }
        GoldenRows.Report(file, rows, minimum, wrong);
        Truth.Checked("Numbers", file, source, rows * columns.Length, "equal");
    }
}
