using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Workloads.Graph;

namespace Sim.Mapper.Networks;

/// <summary>What a layer costs on chip, asked once for each layer.</summary>
public interface ILayerCosts
{
    /// <summary>What costs of matrix layers are, in words.</summary>
    string Basis { get; }

    /// <summary>Cost of a matrix layer without DRAM.</summary>
    LayerCost Of(GemmLayer layer);

    /// <summary>Cost of a vector layer without DRAM.</summary>
    LayerCost Of(VectorLayer layer);
}

/// <summary>A network to be scheduled: layers in the order in which they run, and the tensors between them.</summary>
public sealed class ScheduleNetwork
{
    // A layer that touches more tensors reads or writes the others in DRAM.
    private const int MostTouched = 40;

    private ScheduleNetwork(ImmutableArray<ScheduleLayer> layers, ImmutableArray<ScheduleTensor> tensors, PerOperand<Packing> packing) =>
        (Layers, Tensors, Packing) = (layers, tensors, packing);

    /// <summary>The layers.</summary>
    public ImmutableArray<ScheduleLayer> Layers { get; }

    /// <summary>The tensors; layers name them by index.</summary>
    public ImmutableArray<ScheduleTensor> Tensors { get; }

    /// <summary>How operands lie in memory; outputs as partial sums.</summary>
    public PerOperand<Packing> Packing { get; }

    /// <summary>The network of a workload. Layers of which nothing says how they depend on each other keep their tensors to
    /// themselves, in DRAM.</summary>
    public static ScheduleNetwork Of(NetworkLayers network, PerOperand<Packing> packing, ILayerCosts costs)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(costs);
        string[] names = [.. network.Tensors.Keys];
        var index = names.Select((n, i) => (n, i)).ToDictionary(p => p.n, p => p.i, StringComparer.Ordinal);
        int[] producer = Enumerable.Repeat(-1, names.Length).ToArray();
        var consumers = names.Select(_ => new SortedSet<int>()).ToArray();
        bool[] stays = [.. names.Select(n => network.Tensors[n].Kind != TensorKind.State)];
        bool[] second = new bool[names.Length];
        for (int i = 0; i < network.Steps.Length; i++)
        {
            LayerStep step = network.Steps[i];
            foreach (string input in step.Inputs) consumers[index[input]].Add(i);
            if (step.Second is { } other) (second[index[other]], _) = (true, consumers[index[other]].Add(i));
            foreach (string output in step.Outputs)
                if (producer[index[output]] < 0) producer[index[output]] = i;
                else stays[index[output]] = false;
            foreach (string extra in step.Reads.Concat(step.Outputs).Distinct().Skip(MostTouched)) stays[index[extra]] = false;
            // A parameter is read from DRAM; what a layer makes is there only if it is written.
            foreach (string parameter in step.Parameters) stays[index[parameter]] = false;
        }
        ImmutableArray<ScheduleTensor> tensors = [.. names.Select((n, i) =>
        {
            LayerTensor tensor = network.Tensors[n];
            bool weights = tensor.Kind == TensorKind.Weights && second[i];
            return new ScheduleTensor(n, (weights ? packing.Weights : packing.Activations).StoredBits(tensor.Elements), producer[i],
                [.. consumers[i]], tensor.Kind is TensorKind.Output or TensorKind.State, stays[i]);
        })];
        ImmutableArray<ScheduleLayer> layers = [.. network.Steps.Select(step => new ScheduleLayer(step.Name, step.OpType,
            step.Matrix is { } m ? MatrixWork.Of(m) : null, step.Vector, [.. step.Inputs.Select(t => index[t]).Distinct()],
            step.Second is { } s ? index[s] : -1, [.. step.Outputs.Select(t => index[t]).Distinct()], Parameters(step, network, packing),
            step.Matrix is { } matrix ? costs.Of(matrix) : costs.Of(step.Vector!))
            { HasGivenParameters = step.Parameters.All(p => producer[index[p]] < 0) })];
        return new(layers, tensors, packing);
    }

    /// <summary>Least bits of a tensor that a layer reads.</summary>
    public long LeastRead(ScheduleLayer layer, int tensor)
    {
        ArgumentNullException.ThrowIfNull(layer);
        if (layer.Vector is { } vector) return Packing.Activations.StoredBits(vector.InputElements);
        MatrixWork work = layer.Matrix!;
        long inputs = 0, second = 0;
        if (layer.Inputs.Contains(tensor)) inputs = Packing.Activations.StoredBits(LeastInputs(work));
        if (layer.Second == tensor)
            second = (work.SecondIsComputed ? Packing.Activations : Packing.Weights).StoredBits(work.SecondElements);
        return Math.Max(inputs, second);
    }

    /// <summary>Bits that a layer makes.</summary>
    public long Made(ScheduleLayer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        return Packing.Activations.StoredBits(layer.Matrix?.OutputElements ?? layer.Vector!.OutputElements);
    }

    /// <summary>Bits that a layer without known tensors reads and makes at least.</summary>
    public long Unconnected(ScheduleLayer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        MatrixWork work = layer.Matrix!;
        return Packing.Activations.StoredBits(LeastInputs(work)) + Packing.Weights.StoredBits(work.SecondElements) + Made(layer);
    }

    private static long LeastInputs(MatrixWork work) => checked(work.Samples * work.Groups * work.Channels
        * WindowTiles.Of(work.Rows, work.Rows.Outputs).First * WindowTiles.Of(work.Columns, work.Columns.Outputs).First);

    // Of a table only the rows that are asked for are read.
    private static long Parameters(LayerStep step, NetworkLayers network, PerOperand<Packing> packing) => step.OpType == "Gather"
        ? checked(packing.Activations.StoredBits(step.Vector!.OutputElements) * step.Parameters.Length)
        : step.Parameters.Sum(p => packing.Activations.StoredBits(network.Tensors[p].Elements));
}
