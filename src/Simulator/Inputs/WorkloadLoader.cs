using System.Collections.Immutable;
using Sim.Foundation.Diagnostics;
using Sim.Simulator.Execution;
using Sim.Workloads.Data;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx;
using Sim.Workloads.Topologies;

namespace Sim.Simulator.Inputs;

/// <summary>Reads networks and data; what does not fit together is recorded at the file that is wrong.</summary>
public static class WorkloadLoader
{
    /// <summary>Null after recording everything wrong with the workload's files. The network may be one of shapes alone
    /// (<see cref="ShapeFile"/>), whose own name it then has unless one is given.</summary>
    public static LoadedWorkload? LoadAny(WorkloadFiles workload, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(workload);
        ArgumentNullException.ThrowIfNull(bag);
        if (!ShapeFile.IsOne(workload.ModelPath)) return Load(workload, bag);
        foreach (string file in new[] { workload.DataPath, workload.LabelsPath, workload.CalibrationPath }.OfType<string>())
            bag.Error(new Location(file), "DAT015",
                $"'{workload.ModelPath}' holds shapes without weights: there is nothing to run samples through, so leave data and labels out");
        if (workload.Input is not null) bag.Error(workload.Place, "DAT015",
            $"'{workload.ModelPath}' holds shapes without weights: there are no input values for 'input' (offset and scale) to act on");
        ShapeNetwork? shapes = ShapeFile.Read(workload.ModelPath, bag);
        return shapes is null || bag.HasErrors ? null
            : LoadedWorkload.Of(workload.Name.Length > 0 ? workload : workload with { Name = shapes.Name }, shapes);
    }

    /// <summary>As <see cref="LoadAny"/> where weights are needed: an ONNX network.</summary>
    public static LoadedWorkload? Load(WorkloadFiles workload, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(workload);
        ArgumentNullException.ThrowIfNull(bag);
        int before = bag.ErrorCount;
        NetworkGraph? graph = OnnxReader.LoadOpen(workload.ModelPath, bag);
        if (graph is { Inputs.Length: not 1 } && (workload.DataPath ?? workload.CalibrationPath) is not null)
            bag.Error(new Location(workload.ModelPath), "DAT010",
                $"the network has {graph.Inputs.Length} inputs ({string.Join(", ", graph.Inputs.Select(i => i.Name))}); exactly one is fed with samples");
        if (graph is null || bag.ErrorCount > before) graph = null;
        Tensor? data = Samples(workload.DataPath, workload, graph, bag),
            calibration = Samples(workload.CalibrationPath, workload, graph, bag);
        // Shapes are judged with the samples' dimensions where the network leaves its own open.
        if (graph is not null && (data ?? calibration) is { } samples) graph = graph.ForSamples(samples.Shape);
        if (graph is not null && !(GraphChecks.Shapes(graph, workload.ModelPath, bag)
            && GraphChecks.Sizes(graph, workload.ModelPath, bag))) graph = null;
        ImmutableArray<int> labels = workload.LabelsPath is { } path ? Labels(path, data, workload.DataPath, graph, bag) : default;
        if (bag.ErrorCount > before || graph is null) return null;
        return LoadedWorkload.Of(workload, graph, data is null ? null : EvaluationData.Of(data, labels), calibration is null ? null
            : EvaluationData.Of(calibration));
    }

