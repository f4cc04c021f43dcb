using Sim.ArchModel.Hierarchies;
using Sim.Foundation.Diagnostics;
using Sim.Mapper.Nests;
using Sim.Mapper.Timeloop;
using Sim.Tests;
using Sim.Workloads.Nests;
using Sim.Workloads.Topologies;

namespace Sim.Mapper.Tests.Timeloop;

/// <summary>Forms of Timeloop's files, and what is said of files that are wrong.</summary>
public class TimeloopReadingTests
{
    private const string Architecture = """
        architecture:
          version: 0.3
          subtree:
            - name: system
              local:
                - {name: DRAM, class: DRAM, attributes: {type: LPDDR4, width: 64, word-bits: 16}}
              subtree:
                - name: chip
                  local:
                    - {name: buffer, class: SRAM, attributes: {depth: 1024, width: 64, word-bits: 16, read_bandwidth: 4, meshX: 1,
                        multiple_buffering: 2}}
                  subtree:
                    - name: PE[0..7]
                      local:
                        - {name: registers, class: regfile, attributes: {depth: 16, width: 16, word-bits: 16, meshX: 4}}
                        - {name: 'mac[0..1]', class: intmac, attributes: {meshX: 8}}
        architecture_constraints:
          targets:
            - {target: registers, type: bypass, keep: [Weights], bypass: [Inputs, Outputs]}
        """;

    private const string Mapping = """
        mapping:
          - {target: registers, type: bypass, keep: [Weights], bypass: [Inputs, Outputs]}
          - {target: DRAM, type: temporal, factors: "C=2,M=2,P=1,R=1,S=1,N=1,Q=1", permutation: CMPRSNQ}
          - {target: buffer, type: temporal, factors: C1 M1 P4 R3 S1 N1 Q1, permutation: [P, R, C, M, S, N, Q]}
          - {target: buffer, type: spatial, factors: [M=4, C=2], permutation: M C P R S N Q, split: 1}
          - {target: registers, type: spatial, factors: Q2, permutation: QCMRSNP}
        """;

    private static readonly TimeloopLoops Problem = TimeloopExport.Loops(LoopLayer.Conv("c", 1, 1, 8, 4, 4, 2, 3, 1)) with
    {
        Dimensions = TimeloopExport.Loops(LoopLayer.Conv("c", 1, 1, 8, 4, 4, 2, 3, 1)).Dimensions.Remove("G"),
    };

    [Test]
    public void FormsOfBothVersionsAreRead()
    {
        var bag = new DiagnosticBag();
        Hierarchy hierarchy = TimeloopArchitecture.Read("arch.yaml", Architecture, bag)!;
        Assert.That(bag.Sorted, Is.Empty);
        Assert.That(hierarchy.Levels.Select(l => l.Name), Is.EqualTo(new[] { "DRAM", "buffer", "buffer_fanout", "registers",
            "registers_fanout" }));
        Assert.That(hierarchy.Memory(1).CapacityBits, Is.EqualTo(1024 * 64));
        Assert.That((hierarchy.Memory(1).BitsPerCycle, hierarchy.Memory(1).ReadBitsPerCycle, hierarchy.Memory(1).WriteBitsPerCycle),
            Is.EqualTo(((double?)null, (double?)(4 * 16), (double?)null)));
        Assert.That(hierarchy.Memory(1).DoubleBuffered.Weights, Is.True);
        Assert.That(hierarchy.Memory(3).Keeps, Is.EqualTo(new PerOperand<Keeping>(Keeping.Bypass, Keeping.Must, Keeping.Bypass)));
        Assert.That(hierarchy.Fabric(2).Axes.Select(a => a.Size), Is.EqualTo(new[] { 4, 2 }));
        Assert.That(hierarchy.Fabric(4).Axes.Select(a => a.Size), Is.EqualTo(new[] { 2, 1 }));
        LoopNest nest = TimeloopMapping.Read("map.yaml", Mapping, Problem, hierarchy, bag)!;
        Assert.That(bag.Sorted, Is.Empty);
        Assert.That(NestText.Lines(nest, hierarchy), Is.EqualTo(new[]
        {
            "store activations@DRAM", "store weights@DRAM", "store outputs@DRAM", "for M 2 (tile 4)", "for C 2 (tile 2)",
            "store activations@buffer", "store weights@buffer", "store outputs@buffer", "for R 3", "for P 4",
            "spatial C 2 buffer_fanout.y", "spatial M 4 buffer_fanout.x", "store weights@registers", "spatial Q 2 registers_fanout.x",
        }));
    }

