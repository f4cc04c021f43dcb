using System.Collections.Immutable;
using Sim.Datapath.Specs;
using Sim.Verification;
using Sim.Verification.Claims;
using Sim.Verification.Provers;
using Sim.Verification.Relations;
using Sim.Verification.Solvers;
using Sim.Verification.Tests.Layers;
using Sim.Verification.Tests.Relations;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Checker.Tests;

/// <summary>Certificates of every kind hold as written. Every number, boolean and choice in them changed once, and bytes of weights: none
/// is accepted, whether or not the manifest's digests are computed again.</summary>
public class ForgedCertificateTests
{
    private static readonly string[] Orders = ["any", "sequential", "final", "tiles:3", "tree:4"];

    private static readonly (string Kind, string Mark)[] Marks =
    [
        ("least", "one_bit_less"), ("claimed", "\"widths\""), ("sums of groups", "\"simplex\""), ("lines through", "slopes_sha256"),
            ("network inputs", "network_input_sha256"),
        ("propagated", "\"propagated\""), ("computed weights", "weight_range"), ("a solver", "\"script\""),
    ];

    private static IEnumerable<(string Name, Func<Certified> Make)> Cases()
    {
        foreach (string order in Orders)
        {
            yield return ($"least widths, {order}", () => new Certified(Net(), "type", _ => Options(order)));
            yield return ($"claimed widths, {order}",
                () => new Certified(Net(), "type", _ => Options(order), Registers(order) == 1 ? [12] : [14, 13]));
            yield return ($"sums of groups, {order}", () => Tied(order, overlapping: false, ProverCatalogue.ClosedForm));
            yield return ($"lines through layers, {order}", () => Chain(order, null));
            yield return ($"network inputs, {order}", () => Chain(order, Registers(order) == 1 ? [9] : [9, 9]));
        }
        foreach (IProver prover in (IProver[])[new DataTypeBound(), new WeightNormBound(), new ZeroSumBound()])
            yield return ($"by {prover.Name}",
                () => new Certified(ZeroSums(), "type", _ => Options("any") with { Provers = [prover], Bias = BiasPlacement.None }));
        yield return ("raw zero points, bias after",
            () => new Certified(Net(weightZero: 0), "type",
            _ => Options("sequential") with { ZeroPoints = ZeroPoints.Raw, Bias = BiasPlacement.AddedAfter }));
        yield return ("propagated boxes",
            () => new Certified(Net(), "propagated", _ => Options("tree:4") with { Bias = BiasPlacement.None }));
        foreach (string inputs in (string[])["type", "propagated"])
            yield return ($"QGemm, {inputs}", () => new Certified(Contributed(), inputs, _ => Options("sequential")));
        yield return ("QGemm, relations", () => Related(Contributed(), "sequential", null));
        yield return ("QGemm, network inputs", () => Related(Contributed(), "any", [17]));
        foreach (string order in Orders)
            foreach (BiasPlacement bias in Enum.GetValues<BiasPlacement>())
                yield return ($"no products, bias {bias}, {order}",
                    () => new Certified(WithoutProducts(), "type", _ => Options(order) with { Bias = bias }));
        yield return ("computed weights", () => new Certified(Attention(), "type", _ => Options("sequential")));
        yield return ("a solver's answers", () => Tied("sequential", overlapping: true, Smt()));
    }

    [TestCaseSource(nameof(Names))]
    public void NoNumberCanBeChanged(string name)
    {
        using Certified certified = Make(name);
        CheckReport report = certified.Check();
        Assert.That(report.Faults.Concat(report.Untied).Concat(report.Absent), Is.Empty, "as written");
        Assert.That(report.Holds, Is.EqualTo(report.Questions.Count + report.Unknown == 0));
        Assert.That(report.Proved + report.Refuted + report.Questions.Count, Is.GreaterThan(0));
        string all = string.Concat(Directory.GetFiles(certified.Folder, "*.json").Select(File.ReadAllText));
        foreach ((string kind, string mark) in Marks.Where(m => name.StartsWith(m.Kind, StringComparison.Ordinal))) Assert.That(all,
            Does.Contain(mark), kind);
        var forger = new Forger(certified.Folder);
        (int changes, List<string> accepted) = (0, []);
        foreach (string change in forger.Changes().Concat(forger.Weights()))
        {
            Judge(change, "digests left");
            changes++;
            // A changed digest of the manifest that is computed again is no longer changed.
            if (change.StartsWith("manifest.json", StringComparison.Ordinal)
                && change.Contains("sha256: ", StringComparison.Ordinal)) continue;
            string before = forger.Seal();
            Judge(change, "digests computed again");
            File.WriteAllText(Path.Combine(certified.Folder, "manifest.json"), before);
        }
        Assert.That(accepted, Is.Empty);
        Assert.That(changes, Is.GreaterThan(name.StartsWith("no products", StringComparison.Ordinal) ? 60 : 120));
        Assert.That(certified.Check().Faults, Is.Empty, "everything is as it was");

        void Judge(string change, string digests)
        {
            CheckReport forged = certified.Check();
            if (forged.Faults.Count + forged.Untied.Count + forged.Absent.Count == 0) accepted.Add($"{change} ({digests})");
        }
    }

