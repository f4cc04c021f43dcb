using System.Collections.Immutable;
using System.CommandLine;
using Sim.Cli.Verbs.Verify;
using Sim.Foundation.Diagnostics;
using Sim.Verification;
using Sim.Verification.Layers;
using Sim.Verification.Observation;
using Sim.Verification.Provers;
using Sim.Workloads.Data;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx;

namespace Sim.Cli.Verbs;

/// <summary>`sim verify --model NET.onnx (--accumulator P | --minimal)`: a verdict on the accumulator of every output channel, or the least width that is proved.</summary>
internal sealed class VerifyVerb : IVerb
{
    public VerbCommand Build(Terminal terminal)
    {
        var options = new VerifyArguments();
        var command = new VerbCommand("verify", "Prove that accumulators cannot overflow, or show the input that makes them",
            "sim verify --model net_int8.onnx --minimal --data x.npy",
            "sim verify --model net.onnx --accumulator 16 --order tiles:64 --inner 14 --json");
        options.AddTo(command);
        command.SetAction(parsed => Run(options.Read(parsed), terminal));
        return command;
    }

    private static int Run(VerifyRequest request, Terminal terminal)
    {
        var bag = new DiagnosticBag();
        VerifyOptions? claims = request.Claims(bag);
        NetworkGraph? graph = OnnxReader.Load(request.Model, bag);
        IntegerNetwork? network = graph is null ? null : IntegerNetworkReader.Read(graph, request.Model, bag, new ReadingOptions { Boxes = request.Boxes });
        Tensor? data = request.Data is null ? null : TensorFile.Read(request.Data, bag);
        if (network is not null && request.Layers.Except(network.Layers.Select(l => l.Name)).FirstOrDefault() is { } missing)
            bag.Error(new Location("--layer"), "VER002", $"the network has no integer layer '{missing}'; it has {string.Join(", ", network.Layers.Select(l => l.Name))}");
        if (network is { Layers.Length: 0 }) bag.Error(new Location(request.Model), "VER003", "no layer of this network sums integers; quantize it first, or give --weight-bits and --activation-bits");
        bag.ThrowIfErrors();
        ImmutableArray<IntegerLayer> layers = [.. network!.Layers.Where(l => request.Layers.Length == 0 || request.Layers.Contains(l.Name))];
        ImmutableArray<ObservedLayer> observed = data is null ? [] : AccumulatorObserver.Observe(network, data, Environment.ProcessorCount, terminal.Cancellation);
        foreach (string note in network.Notes) terminal.Error.WriteLine($"note {note}");
        Check(layers, claims!, request);
        if (request.Minimal)
        {
            ImmutableArray<LayerWidth> widths = [.. layers.Select(l => Verifier.Minimal(l, claims!, cancellation: terminal.Cancellation))];
            if (request.Json) terminal.Out.WriteLine(VerdictJson.Widths(request, network, claims!, widths, observed));
            else WidthTable.Print(request, claims!, widths, observed, terminal);
            return ExitCode.Ok;
        }
        ImmutableArray<LayerVerdict> verdicts = [.. layers.Select(l => Verifier.Decide(l, claims!, claims!.Widths(request.Accumulator, request.Inner), terminal.Cancellation))];
        if (request.Json) terminal.Out.WriteLine(VerdictJson.Verdicts(request, network, claims!, verdicts, observed));
        else VerdictTable.Print(request, claims!, verdicts, observed, terminal);
        return verdicts.All(v => v.IsProved) ? ExitCode.Ok : ExitCode.AnswerIsNo;
    }

    // A claim that cannot be made of a layer is refused before anything is proved.
    private static void Check(ImmutableArray<IntegerLayer> layers, VerifyOptions claims, VerifyRequest request)
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
                bag.Error(new Location(request.Model), "VER004", e.Message);
            }
        }
        bag.ThrowIfErrors();
    }
}
