using System.Collections.Immutable;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Workloads.Quantization;

namespace Sim.Simulator.Execution;

/// <summary>
/// The operands of one layer as codes of a datapath: those that the graph states where the datapath's formats hold them, else what the
/// recipe makes of them, with a warning where the graph states some. Operands in blocks along K are <see cref="BlockOperands"/>'s matter;
/// only their warnings are here.
/// </summary>
/// <param name="Scales">What a sum is multiplied with, a row.</param>
/// <param name="Encoder">Float layers: numbers of the input to codes; null for integer layers.</param>
/// <param name="Shift">Integer layers: code − integer of the input.</param>
/// <param name="LargestInput">Largest magnitude of an input code less its zero point, for integer formats.</param>
internal sealed record LayerOperands(uint[] WeightCodes, int[] WeightZeros, QuantizationParameters Activation, float[] Scales,
    TensorEncoder? Encoder, int Shift, Int128 LargestInput,
    ImmutableArray<string> Warnings)
{
    internal static LayerOperands Of(PreparedNetwork network, MatrixLayer layer, DatapathSpec spec, Recipe recipe) =>
        layer.TakesIntegers ? OfIntegers(network, layer, spec) : OfFloats(network, layer, spec, recipe);

    private static LayerOperands OfIntegers(PreparedNetwork network, MatrixLayer layer, DatapathSpec spec)
    {
        OperandCoding input = DatapathFit.IntegerCoding(layer, spec).Coding!.Value;
        StatedCodes weights = network.StatedWeights(layer, spec).Codes!;
        var scales = new float[layer.Rows];
        for (int r = 0; r < scales.Length; r++)
            scales[r] = layer.Integer is { } q ? Requantization.Multiplier(q.InputScale, q.WeightScales[r], q.OutputScale) : 1;
        bool atRunTime = layer.Sums is { InputZeroPoint: null };
        return new(weights.Codes, weights.Zeros, new(layer.Integer?.InputScale ?? 1, input.Zero), scales, null, input.Shift,
            Largest(spec, atRunTime ? null : input.Zero), []);
    }

    private static LayerOperands OfFloats(PreparedNetwork network, MatrixLayer layer, DatapathSpec spec, Recipe recipe)
    {
        var warnings = ImmutableArray.CreateBuilder<string>();
        (OperandCoding? input, string? inputReason) = layer.Stated?.Input is { } stated ? StatedFit.Input(spec, stated)
            : (null, layer.Stated?.InputReason);
        (StatedCodes? weights, string? weightReason) = recipe.Groups is null ? network.StatedWeights(layer, spec) : (null, null);
        if ((input is not null || weights is not null)
            && StatedFit.SumRefusal(spec, layer.Shape.K, input is null ? null : StatedFit.Peak(layer.Stated!.Input!), weights is null
            ? null : Peak(spec, weights)) is { } sums)
        {
            if (input is not null) (input, inputReason) = (null, sums);
            if (weights is not null) (weights, weightReason) = (null, sums);
        }
        Warn("input", inputReason);
        Warn("weights", weightReason);
        if (spec.Dot is { Segment: > 0 }) return new([], [], default, [], null, 0, 0, warnings.ToImmutable());
        ElementEncoder encoder = network.Encoder(spec.Activation);
        (double? inputPeak, double? weightPeak) = recipe.FitAccumulator
            ? Headroom.Peaks(encoder.Range, network.Encoder(spec.Weight).Range, spec.Accumulator, layer.Shape.K,
            spec.InexactMultiplier?.LargestProduct(spec.Activation, spec.Weight) ?? double.PositiveInfinity) : (null, null);
        if (weights is null)
        {
            QuantizedWeights made = network.Weights(layer, spec.Weight, recipe, weightPeak);
            weights = new([.. made.Codes], [], [.. made.Scales]);
            Signs(spec.Weight, "weights", layer.WeightRows, network.Encoder(spec.Weight));
        }
        if (input is null && recipe.ActivationSymmetry == Symmetry.Symmetric) Signs(spec.Activation, "calibration values of its input",
            network.Calibration(layer), encoder);
        QuantizationParameters activation = input is { } coding ? new(layer.Stated!.Input!.Scales[0], coding.Zero)
            : network.Activation(layer, spec.Activation, recipe, inputPeak);
        var scales = new float[layer.Rows];
        for (int r = 0; r < scales.Length; r++) scales[r] = activation.Scale * weights.Scales[r] * layer.Alpha;
        // Integers that the graph states come back only by rounding to nearest.
        var tensor = new TensorEncoder(encoder, input is null ? recipe.ActivationRounding : TensorRounding.NearestEven, recipe.Seed,
            TensorEncoder.NameOfActivations(layer.Name));
        return new(weights.Codes, weights.Zeros, activation, scales, tensor, 0, Largest(spec, activation.ZeroPoint),
            warnings.ToImmutable());

        // A format without negative numbers makes 0, or its least number, of each.
        void Signs(INumberFormat format, string what, float[] values, ElementEncoder encoder)
        {
            int negative = encoder.Range.Lowest < 0 ? 0 : values.Count(v => v < 0);
            if (negative > 0)
                warnings.Add(FormattableString.Invariant($"NET034: layer '{layer.Name}' ({layer.Node.OpType}): {negative} of {values.Length} {what} are negative, and {format.Name} holds no negative numbers"));
        }

        void Warn(string what, string? reason)
        {
            if (reason is not null)
                warnings.Add($"NET032: layer '{layer.Name}' ({layer.Node.OpType}): the recipe quantizes the {what} again that the network states: {reason}");
        }
    }

    private static double Peak(DatapathSpec spec, StatedCodes weights) =>
        weights.Codes.Distinct().Max(c => Math.Abs(spec.Weight.Decode(c).ToDouble()));

    private static Int128 Largest(DatapathSpec spec, int? zero)
    {
        if (spec.Activation is not FixedFormat format) return 0;
        if (zero is not { } z) return (Int128)format.MaximumInteger - format.MinimumInteger;
        return Int128.Max(Int128.Abs((Int128)format.MinimumInteger - z), Int128.Abs((Int128)format.MaximumInteger - z));
    }
}
