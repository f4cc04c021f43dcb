using System.Collections.Immutable;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;

namespace Sim.Tests;

/// <summary>Each attribute of each version of each supported operator, walked through ONNX's own schema: one of this version is understood
/// or refused, one of another version is refused.</summary>
public sealed class OnnxSchemaTests
{
    private static readonly NodeAttribute[] Kinds =
    [
        new("", Integer: 1), new("", Real: 1), new("", Text: "x"), new("", Integers: [1]), new("", Reals: [1f]), new("", Texts: ["x"]),
            new("", Tensor: Tensor.OfFloats([1], 1)),
    ];

    [Test]
    public void Attributes_of_other_versions_other_kinds_and_missing_ones_are_refused()
    {
        int checks = 0;
        foreach (string op in OperatorCatalogue.Names.Where(OnnxSchema.IsStandard).Where(n => n != "Constant"))
        {
            ImmutableArray<OperatorSchema> versions = OnnxSchema.Versions(op);
            string[] all = [.. versions.SelectMany(v => v.Attributes.Keys).Append("invented").Distinct()];
            foreach (OperatorSchema version in versions.Where(v => !v.IsWithdrawn))
            {
                foreach (string name in all)
                {
                    SchemaAttribute? stated = version.Attributes.GetValueOrDefault(name);
                    foreach (NodeAttribute kind in Kinds)
                    {
                        string found = Check(version, [kind with { Name = name }]);
                        bool refused = found.Contains($"ONX043: node 'n' ({op}): attribute '{name}'", StringComparison.Ordinal);
                        bool right = stated is not null && OnnxSchema.WrongKind(stated, kind) is null;
                        if (!right) Assert.That(refused, Is.True, $"{version} {name}: {found}");
                        else if (refused) Assert.That(found, Does.Contain("is not understood"), $"{version} {name}");
                        checks++;
                    }
                    if (stated is { IsRequired: true }) Assert.That(Check(version, []), Does.Contain($"attribute '{name}' is missing"),
                        $"{version}");
                }
            }
        }
        Assert.That(checks, Is.GreaterThan(3000));
        Truth.Checked("Workloads", "ONNX operator schemas", "docs/Changelog.md of onnx/onnx at f7546912", checks,
            "attributes of other versions or kinds are refused");
    }

    [Test]
    public void The_table_is_whole()
    {
        Assert.That(OnnxSchema.Names.Count(), Is.GreaterThan(190));
        Assert.That(OperatorCatalogue.Names.Where(n => !OnnxSchema.IsStandard(n)), Is.SubsetOf(OtherDomains));
        Assert.That(OnnxSchema.Of("Clip", 10)!.ToString(), Is.EqualTo("Clip-6"));
        Assert.That(OnnxSchema.Of("Clip", 25)!.ToString(), Is.EqualTo("Clip-13"));
        Assert.That(OnnxSchema.Of("QuantizeLinear", 22)!.Attributes.Keys,
            Is.EqualTo(new[] { "axis", "block_size", "output_dtype", "saturate" }));
        Assert.That(OnnxSchema.Of("LayerNormalization", 11)!.Since, Is.EqualTo(17));
    }

    [Test]
    public void A_name_of_the_standard_gets_no_other_name_suggested()
    {
        foreach (string name in OnnxSchema.Names.Except(OperatorCatalogue.Names))
            Assert.That(Check(new OperatorSchema(name, 13, 1, 1, 1, 1, ImmutableSortedDictionary<string, SchemaAttribute>.Empty), []),
                Does.Contain("ONX040").And.Not.Contain("did you mean"), name);
        Assert.That(Check(new OperatorSchema("Sofmax", 13, 1, 1, 1, 1, ImmutableSortedDictionary<string, SchemaAttribute>.Empty), []),
            Does.Contain("did you mean 'Softmax'?"));
    }

    private static IEnumerable<string> OtherDomains =>
    [
        "Quant", "IntQuant", "BipolarQuant", "Trunc", "MatMulNBits", "QGemm", "QLinearAdd", "QLinearAveragePool", "QLinearConcat",
            "QLinearGlobalAveragePool", "QLinearLeakyRelu",
        "QLinearMul", "QLinearSigmoid", "QLinearSoftmax",
    ];

    private static string Check(OperatorSchema version, NodeAttribute[] attributes)
    {
        var node = new Node("n", "", version.OpType, [.. Enumerable.Range(0, Math.Max(1, version.MinInputs)).Select(i => $"i{i}")], ["y"],
            attributes.ToImmutableDictionary(a => a.Name));
        var graph = new NetworkGraph("g", version.Since, [], [], [node], ImmutableDictionary<string, Tensor>.Empty, "");
        var bag = new DiagnosticBag();
        GraphChecks.Operators(graph, "g.onnx", bag);
        return bag.ToString();
    }
}
