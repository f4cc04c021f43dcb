using Sim.ArchModel.Costs;
using Sim.ArchModel.Reading;
using Sim.ArchModel.Technologies;
using Sim.Datapath.Structures;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Tests;

/// <summary>Clocks: whether a design meets its own, and the pipeline that `auto` chooses for it.</summary>
public class PipelineTests
{
    [Test]
    public void AutoIsTheFewestStagesThatMeetTheClock()
    {
        int designs = 0;
        foreach (string datapath in new[] { "int8_acc32", "e4m3_fp16", "bf16_fp32", "fp32_fp32", "h100_fp8" })
            foreach (int megahertz in new[] { 100, 300, 500, 800, 1200 })
            {
                LoadedArchitecture chosen = Read(datapath, "auto", megahertz);
                int stages = chosen.Architecture.Datapath.PipelineStages;
                Assert.That(Delay(chosen) <= 1e3 / megahertz || stages == 16, $"{datapath} at {megahertz} MHz: {Delay(chosen)} ns");
                if (stages > 0) Assert.That(Delay(Read(datapath, $"{stages - 1}", megahertz)), Is.GreaterThan(1e3 / megahertz),
                    $"{datapath} at {megahertz} MHz needs no {stages} stages");
                // The same number of stages by hand is the same design.
                Assert.That(ArchitectureJson.WriteIdentity(Read(datapath, $"{stages}", megahertz).Architecture),
                    Is.EqualTo(ArchitectureJson.WriteIdentity(chosen.Architecture)));
                designs++;
            }
        Assert.That(designs, Is.EqualTo(25));
    }

    [Test]
    public void RegistersOfThePipelineArePriced()
    {
        double Area(string stages) => Read("bf16_fp32", stages, 800).Price().AreaSquareMicrometres;
        Assert.That(Area("auto"), Is.GreaterThan(Area("0")));
    }

    [Test]
    public void AnotherTechnologyChoosesAgain()
    {
        LoadedArchitecture nangate = Read("bf16_fp32", "auto", 300), sky = nangate.In(TechnologyCatalogue.Resolve("sky130"));
        Assert.That(sky.Architecture.Datapath.PipelineStages, Is.GreaterThan(nangate.Architecture.Datapath.PipelineStages),
            "130 nm is slower than 45 nm");
        Assert.That(sky.In(nangate.Technology).Architecture, Is.EqualTo(nangate.Architecture));
        Assert.That(Read("bf16_fp32", "1", 300).In(sky.Technology).Architecture.Datapath.PipelineStages, Is.EqualTo(1),
            "what is written stays");
    }

    [Test]
    public void AMissedClockNamesThePathAndTheClockThatItAllows()
    {
        ClockCheck clock = Read("bf16_fp32", "0", 1000).Price().Clock;
        Assert.That(clock.IsMet, Is.False);
        Assert.That(clock.Problem, Does.Contain("a MAC of datapath 'bf16_fp32'").And.Contain("1.00 ns").And.Contain("MHz"));
        Assert.That(Read("bf16_fp32", "0", (int)(1e3 / clock.Critical.Nanoseconds)).Price().Clock.IsMet,
            "at the clock that the message allows");
        Assert.That(Read("int8_acc32", "1", 500).Price().Clock.Problem, Is.Null);
    }

    [Test]
    public void TheAccumulatorBelowAnArrayIsCutAsTheClockNeeds()
    {
        LoadedArchitecture fast = Read("e4m3_fp16", "4", 1000, "weight_stationary"), slow = Read("e4m3_fp16", "4", 50, "weight_stationary");
        Assert.That(fast.Price().Clock.Paths.Single(p => p.What.Contains("accumulator below")).Nanoseconds, Is.LessThanOrEqualTo(1.0));
        double Registers(LoadedArchitecture a) =>
            a.Price().Area.Where(i => i.Role == "partial sum pipeline register").Sum(i => i.SquareMicrometres);
        Assert.That((Registers(slow), Registers(fast) > 0), Is.EqualTo((0.0, true)));
    }

    [TestCase("-1")]
    [TestCase("17")]
    [TestCase("automatic")]
    public void OtherDepthsAreRefused(string stages)
    {
        var bag = new DiagnosticBag();
        Assert.That(ArchitectureReader.Read(YamlDocument.Parse(Text("int8_acc32", stages, 500), "a.yaml", bag)!.Root, bag), Is.Null);
        Assert.That(bag.Sorted.Single().Message, Does.Contain("0 to 16, or auto"));
    }

    [Test]
    public void EveryShippedArchitectureMeetsItsClock()
    {
        string[] names = ["edge_npu", "edge_npu_fp16", "eyeriss_like", "tpu_like"];
        foreach (string name in names)
        {
            var bag = new DiagnosticBag();
            Assert.That(ArchitectureReader.Load(name, bag)!.Price().Clock.Problem, Is.Null, name);
        }
    }

    [Test]
    public void NamesKeepTheirPoints()
    {
        var bag = new DiagnosticBag();
        Assert.That(ArchitectureReader.Load("eyeriss_like", bag)!.Architecture.Datapath.Name, Is.EqualTo("q8.8_fixed16_trunc"));
        Assert.That(new[] { "q8.8_fixed32", "a/b.c/q8.8.yaml", "x.yml", "./x.v2" }.Select(ConfigCatalogue.NameOf),
            Is.EqualTo(new[] { "q8.8_fixed32", "q8.8", "x", "x.v2" }));
    }

    private static double Delay(LoadedArchitecture loaded) => loaded.Price().MacDelayNanoseconds;

    private static LoadedArchitecture Read(string datapath, string stages, int megahertz, string dataflow = "output_stationary")
    {
        var bag = new DiagnosticBag();
        YamlMap root = YamlDocument.Parse(Text(datapath, stages, megahertz, dataflow), "a.yaml", bag)!.Root;
        LoadedArchitecture? loaded = ArchitectureReader.Read(ArchitectureReader.Override(root,
            new YamlScalar(default, "datapath.pipeline_stages"), new YamlScalar(default, stages), bag)!, bag);
        bag.ThrowIfErrors();
        return loaded!;
    }

    private static string Text(string datapath, string stages, int megahertz, string dataflow = "output_stationary") => $$"""
        schema: sim.architecture/1
        name: test
        technology: nangate45
        clock: {{megahertz}} MHz
        datapath: {{(datapath == "int8_acc32" ? $"{{weight: int8, activation: int8, accumulator: {{kind: integer, bits: 32, overflow: wrap}}, pipeline_stages: {stages}}}" : datapath)}}
        array: {rows: 32, columns: 8, dataflow: {{dataflow}}}
        buffers:
          - {name: all, capacity: 64 KiB, port: 64 bit, banks: 2, double_buffered: true, keeps: [activations, weights, outputs]}
        dram: {kind: LPDDR4, bandwidth: unlimited}
        vector: {lanes: 4}
        """;
}