    // A slope changed with every digest computed again shows another number before rounding, even where the bound stays the same.
    [TestCase("lines through layers, any"), TestCase("lines through layers, sequential"), TestCase("lines through layers, tree:4")]
    public void NoSlopeCanBeChangedWithItsDigests(string name)
    {
        using Certified certified = Make(name);
        var forger = new Forger(certified.Folder);
        (int changes, List<string> accepted) = (0, []);
        foreach (string change in forger.Slopes())
        {
            string before = forger.Seal();
            if (certified.Check().Faults.Count == 0) accepted.Add(change);
            File.WriteAllText(Path.Combine(certified.Folder, "manifest.json"), before);
            changes++;
        }
        Assert.That(accepted, Is.Empty);
        Assert.That(changes, Is.GreaterThan(10));
    }

    // Without the model nothing is run or followed, and nothing of it is wrong.
    [TestCase("lines through layers, sequential"), TestCase("network inputs, any"), TestCase("network inputs, tree:4")]
    public void WhatOnlyTheModelShowsIsNotTiedWithoutIt(string name)
    {
        using Certified certified = Make(name);
        CheckReport report = CertificateCheck.Run(certified.Folder);
        Assert.That(report.Faults, Is.Empty);
        Assert.That(report.Untied, Has.One.Contains("no model is given"));
        CheckReport whole = certified.Check();
        Assert.That(whole.Holds, Is.True);
        Assert.That(report.Proved + report.Refuted, Is.LessThan(whole.Proved + whole.Refuted));
    }

    [TestCaseSource(nameof(Malformed))]
    public void WhatIsMalformedIsRefusedWithItsPlace(string name)
    {
        using Certified certified = Make(name);
        var forger = new Forger(certified.Folder);
        int changes = 0;
        foreach (string change in forger.Malformed())
        {
            // The manifest's own digests, computed again, would be right again.
            string manifest = Path.Combine(certified.Folder, "manifest.json"),
                before = change.StartsWith("manifest.json", StringComparison.Ordinal) ? File.ReadAllText(manifest) : forger.Seal();
            CheckReport report = certified.Check();
            Assert.That(report.Faults.Count + report.Untied.Count + report.Absent.Count, Is.GreaterThan(0), change);
            Assert.That(report.Faults, Has.All.Contains(": ").And.All.Length.LessThan(2000), change);
            File.WriteAllText(manifest, before);
            changes++;
        }
        Assert.That(changes, Is.GreaterThan(50));
    }

    private static IEnumerable<string> Names => Cases().Select(c => c.Name);

    private static IEnumerable<string> Malformed =>
        Names.Where(n => !Orders.Any(n.EndsWith) || n.EndsWith("tiles:3", StringComparison.Ordinal));

    private static Certified Make(string name) => Cases().First(c => c.Name == name).Make();

    private static int Registers(string order) => SumOrderCatalogue.Parse(order)!.Registers;

    private static VerifyOptions Options(string order) => new() { Order = SumOrderCatalogue.Parse(order)! };

    // Two convolutions with groups, padding, strides and zero points.
    private static NetworkGraph Net(int weightZero = 3)
    {
        var random = new Random(5);
        long[] Weights(int count) => [.. Enumerable.Range(0, count).Select(_ => (long)random.Next(-9, 10))];
        return new Graphs().Floats("s", [0.05f]).Floats("one", [1]).Integers("z", ElementType.UInt8, [100])
            .Integers("wz", ElementType.Int8, [weightZero])
            .Integers("w0", ElementType.Int8, Weights(2 * 1 * 2 * 2), 2, 1, 2, 2).Integers("b0", ElementType.Int32, [40, -17], 2)
            .Integers("w1", ElementType.Int8, Weights(3 * 2 * 1 * 3), 3, 2, 1, 3).Integers("b1", ElementType.Int32, [0, 5, -600], 3)
            .Node("QLinearConv: x, one, z, w0, one, wz, s, z, b0 -> y0", new NodeAttribute("pads", Integers: [1, 0, 0, 1]),
                new NodeAttribute("group", Integer: 2), new NodeAttribute("strides", Integers: [1, 2]))
            .Node("QLinearConv: y0, one, z, w1, one, wz, s, z, b1 -> y1").Build(ElementType.UInt8, -1, 2, 3, 8);
    }

    private static NetworkGraph ZeroSums() =>
        new Graphs().Floats("one", [1]).Integers("z", ElementType.UInt8, [0]).Integers("wz", ElementType.Int8, [0])
        .Integers("w", ElementType.Int8, [12, -7, -5, 40, -40, 0, 1, 1, -2, 9, -18, 9], 4, 3)
            .Integers("wt", ElementType.Int8, [12, 40, 1, 9, -7, -40, 1, -18, -5, 0, -2, 9], 3, 4)
        .Node("QLinearMatMul: x, one, z, wt, one, wz, one, z -> y").Build(ElementType.UInt8, 1, 3);

