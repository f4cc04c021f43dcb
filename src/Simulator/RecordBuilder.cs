using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Sim.ArchModel;
using Sim.ArchModel.Costs;
using Sim.ArchModel.Reading;
using Sim.Foundation.Diagnostics;
using Sim.Mapper;
using Sim.Simulator.Execution;
using Sim.Simulator.Timing;
using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Simulator;

/// <summary>
/// The record of a design from its parts: time from the estimator, energy and area from counts and prices, accuracy as evaluated. Layers
/// run one after the other, each matrix layer on the array and each other layer on the vector unit; scaling and bias of a matrix layer's
/// outputs cost the vector unit two operations an output, in the shadow of the array.
/// </summary>
internal static class RecordBuilder
{
    private const long OperationsPerOutput = 2;

    /// <summary>The record.</summary>
    /// <param name="design">What was evaluated.</param>
    /// <param name="cost">Prices of its architecture.</param>
    /// <param name="layers">The network.</param>
    /// <param name="mappings">How each matrix layer runs, in the order of the network.</param>
    /// <param name="accuracy">The values of the network under this design, or null without data.</param>
    /// <param name="toolVersion">For the record.</param>
    public static RunRecord Build(DesignInputs design, ArchitectureCost cost, NetworkLayers layers, ImmutableArray<Mapping> mappings,
        AccuracyResult? accuracy, string toolVersion)
    {
        Architecture architecture = design.Architecture.Architecture;
        ImmutableArray<LayerRecord> records = Layers(architecture, cost, layers, mappings, accuracy,
            design.Architecture.Place);
        long cycles = records.Sum(r => r.ComputeCycles + r.StallCycles);
        double seconds = cycles / architecture.ClockHertz;
        double energy = records.Sum(r => r.Energy.Sum(e => e.Count * e.PerActionPicojoules)),
            leakage = cost.LeakageMilliwatts * seconds * 1e9;
        ImmutableSortedDictionary<string, string> digests = Digests(design, cost, accuracy);
        return new RunRecord(RunRecord.CurrentSchema, toolVersion, Digest(string.Join('\n', digests.Select(d => $"{d.Key} {d.Value}"))),
            digests, design.Parameters,
            ArchitectureJson.Write(architecture), RecipeFile.Write(design.Recipe), design.Workload.Name, records, cycles, seconds,
            energy, leakage, cost.AreaSquareMicrometres,
            [.. cost.Area.Select(a => new CostItem(a.Component, a.Primitive.Length == 0 ? a.Role : $"{a.Role} ({a.Count} × {a.Primitive})",
                a.SquareMicrometres, "um2", a.Source))],
            accuracy?.Totals, [.. cost.Warnings, .. accuracy?.Warnings ?? []])
        {
            Clock = new ClockRecord(cost.Clock.PeriodNanoseconds, cost.Clock.Critical.Nanoseconds, cost.Clock.Critical.What,
                cost.Clock.PipelineStages),
            Work = WorkRecord.Of(layers.Samples, layers.Tokens, seconds, energy + leakage),
        };
    }

    // In the order of the network. Layers of one shape are timed once: deep networks repeat a few.
    private static ImmutableArray<LayerRecord> Layers(Architecture architecture, ArchitectureCost cost, NetworkLayers layers,
        ImmutableArray<Mapping> mappings, AccuracyResult? accuracy, Location place)
    {
        var known = new Dictionary<object, LayerRecord>();
        var bag = new DiagnosticBag();
        LayerRecord Once(object shape, Func<LayerRecord> find)
        {
            if (!known.TryGetValue(shape, out LayerRecord? record)) known.Add(shape, record = find());
            return record;
        }
        LayerRecord Timed(Mapping mapping) => Once(mapping.Layer with { Name = "" }, () => Matrix(architecture, cost, mapping));
        var records = ImmutableArray.CreateBuilder<LayerRecord>(layers.Steps.Length);
        int matrix = 0;
        foreach (LayerStep step in layers.Steps)
        {
            try
            {
                LayerRecord record = step.Vector is { } vector ? Once(vector with { Name = "" }, () => Vector(architecture, cost, vector))
                    : Timed(mappings[matrix++]);
                records.Add(record with { Name = step.Name, Numerics = accuracy?.Layers.GetValueOrDefault(step.Name) });
            }
            catch (OverflowException)
            {
                bag.Error(place, "MAP002", $"layer '{step.Name}': its cycles or counts on this design are above 2^63 − 1");
            }
        }
        bag.ThrowIfErrors();
        return records.MoveToImmutable();
    }

    private static ImmutableSortedDictionary<string, string> Digests(DesignInputs design, ArchitectureCost cost, AccuracyResult? accuracy)
    {
        ImmutableSortedDictionary<string, string>.Builder digests = ImmutableSortedDictionary.CreateBuilder<string,
            string>(StringComparer.Ordinal);
        digests["network"] = design.Workload.NetworkDigest;
        digests["architecture"] = Digest(ArchitectureJson.WriteIdentity(design.Architecture.Architecture));
        digests["prices"] = Digest(string.Join('\n',
            cost.Actions.Select(a => FormattableString.Invariant($"{a.Component} {a.Action} {a.Price.Picojoules:R}"))
            .Concat(cost.Area.Select(a => FormattableString.Invariant($"{a.Component} {a.Role} {a.Primitive} {a.SquareMicrometres:R}")))));
        digests["recipe"] = Digest(design.Recipe.Canonical);
        if (accuracy is not null) digests["accuracy"] = accuracy.Key;
        return digests.ToImmutable();
    }

    private static LayerRecord Matrix(Architecture architecture, ArchitectureCost cost, Mapping mapping)
    {
        LayerTiming timing = Estimator.Estimate(architecture, mapping);
        GemmLayer layer = mapping.Layer;
        var ledger = new Ledger();
        ledger.Add(timing.Ledger);
        ledger.Add(ActionNames.Vector, ActionNames.VectorOp, OperationsPerOutput * layer.OutputElements);
        return new(layer.Name, layer.OpType, layer.Groups, layer.M, layer.N, layer.K, timing.ComputeCycles, timing.StallCycles,
            timing.Utilization,
            Energy(ledger, cost), null)
        {
            Stalls = timing.Stalls, Bound = LayerBound.Of(architecture, timing), Traffic = LayerTraffic.Of(architecture, timing),
            CompulsoryBytes = LayerTraffic.Compulsory(architecture, layer),
        };
    }

    private static LayerRecord Vector(Architecture architecture, ArchitectureCost cost, VectorLayer layer)
    {
        VectorTiming timing = Estimator.Estimate(architecture, layer);
        double busy = timing.TotalCycles == 0 ? 0 : (double)layer.Operations / (timing.TotalCycles * architecture.Vector.Lanes);
        ImmutableArray<MemoryTraffic> traffic = LayerTraffic.Of(architecture, timing);
        return new(layer.Name, layer.OpType, 0, 0, 0, 0, timing.ComputeCycles, timing.StallCycles, busy, Energy(timing.Ledger, cost), null)
        {
            Stalls = timing.Stalls, Bound = LayerBound.Of(timing), Traffic = traffic,
            CompulsoryBytes = traffic.Where(t => t.Memory == ActionNames.Dram).Sum(t => t.ReadBytes + t.WriteBytes),
        };
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
