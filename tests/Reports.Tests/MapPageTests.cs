using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Sim.ArchModel.Hierarchies;
using Sim.ArchModel.Hierarchies.Reading;
using Sim.Foundation.Diagnostics;
using Sim.Mapper.Advice;
using Sim.Mapper.Answers;
using Sim.Mapper.Constraints;
using Sim.Mapper.Nests;
using Sim.Mapper.Search;
using Sim.Mapper.Timing;
using Sim.Reports.Maps;
using Sim.Workloads.Nests;

namespace Sim.Reports.Tests;

/// <summary>The page of best mappings: one file, well-formed pictures that show what the mappings say.</summary>
public sealed partial class MapPageTests
{
    private static readonly ImmutableArray<LoopLayer> Layers =
    [
        LoopLayer.Gemm("first <b>&amp;", 1, 16, 16, 16, true), LoopLayer.Gemm("second", 1, 1, 64, 64, true),
        LoopLayer.Gemm("third", 1, 16, 16, 16, true),
    ];

    [TestCase("gemmini_default", true)]
    [TestCase("tpu_v1", false)]
    [TestCase("shidiannao", false)]
    [TestCase("marsellus_rbe", false)]
    [TestCase("tpu_like", false)]
    public void The_page_shows_every_layer_store_and_loop(string architecture, bool advise)
    {
        MapAnswer answer = Answer(architecture, advise);
        string page = MapPage.Of(answer, "1.2.3");
        Assert.That(page, Does.Not.Contain("http:").And.Not.Contain("https:").And.Not.Contain("<script").And.Not.Contain("src=")
            .And.Not.Contain("url(").And.Not.Contain("{{").And.Not.Contain("NaN").And.Not.Contain("∞"));
        Assert.That(page, Does.Not.Contain("first <b>").And.Contain("first &lt;b&gt;&amp;amp;"));
        XElement[] pictures = [.. Svg().Matches(page).Select(m => XElement.Parse(m.Value))];
        XElement[] nests = [.. pictures.Where(p => (string?)p.Attribute("class") == "nest")];
        Assert.That(nests, Has.Length.EqualTo(2), "equal layers share one");
        foreach ((XElement picture, MappedLayer layer) in nests.Zip(answer.Layers))
        {
            string[] classes = [.. picture.Elements("rect").Select(r => (string)r.Attribute("class")!)];
            Assert.That(classes.Count(c => c.StartsWith("bar ", StringComparison.Ordinal)), Is.EqualTo(layer.Result.Counts.Stores.Length));
            Assert.That(classes.Count(c => c == "loop"), Is.EqualTo(layer.Result.Nest.Nodes.Count(n => n is LoopNode)));
            Assert.That(classes.Count(c => c == "loop spatial"), Is.EqualTo(layer.Result.Nest.Nodes.Count(n => n is SpatialNode)));
            string[] lines = [.. NestText.Lines(layer.Result.Nest, layer.Problem.Hierarchy)];
            Assert.That(picture.Descendants("title").Select(t => t.Value).Where(t => t.StartsWith("for ", StringComparison.Ordinal)
                || t.StartsWith("spatial ", StringComparison.Ordinal)),
                Is.EqualTo(lines.Where(l => !l.StartsWith("store", StringComparison.Ordinal))));
        }
        int memories = answer.Target.Architecture.Hierarchy.Levels.Count(l => l is MemoryLevel);
        Assert.That(pictures.Count(p => (string?)p.Attribute("class") == "roof"), Is.InRange(2, memories));
        Assert.That(page.Contains("would help most", StringComparison.OrdinalIgnoreCase), Is.EqualTo(advise));
        foreach (XElement shape in pictures.SelectMany(p => p.Descendants()))
            foreach (XAttribute number in shape.Attributes().Where(a => a.Name.LocalName is "x" or "y" or "cx" or "cy" or "r" or "width"))
                Assert.That(double.Parse(number.Value, CultureInfo.InvariantCulture), Is.InRange(-1, 5000), shape.ToString());
    }

    // Nothing is faster than all units at work, nor than a memory moves what the mapping moves there.
    [Test]
    public void No_layer_is_above_its_ceilings()
    {
        int cases = 0;
        foreach (string name in new[] { "gemmini_default", "tpu_v1", "shidiannao", "marsellus_rbe", "tpu_like", "nvdla_small",
            "tpu_v2_core", "simd_scalable" })
        {
            MapAnswer answer = Answer(name, false);
            foreach (MappedLayer layer in answer.Layers)
            {
                Assert.That(layer.Layer.Macs / (double)layer.Time.Total, Is.LessThanOrEqualTo(answer.Target.Peak * (1 + 1e-9)), name);
                foreach (MemoryRoof roof in MemoryRoof.Of(answer.Target.Architecture))
                {
                    double bytes = roof.BytesOf(StoreTraffic.Of(layer.Result, layer.Problem));
                    if (bytes == 0 || roof.BytesPerCycle is not { } most) continue;
                    Assert.That(bytes / layer.Time.Total, Is.LessThanOrEqualTo(most * (1 + 1e-9)),
                        $"{name} {layer.Layer.Name} {roof.Memory}");
                    cases++;
                }
            }
        }
        Assert.That(cases, Is.GreaterThanOrEqualTo(40));
    }

    [Test]
    public void The_same_answer_is_the_same_page()
    {
        string first = MapPage.Of(Answer("gemmini_default", true), "1");
        Assert.That(MapPage.Of(Answer("gemmini_default", true), "1"), Is.EqualTo(first));
    }

    private static MapAnswer Answer(string architecture, bool advise)
    {
        var bag = new DiagnosticBag();
        LoadedHierarchy loaded = HierarchyReader.Load(architecture, bag)!;
        var target = new MapTarget(loaded, ConstraintReader.Of(loaded, bag));
        ImmutableArray<MappedLayer> rows = [.. Layers.Select(layer =>
        {
            MapProblem problem = target.Problem(layer);
            MapResult result = MapSearch.Best(problem, MapObjective.Edp, 20_000_000)!;
            return new MappedLayer(layer, result, problem, ArchitectureTiming.Of(result.Nest, target.Architecture));
        })];
        return new("network", target, MapObjective.Edp, false, rows, [0, 1, 0])
        {
            Advice = advise ? new MapAdvisor(target, MapObjective.Edp).Of([(rows[0], 2), (rows[1], 1)]) : null,
        };
    }

    [GeneratedRegex("<svg.*?</svg>", RegexOptions.Singleline)]
    private static partial Regex Svg();
}
