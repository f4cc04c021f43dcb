using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Sim.Datapath;
using Sim.Datapath.Formats;
using Sim.Datapath.Nonlinear;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Quantization;

namespace Sim.Simulator.Execution;

/// <summary>
/// What one evaluation will compute: a prepared network quantized for a datapath, with the reduction order of each layer. Plans with equal
/// <see cref="Key"/> give equal results, so a sweep evaluates each key once.
/// </summary>
public sealed class AccuracyPlan
{
    private AccuracyPlan(PreparedNetwork network, QuantizedNetwork quantized, string key)
    {
        Network = network;
        Quantized = quantized;
        Key = key;
    }

    /// <summary>The network and its data.</summary>
    public PreparedNetwork Network { get; }

    /// <summary>SHA-256 of everything that affects the result: network, data, calibration, recipe, formats, accumulator, canonical order of each layer, the vector unit's functions.</summary>
    public string Key { get; }

    internal QuantizedNetwork Quantized { get; }

    /// <summary>The network's warnings, and which layers lose the integers that the graph states.</summary>
    internal ImmutableArray<string> Warnings => [.. Network.Warnings, .. Network.Layers.Where(l => Quantized.Layers.ContainsKey(l.Name)).SelectMany(Requantized)];

    /// <summary>
    /// Quantizes for a datapath. Orders hold the order that the mapping of each layer implies; where the register cannot overflow or is exact, every order
    /// gives the same bits and the order leaves the key. Throws <see cref="InvalidInputException"/> when the datapath cannot execute the network; <paramref name="place"/> is
    /// where the message points (the architecture's file). Layers named in <paramref name="registers"/> sum in a register of their own instead of the datapath's.
    /// </summary>
    public static AccuracyPlan Create(PreparedNetwork network, DatapathSpec spec, Recipe recipe, Func<string, ReductionOrder> orders, Location place = default,
        VectorProgram? vector = null, ImmutableSortedDictionary<string, IntegerAccumulator>? registers = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(orders);
        var bag = new DiagnosticBag();
        DatapathFit.Check(network, spec, recipe, place, bag);
        bag.ThrowIfErrors();
        ElementEncoder encoder = network.Encoder(spec.Activation);
        RegisterReading shared = RegisterReading.Of(KernelSpec(network, spec), spec);
        var layers = ImmutableDictionary.CreateBuilder<string, QuantizedLayer>(StringComparer.Ordinal);
        var text = new StringBuilder($"{network.Graph.Digest}\n{network.Data.Digest}\n{network.CalibrationDigest}\n{(network.IsInteger ? "integer" : recipe.Canonical)}\n")
            .Append(FormattableString.Invariant($"{spec.Weight}\n{spec.Activation}\n{spec.Accumulator}\n{spec.Dot}\n"));
        if (spec.InexactMultiplier is { } multiplier) text.Append(FormattableString.Invariant($"{multiplier}\n"));
        if (vector is not null && !vector.Equals(VectorProgram.None)) text.Append(FormattableString.Invariant($"vector {vector.Text}\n"));
        foreach (MatrixLayer layer in network.Layers)
        {
            if (recipe.FloatLayerNames.Contains(layer.Name)) continue;
            DatapathSpec own = registers is not null && registers.TryGetValue(layer.Name, out IntegerAccumulator? register) ? spec with { Accumulator = register } : spec;
            if (own != spec)
            {
                DatapathFit.Check(network, own, recipe, place, bag);
                bag.ThrowIfErrors();
                text.Append(FormattableString.Invariant($"{layer.Name} sums in {own.Accumulator}\n"));
            }
            QuantizedLayer quantized = Quantize(network, layer, own, own == spec ? shared : RegisterReading.Of(KernelSpec(network, own), own), recipe, encoder, orders(layer.Name));
            layers.Add(layer.Name, quantized);
            text.Append(FormattableString.Invariant($"{layer.Name}:{quantized.Order.Chunk}\n"));
        }
        uint[] pad = new uint[1];
        encoder.Encode([0f], 1, 0, pad);
        var whole = new QuantizedNetwork(spec, encoder, pad[0], layers.ToImmutable(), vector ?? VectorProgram.None, network.Graph.Opset);
        return new(network, whole, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()))));
    }

    private IEnumerable<string> Requantized(MatrixLayer layer)
    {
        if (layer.StatedInput is { } input && StatedQuantization.Input(layer, Quantized.Spec) is null) yield return Message("input", input, Quantized.Spec.Activation);
        if (layer.StatedWeights is { } weights && StatedQuantization.WeightScales(layer, Quantized.Spec) is null) yield return Message("weights", weights, Quantized.Spec.Weight);

        string Message(string what, StatedQuantization stated, INumberFormat format) =>
            $"layer '{layer.Name}': the datapath's {format.Name} cannot take the {stated.Element.ToString().ToLowerInvariant()} {what} that the network states; the recipe quantizes them again";
    }

    // Exact sums of integers are those of a wide register.
    private static DatapathSpec KernelSpec(PreparedNetwork network, DatapathSpec spec) =>
        network.IsInteger && spec.InexactMultiplier is null && spec.Accumulator is ExactAccumulator ? Register(spec, 64) : spec;

    private static DatapathSpec Register(DatapathSpec spec, int bits) => spec with { Accumulator = new IntegerAccumulator(bits, RegisterOverflow.Wrap) };

    private static QuantizedLayer Quantize(PreparedNetwork network, MatrixLayer layer, DatapathSpec spec, RegisterReading register, Recipe recipe, ElementEncoder encoder,
        ReductionOrder order)
    {
        int k = layer.Shape.K;
        DatapathSpec kernelSpec = KernelSpec(network, spec);
        uint[] codes;
        int[] zeroPoints = [];
        QuantizationParameters activation;
        float[] scales = new float[layer.Rows];
        if (spec.Dot is { Segment: > 0 } unit && layer.Integer is null) return QuantizeBlocks(network, layer, spec, register, unit, recipe, order.Canonical(k));
        if (layer.Integer is { } integer)
        {
            ElementEncoder weightEncoder = network.Encoder(spec.Weight);
            codes = Array.ConvertAll(layer.IntegerWeightRows, weightEncoder.CodeOf);
            if (integer.WeightZeroPoints.Any(z => z != 0)) zeroPoints = integer.WeightZeroPoints;
            activation = new(integer.InputScale, integer.InputZeroPoint);
            for (int r = 0; r < scales.Length; r++) scales[r] = integer.InputScale * integer.WeightScales[r] / integer.OutputScale;
        }
        else
        {
            (double? inputPeak, double? weightPeak) = recipe.FitAccumulator
                ? Headroom.Peaks(encoder.Range, network.Encoder(spec.Weight).Range, spec.Accumulator, k) : (null, null);
            QuantizedWeights weights = StatedQuantization.WeightScales(layer, spec) is { } stated ? network.Weights(layer, spec.Weight, stated)
                : network.Weights(layer, spec.Weight, recipe, weightPeak);
            codes = [.. weights.Codes];
            activation = StatedQuantization.Input(layer, spec) ?? network.Activation(layer, spec.Activation, recipe, inputPeak);
            for (int r = 0; r < scales.Length; r++) scales[r] = activation.Scale * weights.Scales[r] * layer.Alpha;
        }
        ReductionOrder canonical = OrderFreedom.IsFree(spec, layer, codes, zeroPoints, activation.ZeroPoint) ? ReductionOrder.Sequential : order.Canonical(k);
        // An exact sum of integers is that of any register it fits; 32-bit registers have the fastest kernels.
        if (kernelSpec != spec && OrderFreedom.IsFree(Register(spec, 32), layer, codes, zeroPoints, activation.ZeroPoint)) kernelSpec = Register(spec, 32);
        int n = layer.Shape.N;
        var groups = new LayerKernel[layer.Shape.Groups];
        for (int g = 0; g < groups.Length; g++)
            groups[g] = new LayerKernel(kernelSpec, canonical, n, k, codes.AsSpan(g * n * k, n * k), zeroPoints.Length == 0 ? [] : zeroPoints.AsSpan(g * n, n));
        return new(layer, groups, activation, scales, canonical, register, layer.Integer is null ? InputEncoder(network, layer, spec, recipe) : null);
    }

    // Integers that the graph states come back only by rounding to nearest.
    private static TensorEncoder InputEncoder(PreparedNetwork network, MatrixLayer layer, DatapathSpec spec, Recipe recipe) => new(network.Encoder(spec.Activation),
        StatedQuantization.Input(layer, spec) is null ? recipe.ActivationRounding : TensorRounding.NearestEven, recipe.Seed, TensorEncoder.NameOfActivations(layer.Name));

    private static QuantizedLayer QuantizeBlocks(PreparedNetwork network, MatrixLayer layer, DatapathSpec spec, RegisterReading register, DotUnitSpec unit, Recipe recipe, ReductionOrder order)
    {
        if (order.Chunk % unit.Segment != 0)
            throw new InvalidInputException(default, "NET028", $"layer '{layer.Name}' is summed in chunks of {order.Chunk} products, which are no whole blocks of {unit.Segment}");
        (uint[] codes, float[] scales) = BlockOperands.Weights(spec, layer, TensorEncoder.Of(recipe.WeightRounding, recipe.Seed, TensorEncoder.NameOfWeights(layer.Name)), () => network.Weights(layer, spec.Weight, recipe, null));
        float amax = spec.ActivationBlocks is { TwoLevel: true } ? network.ActivationAmax(layer) : 0;
        QuantizationParameters activation = spec.ActivationBlocks is { } blocks ? new(blocks.TensorScale(amax), 0) : network.Activation(layer, spec.Activation, recipe, null);
        for (int r = 0; r < scales.Length; r++) scales[r] = activation.Scale * scales[r] * layer.Alpha;
        int n = layer.Shape.N, width = unit.RowCodes(layer.Shape.K);
        var groups = new LayerKernel[layer.Shape.Groups];
        for (int g = 0; g < groups.Length; g++)
            groups[g] = new LayerKernel(spec, BlockOperands.InCodes(unit, order), n, width, codes.AsSpan(g * n * width, n * width), []);
        string input = TensorEncoder.NameOfActivations(layer.Name);
        ElementRounding[] roundings = [.. groups.Select((_, g) => TensorEncoder.Of(recipe.ActivationRounding, recipe.Seed, g == 0 ? input : FormattableString.Invariant($"{input} group {g}")))];
        return new(layer, groups, activation, scales, order, register, InputEncoder(network, layer, spec, recipe), new BlockOperands(spec, amax, roundings));
    }
}
