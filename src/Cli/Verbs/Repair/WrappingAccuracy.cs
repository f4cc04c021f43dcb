using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Simulator.Execution;
using Sim.Verification;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;
using Sim.Workloads.Quantization;

namespace Sim.Cli.Verbs.Repair;

/// <summary>The network over data, bit for bit, in integer multipliers that hold its operands and a wrapping accumulator of a
/// width.</summary>
internal static class WrappingAccuracy
{
    internal static AccuracyResult Of(NetworkGraph graph, IntegerNetwork layers, EvaluationData data, int bits, Terminal terminal)
    {
        Recipe recipe = Recipe.Default;
        PreparedNetwork network = PreparedNetwork.Create(graph, data, null, recipe, Environment.ProcessorCount);
        var spec = new DatapathSpec("repair", Format([.. layers.Layers.Select(l => l.WeightRange)]),
            Format([.. layers.Inputs.Select(i => i.Type)]), new IntegerAccumulator(bits, RegisterOverflow.Wrap));
        return AccuracyEvaluator.Evaluate(AccuracyPlan.Create(network, spec, recipe, _ => ReductionOrder.Sequential),
            Environment.ProcessorCount, terminal.Cancellation);
    }

    // The narrowest integers that hold all of the ranges.
    private static INumberFormat Format(Interval[] ranges)
    {
        Interval hull = ranges.Aggregate((a, b) => a.Hull(b));
        return FormatCatalogue.Parse(FormattableString.Invariant($"{(hull.Low < 0 ? "int" : "uint")}{(hull.Low < 0 ? hull.Width : hull.Width - 1)}"));
    }
}
