using System.Collections.Immutable;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Simulator;
using Sim.Simulator.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Exploration.Widths;

/// <summary>Bit-exact runs of a network of QLinear operators whose layers have wrapping registers of chosen widths.</summary>
public sealed class WrappedRuns
{
    private readonly PreparedNetwork _network;
    private readonly int _threads;

    /// <param name="data">Samples as the network takes them, with labels or without.</param>
    /// <exception cref="NotSupportedException">A layer keeps its sums or biases outside of an integer register.</exception>
    public WrappedRuns(NetworkGraph graph, EvaluationData data, int threads)
    {
        (_threads, _network) = (threads, PreparedNetwork.Create(graph, data, null, Recipe.Default, threads));
        if (_network.Layers.FirstOrDefault(l => l.Integer is null) is { } other)
            throw new NotSupportedException($"layer '{other.Name}' ({other.Node.OpType}) is no QLinearConv or QLinearMatMul: what a width does to accuracy is measured where bias and sums share an integer register");
        if (_network.Layers.IsEmpty) throw new NotSupportedException("no layer of this network sums integers in a datapath (QLinearConv, QLinearMatMul with constant weights)");
    }

    /// <summary>The layers, in order of the network.</summary>
    public ImmutableArray<MatrixLayer> Layers => _network.Layers;

    /// <summary>Every layer at the same width (2 to 64), or those in <paramref name="own"/> at theirs.</summary>
    public AccuracyRecord At(int bits, ImmutableSortedDictionary<string, IntegerAccumulator>? own = null,
        CancellationToken cancellation = default)
    {
        DatapathSpec spec = new("widths", Common(l => l.WeightElement), Common(l => l.Integer!.InputElement),
            new IntegerAccumulator(bits, RegisterOverflow.Wrap));
        return AccuracyEvaluator.Evaluate(AccuracyPlan.Create(_network, spec, Recipe.Default, _ => ReductionOrder.Sequential,
            registers: own), _threads, cancellation).Totals;
    }

    /// <summary>One layer at its own width, every other in 64 bits, which hold all sums.</summary>
    public AccuracyRecord Only(string layer, int bits, CancellationToken cancellation = default) =>
        At(64, ImmutableSortedDictionary<string, IntegerAccumulator>.Empty.Add(layer, new(bits, RegisterOverflow.Wrap)), cancellation);

    /// <summary>The format of stored integers of a type.</summary>
    public static INumberFormat Format(ElementType type)
    {
        (long low, long high) = type.Range();
        return FormatCatalogue.Parse($"{(low < 0 ? "" : "u")}int{65 - long.LeadingZeroCount(high) - (low < 0 ? 0 : 1)}");
    }

    // One format for all layers: where some are signed and others are not, a bit more holds both.
    private INumberFormat Common(Func<MatrixLayer, ElementType> type)
    {
        ElementType[] types = [.. _network.Layers.Select(type).Distinct()];
        if (types.Length == 1) return Format(types[0]);
        return FormatCatalogue.Parse($"int{types.Max(t => 65 - (int)long.LeadingZeroCount(t.Range().Item2))}");
    }
}
