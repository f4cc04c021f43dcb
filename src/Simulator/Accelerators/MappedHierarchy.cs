using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.ArchModel.Hierarchies.Costs;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Mapper.Nests;
using Sim.Mapper.Orders;
using Sim.Mapper.Search;
using Sim.Mapper.Timing;
using Sim.Workloads.Graph;
using Sim.Workloads.Nests;

namespace Sim.Simulator.Accelerators;

/// <summary>A network on a hierarchy.</summary>
public sealed class MappedHierarchy : MappedNetwork
{
    private const long OperationsPerOutput = 2;
    private readonly HierarchicalArchitecture _architecture;
    private readonly HierarchyCost _cost;
    private readonly Location _place;
    private readonly HierarchyLedger _ledger;
    private readonly ImmutableArray<(GemmLayer Layer, MapResult? Best)> _layers;
    private readonly Lazy<ImmutableArray<(GemmLayer Layer, ReductionOrder? Order)>> _orders;

    internal MappedHierarchy(HierarchicalArchitecture architecture, HierarchyCost cost,
        ImmutableArray<(GemmLayer Layer, MapResult? Best)> layers, Func<GemmLayer, string> lack, Location place)
    {
        Problems = [.. layers.Where(l => l.Best is null).Select(l => $"no mapping of '{l.Layer.Name}' fits: {lack(l.Layer)}")];
        _place = place;
        (_architecture, _cost, _layers, _ledger) = (architecture, cost, layers, new HierarchyLedger(architecture, cost));
        _orders = new(() => [.. layers.Select(l => (l.Layer, OrderOf(l.Best!.Nest)))]);
    }

    /// <inheritdoc/>
    public override ImmutableArray<string> Problems { get; }

    /// <inheritdoc/>
    /// <exception cref="InvalidInputException">MAP003: outputs of a layer are added in different orders, and the sums may depend on
    /// them.</exception>
    public override ImmutableArray<(GemmLayer Layer, ReductionOrder Order)> Orders
    {
        get
        {
            var bag = new DiagnosticBag();
            foreach ((GemmLayer layer, ReductionOrder? order) in _orders.Value)
                if (order is null && !IsOrderFree(layer))
                    bag.Error(_place, "MAP003", $"layer '{layer.Name}': its nest adds outputs of shorter last tiles in another order than the "
                        + "others, and no kernel follows several orders in one layer; sums of this accumulator may depend on the order. "
                        + "Run without data, or choose another objective or mapping");
            bag.ThrowIfErrors();
            return [.. _orders.Value.Select(o => (o.Layer, o.Order ?? ReductionOrder.Sequential))];
        }
    }

    // Exact registers, registers that wrap, and integers of which no K products can leave the register have one sum whatever the order.
    private bool IsOrderFree(GemmLayer layer)
    {
        DatapathSpec datapath = _architecture.Datapath;
        if (datapath.InexactMultiplier is not null && datapath.Accumulator is not ExactAccumulator { Quire: null }) return false;
        return datapath.Accumulator switch
        {
            ExactAccumulator exact => exact.Quire is null,
            IntegerAccumulator register => register.Overflow == RegisterOverflow.Wrap || Int128.One << (register.Bits - 1)
                > layer.K * (Int128.One << (datapath.Activation.Bits + datapath.Weight.Bits)),
            _ => false,
        };
    }

    /// <summary>What the network runs on.</summary>
    public HierarchicalArchitecture Architecture => _architecture;

    /// <summary>The matrix layer at an index.</summary>
    public GemmLayer Layer(int index) => _layers[index].Layer;

    /// <inheritdoc/>
    public override ImmutableArray<string> Warnings
    {
        get
        {
            (GemmLayer Layer, MapCertificate Proof)[] open = [.. _layers.Where(l => l.Best is { Certificate.IsOptimal: false })
                .Select(l => (l.Layer, l.Best!.Certificate))];
            if (open.Length == 0) return [];
            (GemmLayer layer, MapCertificate worst) = open.MaxBy(l => l.Proof.Gap);
            return [FormattableString.Invariant($"the mappings of {open.Length} of {_layers.Length} layers are not proved to be the best: ")
                + FormattableString.Invariant($"within {100 * worst.Gap:0.##} % of the bound at worst ('{layer.Name}'); 'sim map --effort full' proves them")];
        }
    }

    /// <summary>The nest of the matrix layer at an index.</summary>
    public LoopNest Nest(int index) => _layers[index].Best!.Nest;

    /// <inheritdoc/>
    public override LayerRecord Matrix(int index)
    {
        (GemmLayer layer, MapResult? best) = _layers[index];
        NestCycles cycles = ArchitectureTiming.Of(best!.Nest, _architecture);
        double peak = _architecture.ProductsAtOnce / _architecture.Compute.Cycles.Value;
        ImmutableArray<Timing.Stall> stalls =
        [
            .. cycles.Stalls.OrderByDescending(s => s.Cycles).ThenBy(s => s.Resource.ToString(), StringComparer.Ordinal)
                .Select(s => new Timing.Stall(s.Resource.ToString(), s.Cycles)),
            .. cycles.Drain > 0 ? new[] { new Timing.Stall("drain", cycles.Drain) } : [],
        ];
        return new LayerRecord(layer.Name, layer.OpType, layer.Groups, layer.M, layer.N, layer.K, cycles.Compute,
            cycles.Total - cycles.Compute, best.Counts.Macs / (cycles.Total * peak),
            _ledger.Energy(best.Counts, OperationsPerOutput * layer.OutputElements), null)
        {
            Stalls = stalls, Bound = BoundOf(cycles), Traffic = _ledger.Traffic(best.Counts),
            CompulsoryBytes = _ledger.Compulsory(best.Counts, LoopLayers.PaddingTouched(layer)),
            OutermostMemory = _architecture.Hierarchy.Levels[0].Name,
        };
    }

    /// <inheritdoc/>
    public override LayerRecord Vector(VectorLayer layer) => HierarchyVector.Of(_architecture, _cost, layer);

    private static string BoundOf(NestCycles cycles)
    {
        (string bound, long longest) = (Timing.LayerBound.Compute, cycles.Compute);
        foreach (ResourceUse use in cycles.Uses)
            if (use.BusyCycles > longest) (bound, longest) = (use.Resource.ToString(), use.BusyCycles);
        return bound;
    }

    // One order for all outputs of a layer. Null: outputs of shorter last tiles are added otherwise than the others.
    private ReductionOrder? OrderOf(LoopNest nest) =>
        NestOrders.Of(nest, _architecture.Hierarchy, _architecture.Datapath.Lanes).Single;
}
