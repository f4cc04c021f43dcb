using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Sim.Foundation.Diagnostics;
using Sim.Simulator.Accelerators;
using Sim.Simulator.Execution;
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
    /// <summary>The record.</summary>
    /// <param name="design">What was evaluated.</param>
    /// <param name="cost">Prices of its architecture.</param>
    /// <param name="layers">The network.</param>
    /// <param name="mapped">How each matrix layer runs.</param>
    /// <param name="accuracy">The values of the network under this design, or null without data.</param>
    /// <param name="toolVersion">For the record.</param>
    public static RunRecord Build(DesignInputs design, AcceleratorCost cost, NetworkLayers layers, MappedNetwork mapped,
        AccuracyResult? accuracy,
        string toolVersion)
    {
        ImmutableArray<LayerRecord> records = Layers(layers, mapped, accuracy, design.Accelerator.PlaceOf(""));
        long cycles = records.Sum(r => r.ComputeCycles + r.StallCycles);
        double seconds = cycles / design.Accelerator.ClockHertz;
        double energy = records.Sum(r => r.Energy.Sum(e => e.Count * e.PerActionPicojoules)),
            leakage = cost.LeakageMilliwatts * seconds * 1e9;
        ImmutableSortedDictionary<string, string> digests = Digests(design, cost, accuracy);
        return new RunRecord(RunRecord.CurrentSchema, toolVersion, Digest(string.Join('\n', digests.Select(d => $"{d.Key} {d.Value}"))),
            digests, design.Parameters,
            design.Accelerator.Json, RecipeFile.Write(design.Recipe), design.Workload.Name, records, cycles, seconds,
            energy, leakage, cost.AreaSquareMicrometres,
            [.. cost.Area.Select(a => new CostItem(a.Component, a.Primitive.Length == 0 ? a.Role : $"{a.Role} ({a.Count} × {a.Primitive})",
                a.SquareMicrometres, "um2", a.Source))],
            accuracy?.Totals, [.. cost.Warnings, .. mapped.Warnings, .. accuracy?.Warnings ?? []])
        {
            Clock = new ClockRecord(cost.Clock.PeriodNanoseconds, cost.Clock.Critical.Nanoseconds, cost.Clock.Critical.What,
                cost.Clock.PipelineStages),
            Work = WorkRecord.Of(layers.Samples, layers.Tokens, seconds, energy + leakage),
        };
    }

    // In the order of the network. Layers of one shape are timed once: deep networks repeat a few.
    private static ImmutableArray<LayerRecord> Layers(NetworkLayers layers, MappedNetwork mapped, AccuracyResult? accuracy, Location place)
    {
        var known = new Dictionary<object, LayerRecord>();
        var bag = new DiagnosticBag();
        LayerRecord Once(object shape, Func<LayerRecord> find)
        {
            if (!known.TryGetValue(shape, out LayerRecord? record)) known.Add(shape, record = find());
            return record;
        }
        var records = ImmutableArray.CreateBuilder<LayerRecord>(layers.Steps.Length);
        int matrix = 0;
        foreach (LayerStep step in layers.Steps)
        {
            int index = matrix;
            if (step.Matrix is not null) matrix++;
            try
            {
                LayerRecord record = step.Vector is { } vector ? Once(vector with { Name = "" }, () => mapped.Vector(vector))
                    : Once(step.Matrix! with { Name = "" }, () => mapped.Matrix(index));
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

    private static ImmutableSortedDictionary<string, string> Digests(DesignInputs design, AcceleratorCost cost, AccuracyResult? accuracy)
    {
        ImmutableSortedDictionary<string, string>.Builder digests = ImmutableSortedDictionary.CreateBuilder<string,
            string>(StringComparer.Ordinal);
        digests["network"] = design.Workload.NetworkDigest;
        digests["architecture"] = Digest(design.Accelerator.Identity);
        digests["prices"] = Digest(cost.Prices);
        digests["recipe"] = Digest(design.Recipe.Canonical);
        if (accuracy is not null) digests["accuracy"] = accuracy.Key;
        return digests.ToImmutable();
    }

    private static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
