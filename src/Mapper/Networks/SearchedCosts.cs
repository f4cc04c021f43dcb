using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using Sim.ArchModel.Hierarchies;
using Sim.ArchModel.Hierarchies.Costs;
using Sim.Mapper.Constraints;
using Sim.Mapper.Search;
using Sim.Workloads.Graph;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Networks;

/// <summary>A matrix layer that no mapping fits.</summary>
public sealed class NoMappingException(string layer, string lack) : Exception($"no mapping of '{layer}' fits: {lack}");

/// <summary>
/// Costs of matrix layers by their best mappings on one core, with DRAM free of charge: what the chip alone needs. Equal layers are
/// searched once.
/// </summary>
public sealed class SearchedCosts : ILayerCosts
{
    private readonly HierarchyCost _cost;
    private readonly VectorCosts _vector;
    private readonly MapObjective _objective;
    private readonly Hierarchy _core;
    private readonly MapCosts _prices;
    private readonly MapConstraints _constraints;
    private readonly long _effort;
    private readonly Dictionary<LoopLayer, MapResult> _found = new(LayerEquality.Instance);

    /// <summary>Costs on an accelerator with what it demands of mappings; <paramref name="effort"/> for each layer, as
    /// <see cref="SearchEffort"/> counts it.</summary>
    public SearchedCosts(HierarchyCost cost, VectorCosts vector, ScheduleObjective objective,
        MapConstraints constraints, long effort = SearchEffort.Default)
    {
        _effort = effort;
        ArgumentNullException.ThrowIfNull(cost);
        ArgumentNullException.ThrowIfNull(constraints);
        (_cost, _vector, _objective) = (cost, vector, (MapObjective)objective);
        Hierarchy whole = cost.Architecture.Hierarchy;
        _core = OneCore.Of(whole);
        int skipped = whole.Levels.Length - _core.Levels.Length;
        MapCosts all = HierarchyMapCosts.Of(cost);
        _prices = all with { Levels = [default, .. all.Levels.Skip(1 + skipped)], CompleteOutputs = default };
        _constraints = constraints.Inside(skipped);
    }

    public string Basis => string.Create(CultureInfo.InvariantCulture,
        $"mapping of each matrix layer, DRAM aside: {_found.Count} searched, {Proof} {(double)Mapspace:G3} mappings");

    private string Proof => _found.Values.All(r => r.Certificate.IsOptimal) ? "best of" : string.Create(CultureInfo.InvariantCulture,
        $"within {100 * _found.Values.Max(r => r.Certificate.Gap):G3} % of the bound on");

    // Mappings of all layers together.
    private BigInteger Mapspace => _found.Values.Aggregate(BigInteger.Zero, (sum, r) => sum + r.Certificate.Mapspace);

    public LayerCost Of(GemmLayer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        LoopLayer loops = MatrixWork.Of(layer).Loops(layer.Name);
        if (!_found.TryGetValue(loops, out MapResult? result))
        {
            var problem = new MapProblem(loops, _core, _prices)
                { Packing = PerOperand.Of(_cost.Architecture.PackingOf), Constraints = _constraints };
            result = MapSearch.Best(problem, _objective, _effort)
                ?? throw new NoMappingException(layer.Name, MapExclusion.Of(problem).Text);
            _found[loops] = result;
        }
        return new((long)Math.Ceiling(result.Cost.Cycles), result.Cost.Picojoules);
    }

    public LayerCost Of(VectorLayer layer) => _vector.Of(layer);

    private sealed class LayerEquality : IEqualityComparer<LoopLayer>
    {
        public static LayerEquality Instance { get; } = new();

        public bool Equals(LoopLayer? x, LoopLayer? y) => x is not null && y is not null && x.Sizes.AsSpan().SequenceEqual(y.Sizes.AsSpan())
            && (x.StrideHeight, x.StrideWidth, x.DilationHeight, x.DilationWidth) == (y.StrideHeight, y.StrideWidth, y.DilationHeight,
                y.DilationWidth);

        public int GetHashCode(LoopLayer layer)
        {
            var hash = new HashCode();
            foreach (long size in layer.Sizes) hash.Add(size);
            hash.Add((layer.StrideHeight, layer.StrideWidth));
            return hash.ToHashCode();
        }
    }
}
