using System.Text.Json;
using Sim.Tests;

namespace Sim.EndToEnd.Tests;

/// <summary>`sim nest` as a process.</summary>
public sealed class NestVerbTests
{
    private static string Guide => Path.Combine(ReferenceData.RepositoryRoot, "configs", "nests", "gemm_tpu_like.yaml");

    private static string Tpu => Path.Combine(ReferenceData.RepositoryRoot, "configs", "architectures", "tpu_like.yaml");

    [Test]
    public void Counts_of_the_guide_s_nest_are_those_of_a_calculation_by_hand()
    {
        SimHost.Result result = SimHost.Run(["nest", Guide, "--arch", Tpu, "--json"]);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        JsonElement root = JsonDocument.Parse(result.Output).RootElement;
        Assert.That(root.GetProperty("macs").GetInt64(), Is.EqualTo(512L * 512 * 512));
        Assert.That(root.GetProperty("steps").GetInt64(), Is.EqualTo(2 * 2 * 512));
        // Activations stay on chip and are streamed once for each half of the columns; every weight comes once; two updates a sum.
        Assert.That(Field(root, "unified", "activations", "fills"), Is.EqualTo(512 * 512));
        Assert.That(Field(root, "unified", "activations", "reads"), Is.EqualTo(2 * 512 * 512));
        Assert.That(Field(root, "registers", "weights", "fills"), Is.EqualTo(512 * 512));
        Assert.That(Field(root, "accumulators", "outputs", "updates"), Is.EqualTo(2 * 512 * 512));
        Assert.That(Field(root, "accumulators", "outputs", "read_backs"), Is.Zero);
    }

    [Test]
    public void A_nest_goes_to_Timeloop_and_back()
    {
        string folder = Path.Combine(Path.GetTempPath(), $"sim-nest-{Guid.NewGuid():n}");
        Directory.CreateDirectory(folder);
        try
        {
            string map = Path.Combine(folder, "map.yaml"), problem = Path.Combine(folder, "problem.yaml");
            File.WriteAllText(map, SimHost.Run(["nest", Guide, "--arch", Tpu, "--to", "timeloop"]).Output);
            File.WriteAllText(problem, SimHost.Run(["nest", Guide, "--arch", Tpu, "--to", "timeloop-problem"]).Output);
            string[] arguments = ["nest", map, "--problem", problem, "--arch", Tpu, "--json"];
            JsonElement back = JsonDocument.Parse(SimHost.Run(arguments).Output).RootElement;
            JsonElement first = JsonDocument.Parse(SimHost.Run(["nest", Guide, "--arch", Tpu, "--json"]).Output).RootElement;
            string[] rows = [.. Rows(first)];
            Assert.That(rows, Has.Length.EqualTo(7));
            Assert.That(Rows(back), Is.EquivalentTo(rows));
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [TestCase("K 2 (tile 256)", "K 511", ":12:5: error MAP011: K 511 cannot split 512 elements")]
    [TestCase("store outputs@accumulators", "store outputs@accumulator", "did you mean 'accumulators'")]
    [TestCase("  - store weights@registers\n", "", "error MAP012: weights must be stored in 'registers'")]
    [TestCase("store activations@unified", "store weights@unified", "weights pass 'unified' by; it keeps activations")]
    [TestCase("M: 512", "M: 131072", "'unified' holds")]
    public void What_is_wrong_with_a_nest_is_told_with_its_place(string text, string instead, string expected)
    {
        string path = Path.Combine(Path.GetTempPath(), $"sim-nest-{Guid.NewGuid():n}.yaml");
        string whole = File.ReadAllText(Guide).ReplaceLineEndings("\n");
        Assert.That(whole, Does.Contain(text));
        File.WriteAllText(path, whole.Replace(text, instead, StringComparison.Ordinal)
            .Replace("for M 512", instead == "M: 131072" ? "for M 131072" : "for M 512", StringComparison.Ordinal));
        try
        {
            SimHost.Result result = SimHost.Run(["nest", path, "--arch", Tpu]);
            Assert.That(result.ExitCode, Is.EqualTo(2), result.Output);
            Assert.That(result.Error, Does.Contain(expected));
            Assert.That(result.Output, Is.Empty);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static long Field(JsonElement root, string level, string operand, string field) => root.GetProperty("stores").EnumerateArray()
        .Single(s => s.GetProperty("level").GetString() == level && s.GetProperty("operand").GetString() == operand).GetProperty(field)
        .GetInt64();

    private static IEnumerable<string> Rows(JsonElement root) => root.GetProperty("stores").EnumerateArray().Select(s => s.GetRawText());
}
