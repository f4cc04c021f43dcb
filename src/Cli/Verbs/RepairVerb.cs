using System.Collections.Immutable;
using Sim.Cli.Verbs.Repair;
using Sim.Simulator.Inputs;
using Sim.Foundation.Diagnostics;
using Sim.Simulator.Execution;
using Sim.Verification;
using Sim.Verification.Repair;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;
using Sim.Workloads.Onnx;

namespace Sim.Cli.Verbs;

/// <summary>`sim repair --model NET.onnx --accumulator P --method M --out NET2.onnx`: weights of which no sum can leave its accumulator,
/// with the least damage that the method knows.</summary>
internal sealed class RepairVerb : IVerb
{
    public VerbCommand Build(Terminal terminal)
    {
        var options = new RepairArguments();
        var command = new VerbCommand("repair",
            "Change the weights of an integer network so that its accumulators provably cannot overflow",
            "sim repair --model net_int8.onnx --accumulator 16 --method gptq --data x.npy --labels y.npy --out net_16bit.onnx",
            "sim repair --model configs/workloads/digits/digits_mlp.onnx --quantize --accumulator 16 --data configs/workloads/digits/digits_test_x_u8.npy --out reports/digits_16bit.onnx",
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
        LoadedWorkload? workload = WorkloadLoader.Load(new WorkloadFiles(name, request.Model, request.Data, request.Labels, null,
            transform, new Location(request.Data ?? request.Model)), bag);
        bag.ThrowIfErrors();
        Tensor? data = workload!.Data?.Inputs, samples = data is null ? null
            : BatchExecutor.Rows(data, 0, Math.Min(request.CalibrationSamples, data.Shape[0]));
        byte[] original = File.ReadAllBytes(request.Model);
        NetworkGraph stated = workload.Graph;
        if (request.Quantize)
        {
            if (!QdqForm.HasChannelScales(stated.Opset)) terminal.Error.WriteLine($"note opset {stated.Opset} has no scales for each output channel: weights get one scale a layer");
            original = Written(request, () => Quantized(original, stated, samples!, request, bag));
            bag.ThrowIfErrors();
            stated = OnnxReader.Load(original, request.Model, bag)
                ?? throw new InvalidOperationException($"the quantized network cannot be read: {bag}");
        }
        IntegerNetwork? network = IntegerNetworkReader.Read(stated, request.Model, bag);
        if (network is { Layers.Length: 0 }) bag.Error(new Location(request.Model), "VER003",
            "no layer of this network sums integers; quantize it (--quantize)");
        bag.ThrowIfErrors();
        if (QdqForm.QonnxLayers(network!) is { Length: > 0 } qonnx)
        {
            terminal.Error.WriteLine($"note the weights of {qonnx.Length} layers are written as int8 constants with DequantizeLinear, in place of QONNX's quantizers; their values stay the same");
            original = Written(request, () => QdqForm.OfQonnx(original, network!));
            stated = OnnxReader.Load(original, request.Model, bag)
                ?? throw new InvalidOperationException($"the converted network cannot be read: {bag}");
            network = IntegerNetworkReader.Read(stated, request.Model, bag);
            bag.ThrowIfErrors();
        }
        foreach (string note in network!.Notes) terminal.Error.WriteLine($"note {note}");
        RepairedNetwork? repaired = NetworkRepair.Repair(network, samples, options!, request.Model, bag, terminal.Cancellation);
        bag.ThrowIfErrors();
        byte[] model = Written(request, () => OnnxEditor.Replace(original, repaired!.Changes, request.Provenance(workload.Graph.Digest)));
        ImmutableArray<LayerVerdict> verdicts = Verified(model, request, options!, terminal, out NetworkGraph graph);
        bool isProved = verdicts.All(v => v.IsProved);
        AccuracyResult? before = workload.Data is null ? null
            : WrappingAccuracy.Of(stated, network, workload.Data, request.Accumulator, terminal);
        AccuracyResult? after = workload.Data is null ? null
            : WrappingAccuracy.Of(graph, network, workload.Data, request.Accumulator, terminal);
        if (isProved) RepairFile.Write(request.Out, model, request.Force);
        var report = new RepairReport(request, repaired!, verdicts, before, after);
        if (request.Json) terminal.Out.WriteLine(report.Json());
        else report.Print(terminal);
        return isProved ? ExitCode.Ok : ExitCode.AnswerIsNo;
    }

    private static byte[] Quantized(byte[] model, NetworkGraph graph, Tensor samples, RepairRequest request, DiagnosticBag bag)
    {
        PostTraining rule = QdqForm.Rule(samples, graph.Opset);
        return IntegerNetworkReader.Read(graph, request.Model, bag, new ReadingOptions { PostTraining = rule }) is { } network
            ? QdqForm.Write(model, network, rule) : [];
    }

    private static byte[] Written(RepairRequest request, Func<byte[]> write)
    {
        try
        {
            return write();
        }
        catch (NotSupportedException e)
        {
            throw new InvalidInputException(new Location(request.Model), "RPR002", $"the repaired network cannot be written: {e.Message}");
        }
    }

    // What is judged is the file's own bytes, read as any other file.
    private static ImmutableArray<LayerVerdict> Verified(byte[] model, RepairRequest request, RepairOptions options, Terminal terminal,
        out NetworkGraph graph)
    {
        var bag = new DiagnosticBag();
        NetworkGraph? read = OnnxReader.Load(model, request.Out, bag);
        IntegerNetwork? network = read is null ? null : IntegerNetworkReader.Read(read, request.Out, bag);
        if (network is null) throw new InvalidOperationException($"the repaired network cannot be read: {bag}");
        graph = read!;
        return [.. network.Layers.Select(l => Verifier.Decide(l, options.Claims, options.Widths, terminal.Cancellation))];
    }
}
