using Sim.Datapath;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;
using Sim.Workloads.Quantization;

namespace Sim.Simulator.Execution;

/// <summary>Says what keeps a datapath from executing a network, before anything runs.</summary>
internal static class DatapathFit
{
    internal static void Check(PreparedNetwork network, DatapathSpec spec, Recipe recipe, Location place, DiagnosticBag bag)
    {
        MatrixLayer[] floats = [.. network.Layers.Where(l => !l.TakesIntegers && !recipe.FloatLayerNames.Contains(l.Name))];
        if (network.Layers.IsEmpty)
            bag.Error(place, "NET020", $"the network has no layer that a datapath executes: Conv, Gemm, MatMul and their integer kinds "
                + $"with constant weights{string.Concat(network.Warnings.Select(w => $"; {w}"))}");
        if (LayerKernel.Refusal(spec) is { } refusal) bag.Error(place, "NET021", $"datapath '{spec.Name}': {refusal}");
        foreach (string name in recipe.FloatLayerNames.Where(n => network.Layers.All(l => l.Name != n)))
            bag.Error(place, "NET022", $"recipe '{recipe.Name}' keeps layer '{name}' in float32, but the network has no such "
                + $"layer{NearestName.Hint(name, network.Layers.Select(l => l.Name))}");
        // A multiplier that is not exact takes codes, and a code less a zero point is none.
        if (spec.InexactMultiplier is { } multiplier && floats.Length > 0 && recipe.ActivationSymmetry == Symmetry.Asymmetric)
            bag.Error(place, "NET026", $"datapath '{spec.Name}': its multiplier of kind {multiplier.Kind} takes codes without zero "
                + $"points, but the recipe '{recipe.Name}' makes some");
        if (floats.Length > 0 && recipe.Groups is not null && (spec.WeightBlocks is not null || !network.Encoder(spec.Weight).Range.IsWide))
            bag.Error(place, "NET029", $"recipe '{recipe.Name}' stores weights in groups and reads them back as numbers without a "
                + $"scale, which needs a wide weight format (fp16, bf16, fp32); datapath '{spec.Name}' has "
                + $"{spec.WeightBlocks?.Name ?? spec.Weight.Name}");
        if (floats.Length > 0 && recipe.ActivationSymmetry == Symmetry.Asymmetric && !network.Encoder(spec.Activation).Range.IsInteger)
            bag.Error(place, "NET023", $"recipe '{recipe.Name}' asks for asymmetric activations, which need an integer activation "
                + $"format; that of datapath '{spec.Name}' is {spec.Activation.Name}");
        if (floats.Length > 0) Blocks(floats, spec, recipe, place, bag);
        foreach (MatrixLayer layer in floats) Numbers(network, layer, spec, recipe, place, bag);
        Integers([.. network.Layers.Where(l => l.Integer is not null && !recipe.FloatLayerNames.Contains(l.Name))], network, spec, place,
            bag);
    }

    /// <summary>Why a datapath cannot execute a layer of integers, by code of the message; empty when it can.</summary>
    internal static IEnumerable<(string Code, string Reason)> Refusals(PreparedNetwork network, MatrixLayer layer, DatapathSpec spec)
    {
        if (spec.Dot is { Segment: > 0 })
        {
            yield return ("NET027", "the network is quantized to integers already: operands in blocks need a float network");
            yield break;
        }
        string code = spec.InexactMultiplier is null ? "NET025" : "NET026";
        if (IntegerCoding(layer, spec) is { Coding: null, Reason: { } input }) yield return (code, $"{input} (its input)");
        if (network.StatedWeights(layer, spec) is { Codes: null, Reason: { } weights }) yield return (code, $"{weights} (its weights)");
        bool exact = spec.Accumulator is ExactAccumulator { Output: FixedFormat { Fraction: 0 } } && spec.Weight.Bits
            + spec.Activation.Bits <= 32;
        if (spec.Accumulator is not IntegerAccumulator && !exact)
            yield return ("NET024", "the network is quantized to integers: its sums need an integer accumulator, or an exact one of "
                + "operands up to 16 bits with an integer output format");
    }

    /// <summary>How the integers of a layer's input become codes.</summary>
    internal static (OperandCoding? Coding, string? Reason) IntegerCoding(MatrixLayer layer, DatapathSpec spec)
    {
        ElementType element = layer.Integer?.InputElement ?? layer.Sums!.InputElement;
        (long low, long high) = element.Range();
        int? zero = layer.Integer is { } q ? q.InputZeroPoint : layer.Sums!.InputZeroPoint;
        var whole = new StatedOperand(low, high, [1], [zero ?? 0]) { Kind = $"{element.ToString().ToLowerInvariant()} numbers" };
        return zero is null ? StatedFit.AnyZero(spec, whole)
            : StatedFit.Input(spec, layer.Stated?.Input is { } stated ? stated with { Zeros = [zero.Value] } : whole);
    }

