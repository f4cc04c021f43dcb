using System.Collections.Immutable;
using Sim.Cli.Verbs.Repair;
using Sim.Exploration.Studies;
using Sim.Foundation.Diagnostics;
using Sim.Simulator.Execution;
using Sim.Verification;
using Sim.Verification.Layers;
using Sim.Verification.Repair;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx;

namespace Sim.Cli.Verbs;

/// <summary>`sim repair --model NET.onnx --accumulator P --method M --out NET2.onnx`: weights of which no sum can leave its accumulator, with the least damage that the method knows.</summary>
internal sealed class RepairVerb : IVerb
{
    public VerbCommand Build(Terminal terminal)
    {
        var options = new RepairArguments();
        var command = new VerbCommand("repair", "Change the weights of an integer network so that its accumulators provably cannot overflow",
            "sim repair --model net_int8.onnx --accumulator 16 --method gptq --data x.npy --labels y.npy --out net_16bit.onnx",
            "sim repair --model net_int8.onnx --accumulator 20 --order tiles:64 --inner 16 --method split --scales keep --out net_tiled.onnx");
        options.AddTo(command);
        command.SetAction(parsed => Run(options.Read(parsed), terminal));
        return command;
    }

    private static int Run(RepairRequest request, Terminal terminal)
    {
        var bag = new DiagnosticBag();
        RepairOptions? options = request.Options(bag);
        string name = Path.GetFileNameWithoutExtension(request.Model);
        InputTransform? transform = request.Offset == 0 && request.Scale == 1 ? null : new InputTransform(request.Offset, request.Scale);
        LoadedWorkload? workload = WorkloadLoader.Load(new StudyWorkload(name, request.Model, request.Data, request.Labels, null, transform, new Location(request.Data ?? request.Model)), bag);
        IntegerNetwork? network = workload is null ? null : IntegerNetworkReader.Read(workload.Graph, request.Model, bag);
        if (network is { Layers.Length: 0 }) bag.Error(new Location(request.Model), "VER003", "no layer of this network sums integers; quantize it first");
        bag.ThrowIfErrors();
        foreach (string note in network!.Notes) terminal.Error.WriteLine($"note {note}");
        Tensor? data = workload!.Data?.Inputs, samples = data is null ? null : BatchExecutor.Rows(data, 0, Math.Min(request.CalibrationSamples, data.Shape[0]));
        RepairedNetwork? repaired = NetworkRepair.Repair(network, samples, options!, request.Model, bag, terminal.Cancellation);
        bag.ThrowIfErrors();
        byte[] model = Patched(request, network, repaired!);
        ImmutableArray<LayerVerdict> verdicts = Verified(model, request, options!, terminal, out NetworkGraph graph);
        bool isProved = verdicts.All(v => v.IsProved);
        AccuracyResult? before = workload.Data is null ? null : WrappingAccuracy.Of(workload.Graph, network, workload.Data, request.Accumulator, terminal);
        AccuracyResult? after = workload.Data is null ? null : WrappingAccuracy.Of(graph, network, workload.Data, request.Accumulator, terminal);
        if (isProved) RepairFile.Write(request.Out, model);
        var report = new RepairReport(request, repaired!, verdicts, before, after);
        if (request.Json) terminal.Out.WriteLine(report.Json());
        else report.Print(terminal);
        return isProved ? ExitCode.Ok : ExitCode.AnswerIsNo;
    }

    private static byte[] Patched(RepairRequest request, IntegerNetwork network, RepairedNetwork repaired)
    {
        try
        {
            return OnnxEditor.Replace(File.ReadAllBytes(request.Model), repaired.Changes, request.Provenance(network.Graph.Digest));
        }
        catch (NotSupportedException e)
        {
            throw new InvalidInputException(new Location(request.Model), "RPR002", $"the repaired network cannot be written: {e.Message}");
        }
    }

    // What is judged is the file's own bytes, read as any other file.
    private static ImmutableArray<LayerVerdict> Verified(byte[] model, RepairRequest request, RepairOptions options, Terminal terminal, out NetworkGraph graph)
    {
        var bag = new DiagnosticBag();
        NetworkGraph? read = OnnxReader.Load(model, request.Out, bag);
        IntegerNetwork? network = read is null ? null : IntegerNetworkReader.Read(read, request.Out, bag);
        if (network is null) throw new InvalidOperationException($"the repaired network cannot be read: {bag}");
        graph = read!;
        return [.. network.Layers.Select(l => Verifier.Decide(l, options.Claims, options.Widths, terminal.Cancellation))];
    }
}
