using System.Text.Json.Nodes;

namespace Sim.EndToEnd.Tests;

/// <summary>`sim cost` as a process: totals are the sum of the lines, technologies switch, bad input ends with code 2.</summary>
public sealed class CostVerbTests
{
    private static JsonNode Json(params string[] arguments)
    {
        SimHost.Result result = SimHost.Run([.. arguments, "--json"]);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        return JsonNode.Parse(result.Output)!;
    }

    [Test]
    public void EveryBuiltInDatapathHasAnItemisedPrice()
    {
        string[] files = Directory.GetFiles(Path.Combine(Sim.Tests.ReferenceData.RepositoryRoot, "configs", "datapaths"), "*.yaml");
        Assert.That(files, Has.Length.GreaterThanOrEqualTo(10));
        foreach (string file in files)
        {
            JsonNode cost = Json("cost", file);
            double sum = cost["items"]!.AsArray().Where(i => (string?)i!["part"] is "mac" or "registers").Sum(i => (double)i!["area_um2"]!);
            Assert.That((double)cost["totals"]!["area_um2"]!, Is.EqualTo(sum).Within(0.01).Percent, file);
            Assert.That(cost["items"]!.AsArray().Select(i => (string)i!["source"]!), Is.All.Not.Empty);
        }
    }

    [Test]
    public void SwitchingTechnologyIsOneOption()
    {
        double Area(string technology) => (double)Json("cost", "int8_acc32", "--technology", technology)["totals"]!["area_um2"]!;
        // NAND2 areas of the two libraries: 3.7536 and 0.798 um2; NAND2 equivalents agree within about a tenth.
        Assert.That(Area("sky130") / Area("nangate45"), Is.EqualTo(3.7536 / 0.798).Within(15).Percent);
    }

    [Test]
    public void AnArchitecturesLinesAddUp()
    {
        JsonNode cost = Json("cost", "edge_npu");
        Assert.That(cost["items"]!.AsArray().Sum(i => (double)i!["area_um2"]!) * 1e-6, Is.EqualTo((double)cost["totals"]!["area_mm2"]!)
            .Within(0.01).Percent);
        Assert.That(cost["actions"]!.AsArray().Select(a => (double)a!["energy_pj"]!), Is.All.GreaterThan(0));
    }

    [TestCase("edge_npu", "nangate54", "did you mean 'nangate45'")]
    [TestCase("edge_npuu", "nangate45", "did you mean 'edge_npu'")]
    [TestCase("configs/technologies/sky130.yaml", "nangate45", "sim.technology/1")]
    public void BadInputIsNamed(string file, string technology, string message)
    {
        SimHost.Result result = SimHost.Run(["cost", file, "--technology", technology]);
        Assert.That(result.ExitCode, Is.EqualTo(2));
        Assert.That(result.Error, Does.Contain(message));
        Assert.That(result.Output, Is.Empty);
    }
}
