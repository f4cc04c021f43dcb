using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Sim.Verification.Certificates;
using Sim.Verification.Checking;
using Sim.Verification.Claims;
using Sim.Verification.Provers;
using Sim.Verification.Solvers;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Verification.Tests.Solvers;

/// <summary>Certificates of claims about tied inputs: what the checker follows, what it leaves to a solver, what it does not let pass.</summary>
public class TiedCertificateTests
{
    private static readonly string[] Orders = ["any", "sequential", "final", "tiles:4", "tree:4"];

    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Path.Combine(Path.GetTempPath(), $"tied-{Guid.NewGuid():N}");

    [TearDown]
    public void RemoveFolder()
    {
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    [TestCaseSource(nameof(Orders))]
    public void MultipliersAreFollowedWithoutASolver(string order)
    {
        Write(order, ProverCatalogue.ClosedForm, overlapping: false, signed: order != "any");
        CheckReport report = CertificateChecker.Check(_folder);
        Assert.That(report.Faults, Is.Empty);
        Assert.That((report.Proved, report.Unchecked), Is.EqualTo((3, 0)));
        Assert.That(File.ReadAllText(Path.Combine(_folder, "000_layer.json")), Does.Contain("\"dual\""));
    }

    [TestCaseSource(nameof(Orders))]
    public void AnswersOfASolverAreAskedAgain(string order)
    {
        using SolverPool pool = Z3.Pool();
        Write(order, [new PrefixExtremes(), Z3.Prover(pool)], overlapping: true, signed: order != "any");
        CheckReport alone = CertificateChecker.Check(_folder), asked = CertificateChecker.Check(_folder, solvers: pool);
        Assert.That(alone.Faults.Concat(asked.Faults), Is.Empty);
        Assert.That((alone.Proved, alone.Unchecked, asked.Proved, asked.Unchecked), Is.EqualTo((0, 3, 3, 0)), "without a solver they are not proved");
        using var missing = new SolverPool(SolverCommand.Z3("no-such-solver"));
        CheckReport without = CertificateChecker.Check(_folder, solvers: missing);
        Assert.That((without.Proved, without.Unchecked, without.Faults.Length), Is.EqualTo((0, 3, 0)));
    }

    [Test]
    public void NoMultiplierCanBeChanged()
    {
        Write("sequential", ProverCatalogue.ClosedForm, overlapping: false, signed: true);
        Changes(null, [
            j => Dual(j)["inputs"]![0] = 99,
            j => Tied(j)["bound"] = "1",
            j => Tied(j)["sums"]!.AsArray().RemoveAt(0),
            j => Tied(j)["sums"]![0]!["multipliers"]![0] = "77",
            j => Dual(j)["bounds"]!.AsArray().RemoveAt(0),
            j => Dual(j)["kind"] = "word_of_honour",
            j => j["channels"]![0]!["relations"]![0]!["high"] = "99",
            j => j["channels"]![0]!["relations"]![0]!["coefficients"]![0] = 0,
        ]);
    }

    [Test]
    public void NoQuestionCanBeChanged()
    {
        using SolverPool pool = Z3.Pool();
        Write("sequential", [new PrefixExtremes(), Z3.Prover(pool)], overlapping: true, signed: true);
        string script = Directory.GetFiles(_folder, "*.smt2").Order(StringComparer.Ordinal).First(), text = File.ReadAllText(script);
        Changes(pool, [
            j => Dual(j)["high"]![0] = "1",
            j => j["channels"]![0]!["relations"]![0]!["high"] = "9",
            j => Dual(j)["script"] = Path.GetFileName(Directory.GetFiles(_folder, "*.smt2").Order(StringComparer.Ordinal).Last()),
            _ => File.WriteAllText(script, text.Replace("(check-sat)", "(assert false)(check-sat)", StringComparison.Ordinal)),
            _ => File.WriteAllText(script, text[..text.IndexOf("(push", StringComparison.Ordinal)]),
        ]);
        File.WriteAllText(script, text);
        File.WriteAllText(Path.ChangeExtension(script, null)[..^1] + "1.answers", "sat\n");
        Assert.That(CertificateChecker.Check(_folder, solvers: pool).Faults, Is.Not.Empty);
    }

    private void Changes(SolverPool? pool, Action<JsonNode>[] changes)
    {
        string file = Path.Combine(_folder, "000_layer.json");
        JsonNode original = JsonNode.Parse(File.ReadAllText(file))!;
        Assert.That(CertificateChecker.Check(_folder, solvers: pool).Faults, Is.Empty);
        for (int i = 0; i < changes.Length; i++)
        {
            JsonNode changed = original.DeepClone();
            changes[i](changed);
            File.WriteAllText(file, changed.ToJsonString());
            Assert.That(CertificateChecker.Check(_folder, solvers: pool).Faults, Is.Not.Empty, $"change {i} went unseen");
        }
        File.WriteAllText(file, original.ToJsonString());
    }

    private static JsonNode Dual(JsonNode j) => j["channels"]![0]!["answer"]!["evidence"]![0]!;

    private static JsonNode Tied(JsonNode j) => Dual(j)["bounds"]!.AsArray().First(b => b!["sums"]!.AsArray().Count > 0)!;

    private void Write(string order, ImmutableArray<IProver> provers, bool overlapping, bool signed)
    {
        var random = new Random(11);
        const int K = 12;
        int[] weights = [.. Enumerable.Range(0, 3 * K).Select(_ => random.Next(-128, 128))];
        var layer = new IntegerLayer("layer", "MatMul", new GemmLayer("layer", "MatMul", 1, 1, 3, K, K), weights, new(-128, 127), [new(signed ? -1 : 0, 15)]) { Bias = [17, -5, 0] };
        ImmutableArray<LinearRelation> relations = overlapping
            ? [new([.. Enumerable.Repeat(1L, K)], 0, 5), new([.. Enumerable.Range(0, K).Select(k => k % 3 - 1L)], -4, 3)]
            : [new([.. Enumerable.Range(0, K).Select(k => k < 6 ? 1L : 0)], 1, 8), new([.. Enumerable.Range(0, K).Select(k => k < 6 ? 0 : k == 7 ? -3L : 3)], null, 10), new([.. Enumerable.Range(0, K).Select(k => k == 2 ? -2L : 0)], -9, null)];
        var options = new VerifyOptions { Order = SumOrderCatalogue.Parse(order)!, Provers = provers, Relations = (_, _) => relations };
        var graph = new NetworkGraph("net", 13, [], [], [], ImmutableDictionary<string, Tensor>.Empty, "abc");
        var writer = new CertificateWriter(_folder);
        LayerWidth width = Verifier.Minimal(layer, options);
        Assert.That(width.Channels.All(c => c.IsTight && c.Prover == provers[^1].Name), Is.True);
        writer.Add(graph, layer, options, [.. width.Channels.Select(c => new ChannelCertificate(c.Widths, c.Proof, c.Below))]);
        writer.Finish(graph, "test");
    }
}
