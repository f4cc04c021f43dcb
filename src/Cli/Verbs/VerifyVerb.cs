using System.Collections.Immutable;
using System.CommandLine;
using Sim.Cli.Verbs.Verify;
using Sim.Simulator.Inputs;
using Sim.Foundation.Diagnostics;
using Sim.Verification;
using Sim.Verification.Certificates;
using Sim.Verification.Observation;
using Sim.Verification.Provers;
using Sim.Verification.Relations;
using Sim.Verification.Solvers;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Cli.Verbs;

/// <summary>`sim verify --model NET.onnx (--accumulator P | --minimal)`: a verdict on the accumulator of every output channel, or the least width that is proved.</summary>
internal sealed class VerifyVerb : IVerb
{
    public VerbCommand Build(Terminal terminal)
    {
        var options = new VerifyArguments();
        var reading = new ReadingArguments();
        var datapath = new DatapathArguments();
        var solving = new SolverArguments();
        var command = new VerbCommand("verify", "Prove that accumulators cannot overflow, or show the input that makes them",
            "sim verify --model net_int8.onnx --minimal --data x.npy",
            "sim verify --model net.onnx --weight-bits 8 --activation-bits 8 --calibration x.npy --accumulator 16 --order tiles:64 --inner 14 --json",
            "sim verify --datapath configs/datapaths/e4m3_exact.yaml --terms 65536");
        options.AddTo(command);
        reading.AddTo(command);
        datapath.AddTo(command);
        solving.AddTo(command);
        command.SetAction(parsed => options.Read(parsed) is var request && datapath.Read(parsed, request.Json) is { } proofs
            ? request.Model is null ? DatapathProofs.Run(proofs, terminal) : NetworkDatapathProofs.Run(request, proofs, reading.Read(parsed).Recipe, terminal)
            : Run(request, reading.Read(parsed), solving.Read(parsed), terminal));
        return command;
    }

    private static int Run(VerifyRequest request, ReadingRequest reading, SolverRequest solving, Terminal terminal)
    {
        var bag = new DiagnosticBag();
        solving.Check(bag);
        if (request.Check is not null) return CertificateChecks.Run(request, reading, solving, bag, terminal);
        using SolverPool solvers = solving.Open(terminal, confirmed: request.Certificate is not null);
        ImmutableArray<IProver> ladder = solving.Ladder(solvers, bag);
        VerifyOptions? claims = request.Claims(bag) is { } asked ? asked with { Provers = ladder } : null;
        string model = request.Model ?? "";
        (IntegerNetwork Network, Tensor? Data)? read = reading.Read(request, bag);
        IntegerNetwork? network = read?.Network;
        Tensor? data = read?.Data;
        ImmutableArray<IntegerLayer> found = network is null ? [] : reading.Of(network);
        if (found.Length > 0 && request.Layers.Except(found.Select(l => l.Name)).FirstOrDefault() is { } missing)
            bag.Error(new Location("--layer"), "VER002", $"the network has no integer layer '{missing}'; it has {string.Join(", ", found.Select(l => l.Name))}");
        WidthReporting.Check(request, reading, bag);
        LoadedWorkload? workload = request.Report is null || read is null ? null : WidthReporting.Load(model, request, reading, bag);
        if (network is { Layers.Length: 0 }) bag.Error(new Location(model), "VER003", "no layer of this network sums integers; quantize it first, or give --weight-bits and --activation-bits");
        else if (network is not null && found.IsEmpty) bag.Error(new Location("--registers"), "VER003", $"the network has no registers of '{reading.Registers}' whose integers are known");
        bag.ThrowIfErrors();
        if (request.AreRelated) claims = claims! with { Network = new NetworkRelations(network!) };
        ImmutableArray<ObservedLayer> observed = data is null ? [] : AccumulatorObserver.Observe(network!, data, Environment.ProcessorCount, terminal.Cancellation);
        foreach (string note in network!.Notes) terminal.Error.WriteLine($"note {note}");
        Check([.. found.Where(IsAsked)], claims!, model);
        (claims, found) = solving.Constrain(claims!, found, solvers);
        ImmutableArray<IntegerLayer> layers = [.. found.Where(IsAsked)];
        request = request with { Constraints = solving.Constraints };
        if (request.Minimal)
        {
            ImmutableArray<LayerWidth> widths = [.. layers.Select(l => Verifier.Minimal(l, claims!, cancellation: terminal.Cancellation))];
            Certify(request, network, claims!, layers, i => [.. widths[i].Channels.Select(c => new ChannelCertificate(c.Widths, c.Proof, c.Below))]);
            if (request.Json) terminal.Out.WriteLine(VerdictJson.Widths(request, network, claims!, widths, observed));
            else WidthTable.Print(request, claims!, widths, observed, terminal);
            if (request.Report is not null)
                foreach (string file in WidthReporting.Write(request, reading, workload!, claims!, widths, observed, terminal)) terminal.Error.WriteLine(file);
            return ExitCode.Ok;
        }
        ImmutableArray<LayerVerdict> verdicts = [.. layers.Select(l => Verifier.Decide(l, claims!, claims!.Widths(request.Accumulator, request.Inner), terminal.Cancellation))];
        ImmutableArray<int> widthsAsked = claims!.Widths(request.Accumulator, request.Inner);
        Certify(request, network, claims, layers, i => [.. verdicts[i].Channels.Select(v => new ChannelCertificate(widthsAsked, v, []))]);
        if (request.Json) terminal.Out.WriteLine(VerdictJson.Verdicts(request, network, claims!, verdicts, observed));
        else VerdictTable.Print(request, claims!, verdicts, observed, terminal);
        return verdicts.All(v => v.IsProved) ? ExitCode.Ok : ExitCode.AnswerIsNo;

        bool IsAsked(IntegerLayer layer) => request.Layers.Length == 0 || request.Layers.Contains(layer.Name);
    }

    private static void Certify(VerifyRequest request, IntegerNetwork network, VerifyOptions claims, ImmutableArray<IntegerLayer> layers, Func<int, ImmutableArray<ChannelCertificate>> channels)
    {
        if (request.Certificate is null) return;
        try
        {
            using var writer = new CertificateWriter(request.Certificate, claims, request.Inputs, request.Minimal ? null : claims.Widths(request.Accumulator, request.Inner));
            for (int i = 0; i < layers.Length; i++) writer.Add(layers[i], channels(i));
            writer.Finish(network.Graph);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(new Location(request.Certificate), "VER005", $"no certificate can be written here: {e.Message}; allowed is a folder that is new or empty");
        }
    }

    // A claim that cannot be made of a layer is refused before anything is proved.
    private static void Check(ImmutableArray<IntegerLayer> layers, VerifyOptions claims, string model)
    {
        var bag = new DiagnosticBag();
        foreach (IntegerLayer layer in layers)
        {
            try
            {
                claims.Claim(layer, 0, claims.Widths(64));
            }
            catch (NotSupportedException e)
            {
                bag.Error(new Location(model), "VER004", e.Message);
            }
        }
        bag.ThrowIfErrors();
    }
}
