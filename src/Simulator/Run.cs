using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Sim.ArchModel;
using Sim.ArchModel.Costs;
using Sim.ArchModel.Reading;
using Sim.Simulator.Execution;
using Sim.Simulator.Timing;
using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Simulator;

/// <summary>
/// One design, as a pure function: time from the estimator, energy and area from counts and prices, accuracy as evaluated. Layers run one after the other,
/// each matrix layer on the array and each other layer on the vector unit; scaling and bias of a matrix layer's outputs cost the vector unit two operations an
/// output, in the shadow of the array.
/// </summary>
public static class Run
{
    private const long OperationsPerOutput = 2;

    /// <summary>
    /// The record of a design. Throws <see cref="Sim.Mapper.MappingException"/> when a layer does not fit (ask <see cref="Estimator.Problems"/> first) and
    /// <see cref="Sim.Foundation.Diagnostics.InvalidInputException"/> when the technology cannot price the architecture.
    /// </summary>
    /// <param name="architecture">The accelerator and its prices' technology.</param>
    /// <param name="networkName">For reports.</param>
    /// <param name="graph">The network as read; its digest enters the record.</param>
    /// <param name="layers">Layers of the network as executed, i.e. after batch-norm folding when the recipe folds.</param>
    /// <param name="accuracy">The evaluation of this network under this datapath and order, or null without data.</param>
    /// <param name="parameters">The axis values of the design in its study; empty for a single run.</param>
    public static RunRecord Execute(LoadedArchitecture architecture, string networkName, NetworkGraph graph, NetworkLayers layers, Recipe recipe,
        AccuracyResult? accuracy, ImmutableSortedDictionary<string, string> parameters, string toolVersion)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(layers);
        ArgumentNullException.ThrowIfNull(recipe);
        Architecture design = architecture.Architecture;
        var cost = new ArchitectureCost(design, architecture.Technology);
        ImmutableArray<LayerRecord> records =
        [
            .. layers.Gemms.Select(g => Matrix(design, cost, g, accuracy?.Layers.GetValueOrDefault(g.Name))),
            .. layers.Vectors.Select(v => Vector(design, cost, v, accuracy?.Layers.GetValueOrDefault(v.Name))),
        ];
        long cycles = records.Sum(r => r.ComputeCycles + r.StallCycles);
        double seconds = cycles / design.ClockHertz;
        ImmutableSortedDictionary<string, string>.Builder digests = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        digests["network"] = graph.Digest;
        digests["architecture"] = Digest(ArchitectureJson.WriteIdentity(design));
        digests["prices"] = Digest(string.Join('\n', cost.Actions.Select(a => FormattableString.Invariant($"{a.Component} {a.Action} {a.Price.Picojoules:R}"))
            .Concat(cost.Area.Select(a => FormattableString.Invariant($"{a.Component} {a.Role} {a.Primitive} {a.SquareMicrometres:R}")))));
        digests["recipe"] = Digest(recipe.Canonical);
        if (accuracy is not null) digests["accuracy"] = accuracy.Key;
        return new RunRecord(RunRecord.CurrentSchema, toolVersion, Digest(string.Join('\n', digests.Select(d => $"{d.Key} {d.Value}"))), digests.ToImmutable(), parameters,
            ArchitectureJson.Write(design), RecipeFile.Write(recipe), networkName, records, cycles, seconds,
            records.Sum(r => r.Energy.Sum(e => e.Count * e.PerActionPicojoules)),
            cost.LeakageMilliwatts * seconds * 1e9,
            cost.AreaSquareMicrometres,
            [.. cost.Area.Select(a => new CostItem(a.Component, a.Primitive.Length == 0 ? a.Role : $"{a.Role} ({a.Count} × {a.Primitive})", a.SquareMicrometres, "um2", a.Source))],
            accuracy?.Totals, [.. cost.Warnings, .. accuracy?.Warnings ?? []]);
    }

    private static LayerRecord Matrix(Architecture design, ArchitectureCost cost, GemmLayer layer, LayerNumerics? numerics)
    {
        LayerTiming timing = Estimator.Estimate(design, layer);
        var ledger = new Ledger();
        ledger.Add(timing.Ledger);
        ledger.Add(ActionNames.Vector, ActionNames.VectorOp, OperationsPerOutput * layer.OutputElements);
        return new(layer.Name, layer.OpType, layer.Groups, layer.M, layer.N, layer.K, timing.ComputeCycles, timing.StallCycles, timing.Utilization,
            Energy(ledger, cost), numerics);
    }

    private static LayerRecord Vector(Architecture design, ArchitectureCost cost, VectorLayer layer, LayerNumerics? numerics)
    {
        VectorTiming timing = Estimator.Estimate(design, layer);
        double busy = timing.Cycles == 0 ? 0 : (double)layer.Operations / (timing.Cycles * design.Vector.Lanes);
        return new(layer.Name, layer.OpType, 0, 0, 0, 0, timing.Cycles, 0, busy, Energy(timing.Ledger, cost), numerics);
    }

    private static ImmutableArray<ActionEnergy> Energy(Ledger ledger, ArchitectureCost cost) =>
    [
        .. ledger.Entries.Where(e => e.Value != 0).Select(e =>
        {
            ActionPrice price = cost.EnergyPerAction(e.Key.Component, e.Key.Action);
            return new ActionEnergy(e.Key.Component, e.Key.Action, e.Value, price.Picojoules, price.Source);
        }),
    ];

    private static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
