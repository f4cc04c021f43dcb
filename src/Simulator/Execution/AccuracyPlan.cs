using System.Collections.Immutable;
using Sim.Datapath;
using Sim.Datapath.Formats;
using Sim.Datapath.Nonlinear;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Simulator.Execution;

/// <summary>
/// What one evaluation will compute: a prepared network quantized for a datapath, with the reduction order of each layer. Plans with equal
/// <see cref="Key"/> give equal results, so a sweep evaluates each key once.
/// </summary>
public sealed class AccuracyPlan
{
    private AccuracyPlan(PreparedNetwork network, QuantizedNetwork quantized, AccuracyKey key)
    {
        Network = network;
        Quantized = quantized;
        TypedKey = key;
    }

    /// <summary>The network and its data.</summary>
    public PreparedNetwork Network { get; }

    /// <summary>SHA-256 of everything that affects the result: network, data, calibration, recipe, formats, accumulator, canonical order of
    /// each layer, the vector unit's functions.</summary>
    public string Key => TypedKey.Digest;

    /// <summary>What <see cref="Key"/> is the digest of.</summary>
    public AccuracyKey TypedKey { get; }

    /// <summary>Layers for which no fast kernel is exact, in the order of the network.</summary>
    public ImmutableArray<string> ReferenceLayers =>
        [.. Network.Layers.Where(l => Quantized.Layers.TryGetValue(l.Name, out QuantizedLayer? layer)
        && layer.Groups.Any(g => g.IsReference)).Select(l => l.Name)];

    internal QuantizedNetwork Quantized { get; }

    /// <summary>The network's warnings, and which layers lose the integers that the graph states.</summary>
    internal ImmutableArray<string> Warnings { get; private init; } = [];

    /// <summary>
    /// Quantizes for a datapath. Orders hold the order that the mapping of each layer implies; where the register cannot overflow or is
    /// exact, every order gives the same bits and the order leaves the key. Throws <see cref="InvalidInputException"/> when the datapath
    /// cannot execute the network; <paramref name="place"/> is where the message points (the architecture's file). Layers named in
    /// <paramref name="registers"/> sum in a register of their own instead of the datapath's.
    /// </summary>
    public static AccuracyPlan Create(PreparedNetwork network, DatapathSpec spec, Recipe recipe, Func<string, ReductionOrder> orders,
        Location place = default,
        VectorProgram? vector = null, ImmutableSortedDictionary<string, IntegerAccumulator>? registers = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(orders);
        var bag = new DiagnosticBag();
        DatapathFit.Check(network, spec, recipe, place, bag);
        bag.ThrowIfErrors();
        CheckBlocks(network, spec, recipe, orders, place, bag);
        bag.ThrowIfErrors();
        ElementEncoder encoder = network.Encoder(spec.Activation);
        var warnings = ImmutableArray.CreateBuilder<string>();
        warnings.AddRange(network.Warnings);
        var layers = ImmutableDictionary.CreateBuilder<string, QuantizedLayer>(StringComparer.Ordinal);
        var keys = ImmutableArray.CreateBuilder<LayerKey>();
        foreach (MatrixLayer layer in network.Layers)
        {
            if (recipe.FloatLayerNames.Contains(layer.Name)) continue;
            DatapathSpec own = registers is not null && registers.TryGetValue(layer.Name, out IntegerAccumulator? register)
                ? spec with { Accumulator = register } : spec;
            if (own != spec)
            {
                DatapathFit.Check(network, own, recipe, place, bag);
                bag.ThrowIfErrors();
            }
            // Sums that ONNX leaves in int32 need no datapath; requantized ones were refused above.
            if (layer.Sums is not null && DatapathFit.Refusals(network, layer, own).FirstOrDefault() is { Reason: { } beside })
            {
                warnings.Add(PreparedNetwork.Bypass(layer.Node, beside));
                continue;
            }
            LayerOperands operands = LayerOperands.Of(network, layer, own, recipe);
            warnings.AddRange(operands.Warnings);
            QuantizedLayer quantized = Quantize(network, layer, own, RegisterReading.Of(KernelSpec(layer, own), own), recipe, operands,
                orders(layer.Name));
            layers.Add(layer.Name, quantized);
            keys.Add(new LayerKey(layer.Name, quantized.Order.Key, own == spec ? null : own.Accumulator));
        }
        if (PartBlocks(layers.Values, spec) is { } partial) warnings.Add(partial);
        if (CoarseWeights(network, layers, spec, recipe) is { } coarse) warnings.Add(coarse);
        uint[] pad = new uint[1];
        encoder.Encode([0f], 1, 0, pad);
        if (layers.Count == 0 && recipe.FloatLayerNames.IsEmpty)
            throw new InvalidInputException(place, "NET020",
                $"no layer of the network is one that the datapath executes: {string.Join("; ", warnings)}");
        var whole = new QuantizedNetwork(spec, encoder, pad[0], layers.ToImmutable(), vector ?? VectorProgram.None, network.Graph.Opset);
        var key = new AccuracyKey(network.Graph.Digest, network.Data.Digest, network.CalibrationDigest, network.IsInteger ? null
            : recipe.Canonical, spec, whole.Vector, keys.ToImmutable());
        return new(network, whole, key) { Warnings = warnings.ToImmutable() };
    }