    [TestCase("target: DRAM", "target: DRAN", "'target' must be a memory (DRAM, buffer, registers)")]
    [TestCase("C=2,M=2", "C=2,M=x", "the factor 'M=x' must be a dimension and an integer from 1")]
    [TestCase("C=2,M=2", "C=2,K=2", "'K' is no dimension of the problem")]
    [TestCase("C=2,M=2", "C=2,C=2", "'C' has two factors")]
    [TestCase("C=2,M=2", "C=2,M=2,P7,3", "'P' has two factors")]
    [TestCase("permutation: CMPRSNQ", "permutation: CPRSNQ", "'M' has the factor 2 and no place in the permutation")]
    [TestCase("permutation: CMPRSNQ", "permutation: CCMPRSNQ", "a permutation names each dimension once")]
    [TestCase("P4 R3", "P3 R3", "P 3 cannot split 4 elements")]
    [TestCase("P4 R3", "P2 R3", "2 of 4 elements of P are left without a loop")]
    [TestCase("split: 1", "split: one", "'split' must be an integer from 0")]
    [TestCase("type: temporal", "type: time", "'type' must be temporal, spatial, datatype or dataspace")]
    [TestCase("type: temporal,", "type: temporal, colour: red,", "unknown key 'colour'")]
    [TestCase("keep: [Weights]", "keep: [Wights]", "'Wights' is no data space (Inputs, Weights, Outputs)")]
    [TestCase("mapping:", "mappings:", "it has no list 'mapping'")]
    public void WrongMappingsAreTold(string text, string instead, string expected)
    {
        var bag = new DiagnosticBag();
        Hierarchy hierarchy = TimeloopArchitecture.Read("arch.yaml", Architecture, bag)!;
        Assert.That(bag.Sorted, Is.Empty);
        Assert.That(Mapping.Contains(text, StringComparison.Ordinal), text);
        string wrong = Mapping.Replace(text, instead, StringComparison.Ordinal);
        Assert.That(TimeloopMapping.Read("map.yaml", wrong, Problem, hierarchy, bag), Is.Null);
        Assert.That(bag.Sorted.Select(d => d.Message), Has.Some.Contains(expected), bag.ToString());
        Assert.That(bag.Sorted, Has.All.Matches<Diagnostic>(d => d.Location.Line > 0));
    }

    [TestCase("PE[0..7]", "PE[7..0]", "a component has a 'name'")]
    [TestCase("depth: 1024", "depth: many", "'depth' must be an integer from 1")]
    [TestCase("multiple_buffering: 2", "multiple_buffering: 3", "3 buffers; one or two are modelled")]
    [TestCase("multiple_buffering: 2", "cluster_size: 4", "only clusters of 1 are modelled")]
    [TestCase("meshX: 4", "meshX: 3", "meshX")]
    [TestCase("target: registers", "target: register", "a constraint's 'target' must be a component")]
    [TestCase("name: registers", "name: buffer", "two components are named 'buffer'")]
    [TestCase("architecture:", "architectur:", "it has no mapping 'architecture'")]
    public void WrongArchitecturesAreTold(string text, string instead, string expected)
    {
        var bag = new DiagnosticBag();
        Assert.That(Architecture.Contains(text, StringComparison.Ordinal), text);
        Assert.That(TimeloopArchitecture.Read("arch.yaml", Architecture.Replace(text, instead, StringComparison.Ordinal), bag), Is.Null);
        Assert.That(bag.Sorted.Select(d => d.Message), Has.Some.Contains(expected), bag.ToString());
    }

    [Test]
    public void AttributesThatAreNotUsedAreNamed()
    {
        var bag = new DiagnosticBag();
        Assert.That(TimeloopArchitecture.Read("arch.yaml", Architecture.Replace("depth: 16", "depth: 16, colour: 3",
            StringComparison.Ordinal), bag), Is.Not.Null);
        Assert.That(bag.Sorted.Single().ToString(), Does.Contain("warning MAP016: the attribute 'colour' is not used"));
    }

    // Damaged files end in diagnostics, never in an exception.
    [Test]
    public void DamagedFilesAreAnsweredByDiagnostics()
    {
        string root = ReferenceData.Shared("reference/timeloop");
        string arch = File.ReadAllText(Path.Combine(root, "arch", "eyeriss_like.yaml"));
        string problem = File.ReadAllText(Path.Combine(root, "problems", "resnet50_conv1.yaml"));
        string map = File.ReadAllText(Path.Combine(root, "results_rp", "eyeriss_like", "resnet50_conv1.map.yaml"));
        var random = new Random(5);
        int refused = 0;
        for (int i = 0; i < 900; i++)
        {
            string[] files = [arch, problem, map];
            files[i % 3] = Damaged(files[i % 3], random);
            var bag = new DiagnosticBag();
            Hierarchy? hierarchy = TimeloopArchitecture.Read("arch.yaml", files[0], bag);
            TimeloopLoops? loops = TimeloopProblem.ReadLoops("problem.yaml", files[1], bag);
            LoopNest? nest = hierarchy is null || loops is null ? null : TimeloopMapping.Read("map.yaml", files[2], loops, hierarchy, bag);
            if (nest is null)
            {
                refused++;
                Assert.That(bag.HasErrors, files[i % 3]);
            }
            else if (TimeloopCounts.Refused(nest) is null)
                Assert.That(TimeloopCounts.Of(nest, hierarchy!).Stores, Is.Not.Empty);
        }
        Assert.That(refused, Is.InRange(200, 890));
    }

    private static string Damaged(string text, Random random)
    {
        string[] lines = text.Split('\n');
        int at = random.Next(lines.Length);
        string[] values = ["0", "-1", "99999999999999999999", "~", "[]", "{}", "x", "2147483647", "'", "1.5"];
        switch (random.Next(4))
        {
            case 0:
                lines[at] = "";
                break;
            case 1:
                int colon = lines[at].IndexOf(": ", StringComparison.Ordinal);
                if (colon > 0) lines[at] = lines[at][..(colon + 2)] + values[random.Next(values.Length)];
                break;
            case 2:
                lines[at] = " " + lines[at];
                break;
            default:
                if (lines[at].Length > 0) lines[at] = lines[at].Remove(random.Next(lines[at].Length), 1);
                break;
        }
        return string.Join('\n', lines);
    }
}
