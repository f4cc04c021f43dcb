using System.Globalization;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Simulator.Execution;

/// <summary>Says what keeps a datapath from executing a network, before anything runs.</summary>
internal static class DatapathFit
{
    internal static void Check(PreparedNetwork network, DatapathSpec spec, Recipe recipe, Location place, DiagnosticBag bag)
    {
        if (network.Layers.IsEmpty)
            bag.Error(place, "NET020", "the network has no layer that a datapath executes (Conv, Gemm, MatMul, QLinearConv or QLinearMatMul with constant weights)");
        if (LayerKernel.Refusal(spec) is { } refusal) bag.Error(place, "NET021", $"datapath '{spec.Name}': {refusal}");
        foreach (string name in recipe.FloatLayerNames.Where(n => network.Layers.All(l => l.Name != n)))
            bag.Error(place, "NET022", $"recipe '{recipe.Name}' keeps layer '{name}' in float32, but the network has no such layer{NearestName.Hint(name, network.Layers.Select(l => l.Name))}");
        // A multiplier that is not exact takes codes, and a code less a zero point is none.
        bool zeroPoints = network.IsInteger ? network.Layers.Any(l => l.Integer is { } i && (i.InputZeroPoint != 0 || i.WeightZeroPoints.Any(z => z != 0))) : recipe.ActivationSymmetry == Symmetry.Asymmetric;
        if (spec.InexactMultiplier is { } multiplier && zeroPoints)
            bag.Error(place, "NET026", $"datapath '{spec.Name}': its multiplier of kind {multiplier.Kind} takes codes without zero points, but the {(network.IsInteger ? "network has some" : $"recipe '{recipe.Name}' makes some")}");
        if (!network.IsInteger && recipe.Groups is not null && (spec.WeightBlocks is not null || !network.Encoder(spec.Weight).Range.IsWide))
            bag.Error(place, "NET029", $"recipe '{recipe.Name}' stores weights in groups and reads them back as numbers without a scale, which needs a wide weight format (fp16, bf16, fp32); datapath '{spec.Name}' has {spec.WeightBlocks?.Name ?? spec.Weight.Name}");
        if (network.IsInteger && spec.Dot is { Segment: > 0 }) bag.Error(place, "NET027", "the network is quantized to integers already: operands in blocks need a float network");
        if (!network.IsInteger)
        {
            if (recipe.ActivationSymmetry == Symmetry.Asymmetric && !network.Encoder(spec.Activation).Range.IsInteger)
                bag.Error(place, "NET023", $"recipe '{recipe.Name}' asks for asymmetric activations, which need an integer activation format; the datapath's is {spec.Activation.Name}");
            return;
        }
        // One message a kind of tensor: networks repeat the same types in every layer.
        foreach (IGrouping<ElementType, MatrixLayer> same in network.Layers.Where(l => l.Integer is not null).GroupBy(l => l.Integer!.InputElement))
            CheckOperand(same, "activations", spec.Activation, place, bag);
        foreach (IGrouping<ElementType, MatrixLayer> same in network.Layers.Where(l => l.Integer is not null).GroupBy(l => l.WeightElement))
            CheckOperand(same, "weights", spec.Weight, place, bag);
        bool exact = spec.Accumulator is ExactAccumulator { Output: FixedFormat { Fraction: 0 } } && spec.Weight.Bits + spec.Activation.Bits <= 32;
        if (spec.Accumulator is not IntegerAccumulator && !exact)
            bag.Error(place, "NET024", "the network is quantized to integers: its sums need an integer accumulator, or an exact one of operands up to 16 bits with an integer output format");
    }

    private static void CheckOperand(IGrouping<ElementType, MatrixLayer> layers, string what, INumberFormat format, Location place, DiagnosticBag bag)
    {
        (long lowest, long highest) = layers.Key.Range();
        if (format is FixedFormat { Fraction: 0 } integer && integer.MinimumInteger <= lowest && integer.MaximumInteger >= highest) return;
        string name = layers.Key.ToString().ToLower(CultureInfo.InvariantCulture);
        bag.Error(place, "NET025", $"layer '{layers.First().Name}'{(layers.Skip(1).Any() ? $" (and {layers.Count() - 1} more)" : "")} has {name} {what}, which the datapath's format {format.Name} cannot hold; use {name} or a wider integer format");
    }
}