    // Two products of com.microsoft: requantized, and of float32 results; B's scales and zero points by column.
    private static NetworkGraph Contributed() => new Graphs().Floats("s", [0.5f]).Floats("sw", [0.25f, 0.5f, 0.03f], 3).Floats("one", [1])
        .Integers("z", ElementType.UInt8, [100]).Integers("wz", ElementType.Int8, [1, -2, 0], 3)
        .Integers("w0", ElementType.Int8, [3, -7, 5, 100, -128, 9, 2, 0, 1, -1, 44, -6], 3, 4)
        .Integers("c0", ElementType.Int32, [40, -17, 600], 3).Integers("w1", ElementType.Int8, [9, -9, 120, 4, 5, -77], 3, 2)
        .Integers("c1", ElementType.Int32, [-3, 12], 1, 2)
        .Integers("wz1", ElementType.Int8, [0])
        .Node("com.microsoft/QGemm: x, s, z, w0, sw, wz, c0, s, z -> y0", new NodeAttribute("transB", Integer: 1))
        .Node("com.microsoft/QGemm: y0, s, z, w1, one, wz1, c1 -> y1").Node("QuantizeLinear: y1, s, z -> y2")
        .Build(ElementType.UInt8, 2, 4);

    // What is left of a layer whose inputs were all pruned: its bias.
    private static NetworkGraph WithoutProducts() => new Graphs().Floats("one", [1]).Integers("z", ElementType.UInt8, [7])
        .Integers("wz", ElementType.Int8, [0]).Integers("w", ElementType.Int8, [], 0, 3).Integers("c", ElementType.Int32, [300, 0, -2], 3)
        .Node("com.microsoft/QGemm: x, one, z, w, one, wz, c, one, z -> y").Build(ElementType.UInt8, 1, 0);

    // Products of two computed operands.
    private static NetworkGraph Attention() => new Graphs().Floats("one", [1]).Integers("z", ElementType.UInt8, [0])
        .Integers("w", ElementType.UInt8, [1, 2, 3, 4, 5, 6, 7, 8, 9], 3, 3)
        .Node("QLinearMatMul: x, one, z, w, one, z, one, z -> q").Node("QLinearMatMul: q, one, z, x, one, z, one, z -> y")
            .Build(ElementType.UInt8, 1, 3, 3);

    private static Certified Chain(string order, ImmutableArray<int>? widths)
    {
        NetworkGraph graph = SmallNetwork.Of(6, 256, 0, new SmallNetwork.Layer(2, 1, 2, [1, -1, 2, 1], [0, 3], 0.25f, 128, 1),
            new SmallNetwork.Layer(2, 2, 2, [1, 1, 1, -1, -1, 2, 0, 1], [1, -2], 0.5f, 100, 0)).Graph;
        return Related(graph, order, widths);
    }

    private static Certified Related(NetworkGraph graph, string order, ImmutableArray<int>? widths) => new(graph, "relations",
        n => Options(order) with { Network = new NetworkRelations(n), Provers = ProverCatalogue.OverLayers }, widths);

    private static Certified Tied(string order, bool overlapping, ImmutableArray<IProver> provers)
    {
        const int K = 9;
        var random = new Random(11);
        long[] weights = [.. Enumerable.Range(0, 2 * K).Select(_ => (long)random.Next(-128, 128))];
        NetworkGraph graph = new Graphs().Floats("one", [1]).Integers("z", ElementType.UInt8, [0]).Integers("wz", ElementType.Int8, [0])
            .Integers("w", ElementType.Int8, weights, K, 2)
            .Node("QLinearMatMul: x, one, z, w, one, wz, one, z -> y").Build(ElementType.UInt8, 1, K);
        ImmutableArray<LinearRelation> relations = overlapping
            ? [new([.. Enumerable.Repeat(1L, K)], 0, 50), new([.. Enumerable.Range(0, K).Select(k => k % 3 - 1L)], -4, 30)]
            : [new([.. Enumerable.Range(0, K).Select(k => k < 4 ? 1L : 0)], 1, 300),
                new([.. Enumerable.Range(0, K).Select(k => k is < 4 or 8 ? 0 : k == 7 ? -3L : 3)], null, 400),
                new([.. Enumerable.Range(0, K).Select(k => k == 2 ? -2L : 0)], -9, null)];
        return new(graph, "type", _ => Options(order) with { Provers = provers }, relations: (_, _) => relations);
    }

    private static ImmutableArray<IProver> Smt()
    {
        var pool = new SolverPool(SolverCommand.Z3());
        try
        {
            _ = pool.Solver.Name;
        }
        catch (SolverException e)
        {
            Assert.Ignore($"needs z3: {e.Message}");
        }
        return [new PrefixExtremes(), new SmtProver(pool, TimeSpan.FromSeconds(60))];
    }
}
