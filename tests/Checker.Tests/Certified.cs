using System.Collections.Immutable;
using System.Numerics;
using Sim.Foundation.Diagnostics;
using Sim.Verification;
using Sim.Verification.Records;
using Sim.Verification.Certificates;
using Sim.Verification.Claims;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;
using Sim.Workloads.Onnx;

namespace Sim.Checker.Tests;

/// <summary>A model file and a folder of certificates about it, as the tool writes them.</summary>
internal sealed class Certified : IDisposable
{
    private readonly string _root = Path.Combine(Path.GetTempPath(), $"certified-{Guid.NewGuid():N}");

    /// <param name="widths">Claimed widths; null: least ones.</param>
    /// <param name="relations">Relations between the inputs of a layer.</param>
    internal Certified(NetworkGraph graph, string inputs, Func<IntegerNetwork, VerifyOptions> options, ImmutableArray<int>? widths = null,
        Func<IntegerLayer, int, ImmutableArray<LinearRelation>>? relations = null)
    {
        Directory.CreateDirectory(_root);
        (Model, Folder) = (Path.Combine(_root, "net.onnx"), Path.Combine(_root, "proofs"));
        File.WriteAllBytes(Model, ModelBytes.Of(graph));
        var bag = new DiagnosticBag();
        NetworkGraph read = OnnxReader.Load(Model, bag)!;
        Assert.That(bag.ToString(), Is.Empty);
        IntegerNetwork network = IntegerNetworkReader.Read(read, Model, bag,
            new() { Boxes = inputs == "type" ? BoxRule.DataType : BoxRule.Propagated })!;
        Assert.That(bag.ToString(), Is.Empty);
        VerifyOptions claims = options(network);
        if (relations is not null) claims = claims with { Relations = relations };
        using var writer = new CertificateWriter(Folder, claims, inputs, widths);
        foreach (IntegerLayer layer in network.Layers.Concat(network.Sums))
            writer.Add(layer, widths is { } w
                ? [.. Verifier.Decide(layer, claims, w).Channels.Select(v => new ChannelRecord(w, v, []))]
                : [.. Verifier.Minimal(layer, claims).Channels.Select(c => new ChannelRecord(c.Widths, c.Proof, c.Below))]);
        writer.Finish(read);
        if (relations is not null) Premises = new Declared(network, claims);
    }

    internal string Model { get; }

    internal string Folder { get; }

    internal IPremises? Premises { get; }

    internal CheckReport Check() => CertificateCheck.Run(Folder, Model, Premises);

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private sealed class Declared(IntegerNetwork network, VerifyOptions options) : IPremises
    {
        public IReadOnlyList<(BigInteger Low, BigInteger High)>? Boxes(string layer) => null;

        public IReadOnlyList<Relation> Relations(string layer, int row) =>
            [.. options.Relations(network.Layers.First(l => l.Name == layer), row)
                .Select(r => new Relation([.. r.Coefficients.Select(c => (BigInteger)c)], r.Low is { } low ? (BigInteger)low : null,
                r.High is { } high ? (BigInteger)high : null))];
    }
}
