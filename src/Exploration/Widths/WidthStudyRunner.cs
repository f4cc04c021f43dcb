using System.Collections.Immutable;
using Sim.ArchModel.Costs;
using Sim.Datapath;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Foundation;
using Sim.Simulator;
using Sim.Simulator.Execution;
using Sim.Verification.Observation;
using Sim.Verification.Records;
using Sim.Workloads.Graph;

namespace Sim.Exploration.Widths;

/// <summary>Makes <see cref="WidthStudy"/>: proofs and observations come from Verification, prices from the cost model, accuracy from
/// bit-exact runs.</summary>
public static class WidthStudyRunner
{
    private const int Widest = 32;

    /// <summary>Studies a network.</summary>
    /// <param name="proven">Minimal widths of its layers that have constant weights, for every partial sum with a preloaded bias.</param>
    /// <param name="observed">Sums of these layers on the same data.</param>
    /// <exception cref="NotSupportedException">As <see cref="WrappedRuns"/>.</exception>
    public static WidthStudy Run(string name, NetworkGraph graph, EvaluationData data, ImmutableArray<RegisterRecord> proven,
        ImmutableArray<ObservedLayer> observed, CostModel prices, int threads,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(prices);
        var runs = new WrappedRuns(graph, data, threads);
        AccuracyRecord exact = runs.At(64, cancellation: cancellation);
        Dictionary<string, MatrixLayer> executed = runs.Layers.ToDictionary(l => l.Name);
        Dictionary<string, ObservedLayer> seen = observed.ToDictionary(o => o.Name);
        var layers = ImmutableArray.CreateBuilder<LayerWidths>();
        foreach (RegisterRecord width in proven.Where(w => executed.ContainsKey(w.Name) && seen[w.Name].PartialRange is not null))
            layers.Add(Layer(width, seen[width.Name], executed[width.Name], runs, exact, prices, cancellation));
        return new(name, data.Samples, prices.Technology.Name, exact.Top1, layers.ToImmutable(),
            Network(runs, layers, seen, exact, cancellation), []);
    }

    /// <summary>A network that was made for a width, at the width proved for it.</summary>
    public static NetworkMadeForWidth Beside(string name, NetworkGraph graph, EvaluationData data, int proven, int threads,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        AccuracyRecord found = new WrappedRuns(graph, data, threads).At(proven, cancellation: cancellation);
        int cut = name.LastIndexOf('_');
        return new(cut > 0 && StrictNumber.TryWhole(name.AsSpan(cut + 1), out int _) ? name[..cut] : name, name, proven, found.Top1,
            found.AgreementWithFloat);
    }

    private static LayerWidths Layer(RegisterRecord width, ObservedLayer seen, MatrixLayer layer, WrappedRuns runs, AccuracyRecord exact,
        CostModel prices, CancellationToken cancellation)
    {
        QLinearOperands integer = layer.Integer!;
        int proven = Math.Max(2, width.Widest()), observed = Math.Max(2, seen.PartialRange!.Value.Width),
            final = Math.Max(2, seen.Range!.Value.Width);
        INumberFormat weights = WrappedRuns.Format(layer.WeightElement), inputs = WrappedRuns.Format(integer.InputElement);
        FinnUnit finn = FinnUnit.Of(layer.Rows, layer.Shape.K, weights.Bits, inputs.Bits, WrappedRuns.Format(integer.OutputElement).Bits,
            integer.InputElement.Range().Item1 < 0);
        var rows = ImmutableArray.CreateBuilder<LayerAtWidth>();
        int? failing = null;
        for (int bits = Math.Max(Widest, proven); bits >= 2; bits = bits > proven ? proven : bits - 1)
        {
            // Where no final sum of the data leaves the register, wrapping ends with the exact sums.
            AccuracyRecord found = bits >= final ? exact : runs.Only(layer.Name, bits, cancellation);
            var mac = new DatapathSpec("mac", weights, inputs, new IntegerAccumulator(bits, RegisterOverflow.Wrap));
            StructureCost logic = prices.Price(mac.MacLogic), registers = prices.Price(mac.MacRegisters);
            double picojoules = (logic.EnergyFemtojoules + registers.EnergyFemtojoules) / 1000;
            rows.Add(new(bits, seen.Persistent(bits), seen.Transient(bits), found.Top1, found.AgreementWithFloat,
                logic.AreaSquareMicrometres + registers.AreaSquareMicrometres, picojoules,
                picojoules * layer.Shape.Macs / 1000, finn.Luts(bits)));
            if (failing is null && rows[^1].Score < Score(exact) - WidthStudy.LossThatCounts) failing = bits;
            if (rows[^1].Score <= Score(exact) / 2) break;
        }
        return new(layer.Name, width.Operator, layer.Rows, layer.Shape.K, layer.Shape.Macs, proven, observed, final, failing,
            rows.ToImmutable());
    }

    private static ImmutableArray<NetworkAtWidth> Network(WrappedRuns runs, IReadOnlyCollection<LayerWidths> layers, Dictionary<string,
        ObservedLayer> seen, AccuracyRecord exact, CancellationToken cancellation)
    {
        var rows = ImmutableArray.CreateBuilder<NetworkAtWidth>();
        for (int bits = layers.Max(l => l.Proven); bits >= 2; bits--)
        {
            AccuracyRecord found = runs.At(bits, cancellation: cancellation);
            rows.Add(new(bits, found.Top1, found.AgreementWithFloat, seen.Values.Sum(s => s.Persistent(bits)),
                seen.Values.Sum(s => s.Transient(bits))));
            if (Score(found) <= Score(exact) / 2) break;
        }
        return rows.ToImmutable();
    }

    private static double Score(AccuracyRecord found) => found.Top1 ?? found.AgreementWithFloat;
}
