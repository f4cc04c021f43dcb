using System.Collections.Immutable;

namespace Sim.Workloads.Graph;

/// <summary>What a tensor of a network is.</summary>
public enum TensorKind : byte
{
    /// <summary>Given from outside.</summary>
    Input,

    /// <summary>Constants.</summary>
    Weights,

    /// <summary>Kept in memory from run to run: keys and values of earlier tokens, an optimizer's moments.</summary>
    State,

    /// <summary>Made and used within the run.</summary>
    Activation,

    /// <summary>What the run is for.</summary>
    Output,
}

/// <summary>A tensor that layers read and write; Elements counts the whole batch.</summary>
public sealed record LayerTensor(string Name, TensorKind Kind, long Elements);

/// <summary>
/// A layer with the tensors that it reads and writes, by name. Inputs make up the first operand of a matrix layer (its rows in order), or
/// all computed operands of a vector layer; Parameters are constants beside: bias, scale of a normalization, an embedding's table.
/// Exactly one of Matrix and Vector is set; Second is the second operand of a matrix layer.
/// </summary>
public sealed record LayerStep(GemmLayer? Matrix, VectorLayer? Vector, ImmutableArray<string> Inputs, string? Second,
    ImmutableArray<string> Parameters, ImmutableArray<string> Outputs)
{
    /// <summary>The layer's name.</summary>
    public string Name => Matrix?.Name ?? Vector!.Name;

    /// <summary>The layer's operator.</summary>
    public string OpType => Matrix?.OpType ?? Vector!.OpType;

    /// <summary>Every tensor that the layer reads.</summary>
    public IEnumerable<string> Reads => Second is null ? Inputs.Concat(Parameters) : [.. Inputs, Second, .. Parameters];
}

/// <summary>The work of a network: matrix layers for the array, vector layers for the vector unit, in an order that has every tensor made
/// before it is used.</summary>
public sealed record NetworkLayers
{
    /// <summary>Layers with their tensors.</summary>
    public NetworkLayers(ImmutableArray<LayerStep> steps, ImmutableSortedDictionary<string, LayerTensor> tensors)
    {
        (Steps, Tensors) = (steps, tensors);
        Gemms = [.. steps.Select(s => s.Matrix).OfType<GemmLayer>()];
        Vectors = [.. steps.Select(s => s.Vector).OfType<VectorLayer>()];
    }

    /// <summary>Matrix layers of which nothing says how they depend on each other.</summary>
    public static NetworkLayers Unconnected(ImmutableArray<GemmLayer> layers) =>
        new([.. layers.Select(l => new LayerStep(l, null, [], null, [], []))],
            ImmutableSortedDictionary.Create<string, LayerTensor>(StringComparer.Ordinal));

    /// <summary>All layers in order of execution.</summary>
    public ImmutableArray<LayerStep> Steps { get; }

    /// <summary>The tensors by name; empty when the source lists layers alone, which then read and write nothing that is known.</summary>
    public ImmutableSortedDictionary<string, LayerTensor> Tensors { get; }

    /// <summary>Whether it is known which layer makes what another uses.</summary>
    public bool IsConnected => !Tensors.IsEmpty;

    /// <summary>The matrix layers in order.</summary>
    public ImmutableArray<GemmLayer> Gemms { get; }

    /// <summary>The vector layers in order.</summary>
    public ImmutableArray<VectorLayer> Vectors { get; }

    /// <summary>Samples of one run.</summary>
    public int Samples { get; init; } = 1;

    /// <summary>Tokens that one run takes in or puts out, whole batch; null when the network is none of language.</summary>
    public long? Tokens { get; init; }

    /// <summary>Tokens whose keys and values the cache holds when the run ends, whole batch; null without a cache.</summary>
    public long? CachedTokens { get; init; }

    /// <summary>Parameters that one token does not use: experts that it is not sent to.</summary>
    public long IdleParameters { get; init; }

    /// <summary>Multiply-accumulates of all matrix layers.</summary>
    public long Macs => Gemms.Sum(g => g.Macs);

    /// <summary>Weight elements of all matrix layers, as often as they are used.</summary>
    public long WeightElements => Gemms.Sum(g => g.WeightElements);

    /// <summary>Elements of all tensors of a kind; null when tensors are not known.</summary>
    public long? Elements(TensorKind kind) => IsConnected ? Tensors.Values.Where(t => t.Kind == kind).Sum(t => t.Elements) : null;

    /// <summary>Most elements of inputs and activations that live at once when layers run in order, each from where it is made to its last
    /// use; null when tensors are not known.</summary>
    public long? PeakElements()
    {
        if (!IsConnected) return null;
        var last = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < Steps.Length; i++)
            foreach (string tensor in Steps[i].Reads.Concat(Steps[i].Outputs)) last[tensor] = i;
        bool IsValue(LayerTensor t) => t.Kind is TensorKind.Input or TensorKind.Activation or TensorKind.Output;
        long live = Tensors.Values.Where(t => t.Kind == TensorKind.Input).Sum(t => t.Elements), peak = live;
        for (int i = 0; i < Steps.Length; i++)
        {
            live += Steps[i].Outputs.Select(t => Tensors[t]).Where(IsValue).Sum(t => t.Elements);
            peak = Math.Max(peak, live);
            live -= Steps[i].Reads.Concat(Steps[i].Outputs).Distinct().Where(t => last[t] == i).Select(t => Tensors[t])
                .Where(t => IsValue(t) && t.Kind != TensorKind.Output).Sum(t => t.Elements);
        }
        return peak;
    }
}
