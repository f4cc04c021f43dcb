using System.Collections.Immutable;
using Sim.ArchModel;
using Sim.ArchModel.Costs;
using Sim.ArchModel.Reading;
using Sim.ArchModel.Technologies;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Mapper;
using Sim.Simulator.Timing;
using Sim.Workloads.Graph;

namespace Sim.Simulator.Accelerators;

/// <summary>A systolic array with buffers (`sim.architecture/1`).</summary>
public sealed class ArrayAccelerator(LoadedArchitecture loaded) : IAccelerator
{
    private const long OperationsPerOutput = 2;

    /// <summary>The file's content.</summary>
    public LoadedArchitecture Loaded { get; } = loaded;

    /// <inheritdoc/>
    public string Name => Loaded.Architecture.Name;

    /// <inheritdoc/>
    public string Shape => $"{Loaded.Architecture.Array.Rows}×{Loaded.Architecture.Array.Columns} {Loaded.Architecture.Array.Dataflow}";

    /// <inheritdoc/>
    public DatapathSpec Datapath => Loaded.Architecture.Datapath;

    /// <inheritdoc/>
    public VectorUnit Vector => Loaded.Architecture.Vector;

    /// <inheritdoc/>
    public Technology Technology => Loaded.Technology;

    /// <inheritdoc/>
    public double ClockHertz => Loaded.Architecture.ClockHertz;

    /// <inheritdoc/>
    public Location PlaceOf(string part) => Loaded.Places.GetValueOrDefault(part, Loaded.Place);

    /// <inheritdoc/>
    public string Json => ArchitectureJson.Write(Loaded.Architecture);

    /// <inheritdoc/>
    public string Identity => ArchitectureJson.WriteIdentity(Loaded.Architecture);

    /// <inheritdoc/>
    public AcceleratorCost Price()
    {
        ArchitectureCost cost = Loaded.Price();
        return new AcceleratorCost(cost.Area, cost.AreaSquareMicrometres, cost.LeakageMilliwatts, cost.Clock, cost.Warnings,
            string.Join('\n', cost.Actions.Select(a => FormattableString.Invariant($"{a.Component} {a.Action} {a.Price.Picojoules:R}"))
                .Concat(cost.Area.Select(a =>
                    FormattableString.Invariant($"{a.Component} {a.Role} {a.Primitive} {a.SquareMicrometres:R}")))));
    }

    /// <inheritdoc/>
    public MappedNetwork Map(NetworkLayers layers)
    {
        ArgumentNullException.ThrowIfNull(layers);
        return new MappedArray(Loaded, MappingsOf(Loaded.Architecture, layers));
    }

    // Layers of one shape have one mapping: deep networks repeat a few. What does not fit is told of each.
    private static ImmutableArray<MappingResult> MappingsOf(Architecture architecture, NetworkLayers layers)
    {
        var known = new Dictionary<GemmLayer, Mapping>();
        var results = ImmutableArray.CreateBuilder<MappingResult>(layers.Gemms.Length);
        foreach (GemmLayer layer in layers.Gemms)
        {
            GemmLayer shape = layer with { Name = "" };
            MappingResult result = known.TryGetValue(shape, out Mapping? mapping) ? new(mapping with { Layer = layer }, [])
                : LayerMapper.Map(architecture, layer);
            if (result.Mapping is { } found) known.TryAdd(shape, found);
            results.Add(result);
        }
        return results.MoveToImmutable();
    }

    /// <summary>A network on a systolic array.</summary>
    internal sealed class MappedArray(LoadedArchitecture loaded, ImmutableArray<MappingResult> results) : MappedNetwork
    {
        private readonly Lazy<ArchitectureCost> _cost = new(loaded.Price);

        /// <inheritdoc/>
        public override ImmutableArray<string> Problems { get; } = [.. results.SelectMany(r => r.Problems).Select(p => p.Message)];

        /// <inheritdoc/>
        public override ImmutableArray<(GemmLayer Layer, ReductionOrder Order)> Orders => [.. Mappings.Select(m => (m.Layer, m.Order))];

        /// <summary>The mappings in the order of the network.</summary>
        public ImmutableArray<Mapping> Mappings => [.. results.Select(r => r.Required)];

        /// <inheritdoc/>
        public override LayerRecord Matrix(int index)
        {
            Mapping mapping = results[index].Required;
            LayerTiming timing = Estimator.Estimate(loaded.Architecture, mapping);
            GemmLayer layer = mapping.Layer;
            var ledger = new Ledger();
            ledger.Add(timing.Ledger);
            ledger.Add(ActionNames.Vector, ActionNames.VectorOp, OperationsPerOutput * layer.OutputElements);
            return new(layer.Name, layer.OpType, layer.Groups, layer.M, layer.N, layer.K, timing.ComputeCycles, timing.StallCycles,
                timing.Utilization, Energy(ledger), null)
            {
                Stalls = timing.Stalls, Bound = LayerBound.Of(loaded.Architecture, timing),
                Traffic = LayerTraffic.Of(loaded.Architecture, timing),
                CompulsoryBytes = LayerTraffic.Compulsory(loaded.Architecture, layer),
            };
        }

        /// <inheritdoc/>
        public override LayerRecord Vector(VectorLayer layer)
        {
            VectorTiming timing = Estimator.Estimate(loaded.Architecture, layer);
            double busy = timing.TotalCycles == 0 ? 0
                : (double)layer.Operations / (timing.TotalCycles * loaded.Architecture.Vector.Lanes);
            ImmutableArray<MemoryTraffic> traffic = LayerTraffic.Of(loaded.Architecture, timing);
            return new(layer.Name, layer.OpType, 0, 0, 0, 0, timing.ComputeCycles, timing.StallCycles, busy, Energy(timing.Ledger), null)
            {
                Stalls = timing.Stalls, Bound = LayerBound.Of(timing), Traffic = traffic,
                CompulsoryBytes = traffic.Where(t => t.Memory == ActionNames.Dram).Sum(t => t.ReadBytes + t.WriteBytes),
            };
        }

        private ImmutableArray<ActionEnergy> Energy(Ledger ledger) =>
        [
            .. ledger.Entries.Where(e => e.Value != 0).Select(e =>
            {
                ActionPrice price = _cost.Value.EnergyPerAction(e.Key.Component, e.Key.Action);
                return new ActionEnergy(e.Key.Component, e.Key.Action, e.Value, price.Picojoules, price.Source);
            }),
        ];
    }
}
