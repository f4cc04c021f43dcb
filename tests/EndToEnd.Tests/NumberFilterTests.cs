using System.Text;
using Sim.Tests;

namespace Sim.EndToEnd.Tests;

/// <summary>The number filters as processes: golden rows in, codes out, and bad rows located.</summary>
public sealed class NumberFilterTests
{
    [TestCase("encode_float8_e4m3fn_mldtypes.csv.gz", "e4m3", "rne", "nearest_even", "ieee")]
    [TestCase("encode_float8_e5m2_mldtypes.csv.gz", "e5m2", "rne_sat", "nearest_even", "saturate")]
    [TestCase("encode_float8_e4m3fnuz_mldtypes.csv.gz", "e4m3fnuz", "rtz_sat", "to_zero", "saturate")]
    [TestCase("encode_ocp_e5m2_gfloat.csv.gz", "e5m2", "rto_sat", "to_odd", "saturate_inf")]
    [TestCase("encode_ocp_int8_gfloat.csv.gz", "q2.6", "rtp_sat", "up", "saturate_inf")]
    [TestCase("encode_bf16_softfloat.csv.gz", "bf16", "rna", "nearest_away", "ieee")]
    [TestCase("encode_fp16_softfloat.csv.gz", "fp16", "rtn", "down", "ieee")]
    public void EncodeAnswersAsThePeer(string file, string format, string column, string rounding, string overflow)
    {
        (string[][] rows, Dictionary<string, int> at) = Table(file);
        rows = [.. rows.Where(r => r[at[column]] != "err" && !IsNaN(r[0]))];
        SimHost.Result result = SimHost.Run(["formats", "encode", format, "--rounding", rounding, "--overflow", overflow],
            Input(rows.Select(r => r[0])));
        Equal(result, rows.Select(r => r[at[column]]));
    }

    [TestCase("mul", "mul_rne")]
    [TestCase("sub", "sub_rne")]
    [TestCase("fma", "mulAdd_rne")]
    public void EvalAnswersAsSoftFloat(string op, string column)
    {
        (string[][] rows, Dictionary<string, int> at) = Table("arith_fp16_softfloat.csv.gz");
        rows = [.. rows.Where(r => (Convert.ToInt32(r[at[column]], 16) & 0x7fff) <= 0x7c00)];
        SimHost.Result result = SimHost.Run(["formats", "eval", "fp16", "--op", op],
            Input(rows.Select(r => string.Join(',', r.Take(op == "fma" ? 3 : 2)))));
        Equal(result, rows.Select(r => r[at[column]]));
    }

    [Test]
    public void StochasticTakesTheRandomIntegerFromTheRow()
    {
        (string[][] rows, Dictionary<string, int> at) = Table("encode_stochastic_ocp_e4m3_gfloat.csv.gz");
        rows = [.. rows.Where(r => r[at["srnumbits"]] == "8" && !IsNaN(r[0]))];
        SimHost.Result result = SimHost.Run(["formats", "encode", "e4m3", "--rounding", "stochastic", "--random-bits", "8", "--overflow",
            "saturate_inf"], Input(rows.Select(r => $"{r[0]},{r[2]}")));
        Equal(result, rows.Select(r => r[at["stochastic_fastest_sat"]]), 10);
    }

    [Test]
    public void DotAnswersAsSoftFloat()
    {
        (string[][] rows, Dictionary<string, int> at) = Table("seqdot_fp16_softfloat.csv.gz");
        foreach ((string column, string accumulator) in new[]
        {
            ("fp16_mulAdd_chain(fp16)", "{kind: float, format: fp16}"),
                ("fp16_mul_then_add_chain(fp16)", "{kind: float, format: fp16, product: fp16}"),
            ("f32_mulAdd_chain_rtz(f32bits)", "{kind: float, format: fp32, rounding: to_zero}"),
        })
        {
            string file = Path.Combine(Path.GetTempPath(), $"sim-dot-{Guid.NewGuid():n}.yaml");
            File.WriteAllText(file, $"schema: sim.datapath/1\nweight: fp16\nactivation: fp16\naccumulator: {accumulator}\n");
            try
            {
                string zero = new('0', rows[0][at[column]].Length);
                Equal(SimHost.Run(["dot", file], Input(rows.Select(r => $"{zero},{r[at["a_hex"]]},{r[at["b_hex"]]}"))),
                    rows.Select(r => r[at[column]]), 60);
            }
            finally
            {
                File.Delete(file);
            }
        }
    }