    private static void Integers(MatrixLayer[] layers, PreparedNetwork network, DatapathSpec spec, Location place, DiagnosticBag bag)
    {
        // One message a kind of fault: networks repeat the same types in every layer.
        foreach (IGrouping<(string Code, string Reason),
            MatrixLayer> same in layers.SelectMany(l => Refusals(network, l, spec).Select(r => (Layer: l, Refusal: r)))
            .GroupBy(r => r.Refusal, r => r.Layer))
            bag.Error(place, same.Key.Code, same.Key.Code is "NET024" or "NET027" ? $"datapath '{spec.Name}': {same.Key.Reason}"
                : $"datapath '{spec.Name}', layer '{same.First().Name}'{(same.Skip(1).Any() ? $" (and {same.Count() - 1} more)" : "")}: "
                + $"{same.Key.Reason}; use a wider integer format or one of the other sign");
    }

    // Blocks have scales of their own: by the rule of their format, or those of least error.
    private static void Blocks(MatrixLayer[] layers, DatapathSpec spec, Recipe recipe, Location place, DiagnosticBag bag)
    {
        void Refuse(string text) => bag.Error(place, "NET033", $"recipe '{recipe.Name}' {text}");
        if (spec.WeightBlocks is { } weights)
        {
            if (recipe.Weights.Method is not (CalibrationMethod.AbsMax or CalibrationMethod.MeanSquaredError)
                || recipe.WeightGranularity != Granularity.PerChannel)
                Refuse($"asks for another scale of weights than per_channel by absmax or mse, but blocks of {weights.Name} have scales "
                    + "of their own; use absmax (the rule of the format) or mse (the least error of each block)");
            else Search(recipe.Weights, weights);
        }
        if (spec.ActivationBlocks is { } activations)
        {
            if (recipe.Activations.Method is not (CalibrationMethod.AbsMax or CalibrationMethod.MeanSquaredError))
                Refuse($"asks for another calibration of activations than absmax or mse, but blocks of {activations.Name} have scales "
                    + "of their own; use absmax (the rule of the format) or mse (the least error of each block)");
            else Search(recipe.Activations, activations);
        }
        if (spec.Dot is not { Segment: > 0 } unit) return;
        if (recipe.ActivationSymmetry == Symmetry.Asymmetric)
            Refuse($"asks for asymmetric activations, but the dot unit of datapath '{spec.Name}' takes operands in blocks, without zero "
                + "points");
        if (recipe.BlocksAlong == BlockAxis.Channels && !HasZero(spec.Weight) && !HasZero(spec.Activation)
            && layers.FirstOrDefault(l => ChannelBlocks.Of(spec, l.Shape) is { LeavesLanes: true }) is { } partial)
            Refuse($"has blocks along channels, those of layer '{partial.Name}' are shorter than {unit.Segment}, and neither "
                + $"{spec.Weight.Name} nor {spec.Activation.Name} has a 0 to fill them with; use blocks_along: im2col");

        void Search(CalibrationRule rule, BlockFormat blocks)
        {
            if (rule.Method == CalibrationMethod.MeanSquaredError && BlockQuantizer.RefusesSearch(blocks) is { } problem)
                Refuse($"asks for scales of least error, which are not searched for {blocks.Name}: {problem}; use absmax");
        }
    }

    private static bool HasZero(INumberFormat format) =>
        format.Decode(format.Encode(Exact.Zero(false), Rounding.NearestEven, out _)).Class == NumberClass.Zero;

    // A scale is found from numbers that are finite.
    private static void Numbers(PreparedNetwork network, MatrixLayer layer, DatapathSpec spec, Recipe recipe, Location place,
        DiagnosticBag bag)
    {
        bool Scaled(INumberFormat format, BlockFormat? blocks, CalibrationRule rule) => blocks is null
            ? rule.Method != CalibrationMethod.None && (recipe.ScaleWideFormats || !network.Encoder(format).Range.IsWide) : blocks.TwoLevel;
        if (Scaled(spec.Weight, spec.WeightBlocks, recipe.Weights) && recipe.Groups is null
            && network.StatedWeights(layer, spec).Codes is null && !Array.TrueForAll(layer.WeightRows, float.IsFinite))
            bag.Error(place, "NET030", $"layer '{layer.Name}': its weights hold NaN or Inf, so that they have no scale for "
                + $"{spec.WeightBlocks?.Name ?? spec.Weight.Name}");
        if (Scaled(spec.Activation, spec.ActivationBlocks, recipe.Activations)
            && !Array.TrueForAll(network.Calibration(layer), float.IsFinite))
            bag.Error(place, "NET030", $"layer '{layer.Name}': its input holds NaN or Inf on the calibration samples, so that it has no "
                + $"scale for {spec.ActivationBlocks?.Name ?? spec.Activation.Name}");
    }
}
