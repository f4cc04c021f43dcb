using System.Collections.Immutable;
using Sim.Mapper.Advice;
using Sim.Mapper.Search;

namespace Sim.Mapper.Answers;

/// <summary>What `sim map` answers.</summary>
/// <param name="Network">Name of the network.</param>
/// <param name="Target">The accelerator.</param>
/// <param name="Objective">What is made least.</param>
/// <param name="Pareto">Whether all mappings that trade energy for cycles were asked for.</param>
/// <param name="Layers">In network order.</param>
/// <param name="Kinds">For each layer a number that equal layers share, from 0 in the order of their first.</param>
public sealed record MapAnswer(string Network, MapTarget Target, MapObjective Objective, bool Pareto, ImmutableArray<MappedLayer> Layers,
    ImmutableArray<int> Kinds)
{
    /// <summary>Which change helps most, of the network and of each kind of layer, when asked for.</summary>
    public (MapAdvice Whole, ImmutableArray<MapAdvice> Each)? Advice { get; init; }

    /// <summary>Energy of all layers.</summary>
    public double Picojoules => Layers.Sum(l => l.Result.Cost.Picojoules);

    /// <summary>Cycles of all layers, one after another.</summary>
    public double Cycles => Layers.Sum(l => (double)l.Time.Total);
}