    [Test]
    public void DecodeListsEveryCode()
    {
        SimHost.Result result = SimHost.Run(["formats", "decode", "e5m2"]);
        string[] lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Multiple(() =>
        {
            Assert.That(lines, Has.Length.EqualTo(256));
            Assert.That(lines[1], Is.EqualTo("01,0x1p-16,SUBNORMAL"));
            Assert.That(lines[0x7b], Is.EqualTo("7b,0x1.cp+15,NORMAL"));
            Assert.That(lines[0x7c], Is.EqualTo("7c,inf,INFINITE"));
            Assert.That(lines[0x80], Is.EqualTo("80,-0x0p+0,ZERO"));
            Assert.That(lines[0xff], Is.EqualTo("ff,nan,NAN"));
        });
    }

    [TestCase("formats decode e2m1 --json", "", 16, "{\"code\":\"3\",\"value\":\"0x1.8p+0\",\"class\":\"NORMAL\"}")]
    [TestCase("formats encode e4m3 --json", "3f800000\n40000000\n", 2, "{\"code\":\"38\"}")]
    [TestCase("formats eval e4m3 --op mul --json", "", 0, "")]
    [TestCase("dot int8_acc32 --json", "00000001,02,03\n", 1, "{\"code\":\"00000007\"}")]
    public void JsonIsOneDocument(string arguments, string input, int rows, string row)
    {
        SimHost.Result result = SimHost.Run(arguments.Split(' '), input);
        using var document = System.Text.Json.JsonDocument.Parse(result.Output);
        Assert.That(document.RootElement.GetArrayLength(), Is.EqualTo(rows));
        Assert.That(result.Output, Does.Contain(row));
    }

    [TestCase("formats encode e4m3", "3f800000\nzz\n3f800000,1\n", "<stdin>:2:1: error NUM001|<stdin>:3:10: error NUM001")]
    [TestCase("formats encode e4m3 --rounding stochastic --random-bits 4", "3f800000,16\n", "<stdin>:1:10: error NUM001")]
    [TestCase("formats encode tf32 --rounding stochastic", "", "--random-bits 1 to 32")]
    [TestCase("formats eval e4m3 --op mul", "12\n", "<stdin>:1:3: error NUM001")]
    [TestCase("formats eval e4m3 --op mul", "12,123\n", "<stdin>:1:4: error NUM001")]
    [TestCase("formats eval tf32 --op mul", "3f800001,3f800000\n", "<stdin>:1:1: error NUM001")]
    [TestCase("formats eval e4m3 --op mull", "", "did you mean 'mul'")]
    [TestCase("formats encode e4m3 --rounding neerest_even", "", "did you mean 'nearest_even'")]
    [TestCase("formats decode e9m99", "", "number format 'e9m99'")]
    [TestCase("formats decode fp32", "", "--filter")]
    [TestCase("dot int8_acc32", "00000000,0102,01\n", "<stdin>:1:15: error NUM001")]
    [TestCase("dot int8_acc32", "00000000,01xy,0102\n", "<stdin>:1:12: error NUM001")]
    [TestCase("dot no_such_datapath", "", "no_such_datapath")]
    public void BadInputIsLocated(string arguments, string input, string messages)
    {
        SimHost.Result result = SimHost.Run(arguments.Split(' '), input);
        Assert.That(result.ExitCode, Is.EqualTo(2), result.Error);
        foreach (string message in messages.Split('|')) Assert.That(result.Error, Does.Contain(message));
    }

    private static (string[][] Rows, Dictionary<string, int> Column) Table(string file)
    {
        string[][] lines = [.. ReferenceData.Lines(ReferenceData.Golden(file)).Select(l => l.Split(','))];
        return (lines[1..], lines[0].Select((name, i) => (name, i)).ToDictionary(c => c.name, c => c.i));
    }

    private static bool IsNaN(string binary32) => float.IsNaN(BitConverter.UInt32BitsToSingle(Convert.ToUInt32(binary32, 16)));

    private static string Input(IEnumerable<string> rows) =>
        rows.Aggregate(new StringBuilder(), (text, row) => text.Append(row).Append('\n')).ToString();

    private static void Equal(SimHost.Result result, IEnumerable<string> expected, int minimum = 400)
    {
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        string[] answers = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(answers, Has.Length.GreaterThanOrEqualTo(minimum));
        Assert.That(answers, Is.EqualTo(expected));
    }
}
