using System.Text;
using Sim.Tests;

namespace Sim.EndToEnd.Tests;

/// <summary>The filters of block formats as processes: golden blocks in, scales and codes out and back.</summary>
public sealed class BlockFilterTests
{
    [TestCase("block_mxfp8_e4m3_gfloat.csv.gz", "mxfp8_e4m3")]
    [TestCase("block_mxfp8_e5m2_gfloat.csv.gz", "mxfp8_e5m2")]
    [TestCase("block_mxfp6_e2m3_gfloat.csv.gz", "mxfp6_e2m3")]
    [TestCase("block_mxfp6_e3m2_gfloat.csv.gz", "mxfp6_e3m2")]
    [TestCase("block_mxfp4_e2m1_gfloat.csv.gz", "mxfp4")]
    [TestCase("block_mxint8_gfloat.csv.gz", "mxint8")]
    public void AnswersAsGfloat(string file, string format)
    {
        Dictionary<string, string> inputs = Rows("block_inputs.csv.gz").ToDictionary(r => r[0], r => r[1]);
        string[][] rows = [.. Rows(file).Where(r => inputs.ContainsKey(r[0]))];
        Assert.That(rows, Has.Length.GreaterThan(900));
        bool narrow = format == "mxfp4";
        // A four-bit code is one digit; the file writes every code as a byte.
        Equal(SimHost.Run(["formats", "encode", format], Input(rows.Select(r => inputs[r[0]]))),
            rows.Select(r => $"{r[1]},{(narrow ? Digits(r[2]) : r[2])}"));
        Equal(SimHost.Run(["formats", "decode", format], Input(rows.Select(r => $"{r[1]},{r[2]}"))), rows.Select(r => r[3]));
        if (narrow) Equal(SimHost.Run(["formats", "decode", format], Input(rows.Select(r => $"{r[1]},{Digits(r[2])}"))),
            rows.Select(r => r[3]));
    }

    [Test]
    public void TakesTheAmaxOfTheTensorFromTheRow()
    {
        Dictionary<string, string> inputs = Rows("block_inputs_nvfp4.csv.gz").ToDictionary(r => r[0], r => r[1]);
        string Block(string[] row) =>
            inputs[$"{int.Parse(row[0], System.Globalization.CultureInfo.InvariantCulture) / 2}"].Substring(row[0][^1] % 2 * 128, 128);
        // -0 keeps its sign here, and not in the peer.
        string[][] rows = [.. Rows("block_nvfp4_te.csv.gz")
            .Where(r => inputs.ContainsKey($"{int.Parse(r[0], System.Globalization.CultureInfo.InvariantCulture) / 2}"))
            .Where(r => !Enumerable.Range(0, 16).Any(i => Block(r).Substring(8 * i, 8) == "80000000"))];
        Assert.That(rows, Has.Length.GreaterThan(1800));
        foreach (string format in new[] { "nvfp4", "nvfp4_te" })
            Equal(SimHost.Run(["formats", "encode", format], Input(rows.Select(r => $"{Block(r)},{r[1]}"))),
                rows.Select(r => $"{r[2]},{r[3]}"));
        string[][] tensor = [.. rows.Where(r => r[1] == rows[0][1])];
        Equal(SimHost.Run(["formats", "encode", "nvfp4", "--tensor-amax", rows[0][1]], Input(tensor.Select(Block))),
            tensor.Select(r => $"{r[2]},{r[3]}"));
    }

    [TestCase("formats encode mxfp4", "3f80000\n", "<stdin>:1:1: error NUM001")]
    [TestCase("formats encode mxfp4", "3f800000,3f800000\n", "<stdin>:1:10: error NUM001")]
    [TestCase("formats encode mxfp4_b2", "3f8000003f8000003f800000\n", "a block of mxfp4_b2 has 2 elements, found 3")]
    [TestCase("formats encode nvfp4", "3f800000,7f800000\n", "<stdin>:1:10: error NUM001")]
    [TestCase("formats encode nvfp4 --tensor-amax bf800000", "", "--tensor-amax 'bf800000'")]
    [TestCase("formats encode mxfp4 --tensor-amax 3f800000", "", "has no tensor scale")]
    [TestCase("formats encode e4m3 --tensor-amax 3f800000", "", "--tensor-amax is for block formats")]
    [TestCase("formats encode mxfp4 --overflow ieee", "", "always saturate")]
    [TestCase("formats encode mxfp4 --rounding stochastic --random-bits 4", "", "not for blocks")]
    [TestCase("formats encode mxfp4_nearest", "", "block format 'mxfp4_nearest'")]
    [TestCase("formats encode mxfp4_b0", "", "a block has 1 to 65536 elements")]
    [TestCase("formats encode mxfp9", "", "unknown number format 'mxfp9'")]
    [TestCase("formats eval mxfp4 --op mul", "", "'mxfp4' is a block format")]
    [TestCase("formats decode mxfp4", "7f\n", "<stdin>:1:3: error NUM001")]
    [TestCase("formats decode mxfp4", "1ff,00\n", "<stdin>:1:1: error NUM001")]
    public void BadInputIsLocated(string arguments, string input, string message)
    {
        SimHost.Result result = SimHost.Run(arguments.Split(' '), input);
        Assert.That(result.ExitCode, Is.EqualTo(2), result.Error);
        Assert.That(result.Error, Does.Contain(message));
        Assert.That(result.Output, Is.Empty);
    }

    private static string Digits(string bytes) => string.Concat(Enumerable.Range(0, bytes.Length / 2).Select(i => bytes[2 * i + 1]));

    private static IEnumerable<string[]> Rows(string file) =>
        ReferenceData.Lines(ReferenceData.Golden(file)).Skip(1).Select(l => l.Split(','));

    private static string Input(IEnumerable<string> rows) =>
        rows.Aggregate(new StringBuilder(), (text, row) => text.Append(row).Append('\n')).ToString();

    private static void Equal(SimHost.Result result, IEnumerable<string> expected)
    {
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        Assert.That(result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries), Is.EqualTo(expected));
    }
}