    // Blocks that share a scale are multiplied whole, one after the other.
    private static void CheckBlocks(PreparedNetwork network, DatapathSpec spec, Recipe recipe, Func<string, ReductionOrder> orders,
        Location place, DiagnosticBag bag)
    {
        if (spec.Dot is not { Segment: > 0 } unit) return;
        foreach (MatrixLayer layer in network.Layers)
        {
            if (recipe.FloatLayerNames.Contains(layer.Name) || layer.TakesIntegers) continue;
            ReductionOrder order = orders(layer.Name).Canonical(Channels(spec, layer, recipe)?.MostProducts ?? layer.Shape.K);
            if (order.Nested is not null)
                bag.Error(place, "NET028", $"the mapping of layer '{layer.Name}' adds parts of blocks apart from each other: datapath "
                    + $"'{spec.Name}' multiplies blocks of {unit.Segment} whole. Run without data, or choose another mapping");
            else if (order.Chunk % unit.Segment != 0)
                bag.Error(place, "NET028", $"layer '{layer.Name}' is summed in chunks of {order.Chunk} products, which are no whole blocks "
                    + $"of {unit.Segment}: datapath '{spec.Name}' takes its operands in such blocks");
        }
    }

    private static ChannelBlocks? Channels(DatapathSpec spec, MatrixLayer layer, Recipe recipe) =>
        recipe.BlocksAlong == BlockAxis.Channels ? ChannelBlocks.Of(spec, layer.Shape) : null;

    // Exact sums of integers are those of a wide register.
    private static DatapathSpec KernelSpec(MatrixLayer layer, DatapathSpec spec) =>
        layer.TakesIntegers && spec.InexactMultiplier is null && spec.Accumulator is ExactAccumulator ? Register(spec, 64) : spec;

    private static DatapathSpec Register(DatapathSpec spec, int bits) =>
        spec with { Accumulator = new IntegerAccumulator(bits, RegisterOverflow.Wrap) };

    private static QuantizedLayer Quantize(PreparedNetwork network, MatrixLayer layer, DatapathSpec spec, RegisterReading register,
        Recipe recipe, LayerOperands operands, ReductionOrder order)
    {
        int n = layer.Shape.N, k = layer.Shape.K;
        if (spec.Dot is { Segment: > 0 } unit && !layer.TakesIntegers) return QuantizeBlocks(network, layer, spec, register, unit, recipe,
            order);
        DatapathSpec kernelSpec = KernelSpec(layer, spec);
        (uint[] codes, int[] zeroPoints) = (operands.WeightCodes, operands.WeightZeros);
        ReductionOrder canonical = OrderFreedom.IsFree(spec, layer, codes, zeroPoints, operands.LargestInput) ? ReductionOrder.Sequential
            : order.Canonical(k);
        // An exact sum of integers is that of any register it fits; 32-bit registers have the fastest kernels.
        if (kernelSpec != spec && OrderFreedom.IsFree(Register(spec, 32), layer, codes, zeroPoints, operands.LargestInput)) kernelSpec =
            Register(spec, 32);
        var groups = new LayerKernel[layer.Shape.Groups];
        for (int g = 0; g < groups.Length; g++)
            groups[g] = new LayerKernel(kernelSpec, canonical, n, k, codes.AsSpan(g * n * k, n * k), zeroPoints.Length == 0 ? []
                : zeroPoints.AsSpan(g * n, n));
        return new(layer, groups, operands.Activation, operands.Scales, canonical, register, operands.Encoder) { Shift = operands.Shift };
    }