    private static Tensor? Samples(string? path, WorkloadFiles workload, NetworkGraph? graph, DiagnosticBag bag)
    {
        if (path is null || TensorFile.Read(path, bag) is not { } read || graph is null) return null;
        GraphValue input = graph.Inputs[0];
        bool fits = Fit(read, input.Shape, out int[] shape);
        if (!fits)
        {
            bag.Error(new Location(path), "DAT011",
                $"holds samples of shape [{string.Join(", ", read.Shape)}]; the network's input '{input.Name}' is [{string.Join(", ", input.Shape.Select(s => s < 0 ? "N" : $"{s}"))}]");
            return null;
        }
        if (!input.Type.IsReal())
        {
            if (workload.Input is not null) bag.Error(workload.Place, "DAT012",
                $"'input' has no meaning here: the network's input '{input.Name}' is {input.Type}, an integer type that takes codes as they are");
            else if (Whole(read, input.Type) is { } codes) return new Tensor(input.Type, shape, codes);
            else bag.Error(new Location(path), "DAT012",
                $"holds {read.Type} numbers that are not all codes of the network's input '{input.Name}', which is {input.Type}; allowed are whole numbers in its range");
            return read;
        }
        float[] values = read.ToFloats();
        return Tensor.OfFloats(workload.Input is { } t ? Array.ConvertAll(values, v => (v + (float)t.Offset) * (float)t.Scale) : values,
            shape);
    }

    // Codes of an integer input are whole numbers of its range, whatever type holds them.
    private static Array? Whole(Tensor read, ElementType type)
    {
        if (read.Type == type) return read.Data;
        (long low, long high) = type.Range();
        var codes = new long[read.Count];
        for (int i = 0; i < codes.Length; i++)
        {
            double value = read.Real(i);
            if (!(value >= low && value <= high && Math.Abs(value) <= 1L << 53) || value != Math.Floor(value)) return null;
            codes[i] = (long)value;
        }
        return codes;
    }

    // Images are often kept without the channel that the network names ([N, 28, 28] for [N, 1, 28, 28]): dimensions of size 1 move no
    // element, so they may differ.
    private static bool Fit(Tensor read, IReadOnlyList<int> input, out int[] shape)
    {
        shape = read.Shape;
        if (read.Shape.Length == 0 || read.Count == 0 || input.Count == 0) return false;
        bool same = read.Shape.Length == input.Count;
        for (int d = 1; same && d < input.Count; d++) same = input[d] < 0 || input[d] == read.Shape[d];
        if (same) return true;
        if (input.Skip(1).Any(d => d < 0) || !input.Skip(1).Where(d => d != 1)
            .SequenceEqual(read.Shape.Skip(1).Where(d => d != 1))) return false;
        shape = [read.Shape[0], .. input.Skip(1)];
        return true;
    }

    private static ImmutableArray<int> Labels(string path, Tensor? data, string? dataPath, NetworkGraph? graph, DiagnosticBag bag)
    {
        if (TensorFile.Read(path, bag) is not { } read) return default;
        if (read.Type.IsReal() || read.Type == ElementType.Float64)
        {
            bag.Error(new Location(path), "DAT013", $"holds {read.Type}; labels are integers, one class index a sample");
            return default;
        }
        if (data is not null && read.Count != data.Shape[0])
        {
            bag.Error(new Location(path), "DAT013", $"holds {read.Count} labels; '{dataPath}' holds {data.Shape[0]} samples");
            return default;
        }
        if (read.Integers.Any(v => v is < 0 or > int.MaxValue))
        {
            bag.Error(new Location(path), "DAT013", "holds a label outside 0 to 2147483647; labels are class indices");
            return default;
        }
        if (graph is not null && Classes(graph) is var classes && read.Integers.Any(v => v >= classes))
        {
            bag.Error(new Location(path), "DAT014",
                $"holds the label {read.Integers.Max()}; the network has {classes} classes, 0 to {classes - 1}");
            return default;
        }
        return [.. read.Integers.Select(v => (int)v)];
    }

    // Values that the first output holds for one sample.
    private static int Classes(NetworkGraph graph)
    {
        IReadOnlyDictionary<string, int[]> shapes = ShapeInference.Infer(graph);
        int[] input = shapes[graph.Inputs[0].Name];
        return shapes.TryGetValue(graph.Outputs[0].Name, out int[]? output)
            ? Shapes.Count(output) / Math.Max(1, input.Length > 0 ? input[0] : 1) : int.MaxValue;
    }
}