    private static QuantizedLayer QuantizeBlocks(PreparedNetwork network, MatrixLayer layer, DatapathSpec spec, RegisterReading register,
        DotUnitSpec unit, Recipe recipe, ReductionOrder order)
    {
        ChannelBlocks? channels = Channels(spec, layer, recipe);
        order = order.Canonical(channels?.MostProducts ?? layer.Shape.K);
        (uint[][] codes, float[] scales) = BlockOperands.Weights(spec, layer,
            TensorEncoder.Of(recipe.WeightRounding, recipe.Seed, TensorEncoder.NameOfWeights(layer.Name)), Search(recipe.Weights), channels,
            () => network.Weights(layer, spec.Weight, recipe, null));
        float amax = spec.ActivationBlocks is { TwoLevel: true } ? network.ActivationAmax(layer) : 0;
        QuantizationParameters activation = spec.ActivationBlocks is { } blocks ? new(blocks.TensorScale(amax), 0)
            : network.Activation(layer, spec.Activation, recipe, null);
        for (int r = 0; r < scales.Length; r++) scales[r] = activation.Scale * scales[r] * layer.Alpha;
        int n = layer.Shape.N;
        LayerKernel[] groups =
            [.. codes.Select(c => new LayerKernel(spec, BlockOperands.InCodes(unit, order), n, c.Length / Math.Max(1, n), c, []))];
        string input = TensorEncoder.NameOfActivations(layer.Name);
        ElementRounding[] roundings =
            [.. groups.Select((_, g) => TensorEncoder.Of(recipe.ActivationRounding, recipe.Seed, g == 0 ? input
            : FormattableString.Invariant($"{input} group {g}")))];
        return new(layer, groups, activation, scales, order, register,
            new TensorEncoder(network.Encoder(spec.Activation), recipe.ActivationRounding, recipe.Seed, input),
            new BlockOperands(spec, amax, roundings, Search(recipe.Activations), channels));
    }

    // Time and energy count the products of a layer, not the lanes that stay empty.
    private static string? PartBlocks(IEnumerable<QuantizedLayer> layers, DatapathSpec spec)
    {
        QuantizedLayer[] partial = [.. layers.Where(l => l.Blocks?.Channels is { LeavesLanes: true })
            .OrderBy(l => l.Layer.Name, StringComparer.Ordinal)];
        if (partial.Length == 0) return null;
        GemmLayer shape = partial[0].Layer.Shape;
        return $"NET035: layer '{shape.Name}'{(partial.Length > 1 ? $" (and {partial.Length - 1} more)" : "")}: blocks along "
            + $"{shape.Conv!.InputChannels / shape.Groups} channels leave lanes of {spec.Dot!.Segment} empty; values have them as "
            + $"zeros, cycles and energy count its {shape.K} products as if they filled the lanes (recipe: blocks_along)";
    }

    // Where the largest number of a format is its only positive one, the largest weight of a channel decides which others round to 0.
    private static string? CoarseWeights(PreparedNetwork network, ImmutableDictionary<string, QuantizedLayer>.Builder layers,
        DatapathSpec spec, Recipe recipe)
    {
        if (spec.WeightBlocks is not null || recipe.Groups is not null || recipe.Weights.Method != CalibrationMethod.AbsMax
            || spec.Weight is not FixedFormat { IsSigned: true, Bits: <= 2 }) return null;
        string[] coarse = [.. network.Layers.Where(l => layers.ContainsKey(l.Name) && network.StatedWeights(l, spec).Codes is null)
            .Select(l => l.Name)];
        return coarse.Length == 0 ? null : $"NET036: layer '{coarse[0]}'{(coarse.Length > 1 ? $" (and {coarse.Length - 1} more)" : "")}: "
            + $"recipe '{recipe.Name}' puts the largest weight of a channel on the one positive number of {spec.Weight.Name}, so that "
            + $"most others become 0; use weights: {{calibration: mse}}";
    }

    private static ScaleSearch Search(CalibrationRule rule) =>
        rule.Method == CalibrationMethod.MeanSquaredError ? ScaleSearch.LeastError : ScaleSearch.Rule;
}
