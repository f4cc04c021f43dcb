using System.Buffers;
using System.Runtime.InteropServices;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Nonlinear;
using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Simulator.Execution;

/// <summary>
/// Runs the matrix layers of a network through a datapath, bit for bit: codes → im2col → kernel in the mapping's order → vector unit. The
/// vector unit computes float layers as fl(fl(sum · scale) + bias) in float32, and integer layers as ONNX defines them:
/// saturate(round(fl(fl(sum) · scale)) + zero point), or by a dyadic scale saturate(round(sum · b/2^c) + zero point). Functions that the
/// vector unit has of its own go through <see cref="VectorEngine"/>.
/// One engine serves one thread and a run of consecutive samples: <paramref name="batch"/> of them from <paramref name="firstSample"/> on.
/// </summary>
internal sealed class DatapathEngine(QuantizedNetwork network, IReadOnlyDictionary<string, float[]> reference, int firstSample, int batch)
    : ILayerEngine
{
    // Im2col rows of as many samples as stay in cache; large layers go one sample at a time.
    private const int PassElements = 1 << 19;

    private readonly VectorEngine _vector = new(network.Vector, network.Opset);

    /// <summary>Sees what is multiplied.</summary>
    internal OperandTap? Tap { get; init; }

    internal Dictionary<string, LayerTally> Tallies { get; } = new(StringComparer.Ordinal);

    public Tensor[]? Execute(Node node, IReadOnlyList<Tensor?> inputs)
    {
        if (!network.Layers.TryGetValue(node.Name, out QuantizedLayer? layer)) return Vector(node, inputs);
        var tally = new LayerTally { Kernel = layer.Groups[0].Name };
        GemmLayer shape = layer.Layer.Shape;
        Tensor input = inputs[0]!;
        bool blocksFloats = layer.Blocks is { BlocksActivations: true }, ofIntegers = layer.Layer.TakesIntegers;
        ChannelBlocks? layout = layer.Blocks?.Channels;
        uint[] codes = !blocksFloats ? Encode(layer, input, tally) : layout is not null ? []
            : MemoryMarshal.Cast<float, uint>(input.Floats).ToArray();
        int zero = layer.Layer.Sums is { InputZeroPoint: null } ? checked((int)inputs[2]!.Integers[0] + layer.Shift)
            : layer.Activation.ZeroPoint;
        // Rows of a product may hold windows or steps of a sequence beside samples, so they are counted, not derived.
        ProductRows? stacked = shape.Conv is null && inputs[LayerWeights.WeightIndex(node)] is { Shape.Length: > 2 } matrices
            ? ProductRows.Of(node, network.Opset, input.Shape, matrices.Shape) : null;
        var part = new LayerPart(shape, stacked is not null ? stacked.Groups[0].Input.Length
            : shape.Conv is null ? input.Count / Math.Max(1, shape.K) : input.Shape[0], stacked);
        float[] floats = ofIntegers ? [] : new float[part.Outputs];
        long[] integers = ofIntegers ? new long[part.Outputs] : [];
        int pass = Math.Clamp(PassElements / Math.Max(1, part.Rows * (layout?.MostProducts ?? shape.K)), 1, Math.Max(1, part.Images));
        ChannelRows? channels = layout is null ? null : blocksFloats
            ? ChannelRows.OfNumbers(layer.Blocks!, shape.Conv!, input.Floats, FirstElement(input.Count), network.PadCode, tally)
            : ChannelRows.OfCodes(layout, shape.Conv!, codes, network.PadCode);
        long[] sums = ArrayPool<long>.Shared.Rent(pass * part.Rows * shape.N);
        uint[] rows = ArrayPool<uint>.Shared.Rent(shape.Conv is null && stacked is null || layout is not null ? 1
            : pass * part.Rows * shape.K);
        for (int from = 0; from < part.Images; from += pass)
        {
            int count = Math.Min(pass, part.Images - from);
            for (int group = 0; group < shape.Groups; group++)
            {
                ReadOnlySpan<uint> operands = channels is not null ? channels.Of(group, from, count)
                    : InBlocks(layer, part, Rows(layer, part, codes, rows, from, count, group, zero), from, count, group, tally);
                Multiply(layer, operands, count * part.Rows, group, zero, sums, tally);
                if (!ofIntegers) FinishFloats(layer, part, sums, from, count, group, floats);
                else if (layer.Layer.Integer is { } requantized) FinishIntegers(layer, part, requantized, sums, from, count, group,
                    integers, tally);
                else FinishSums(layer, part, sums, from, count, group, integers, tally);
            }
        }
        ArrayPool<long>.Shared.Return(sums);
        ArrayPool<uint>.Shared.Return(rows);
        Tensor output = ofIntegers ? Tensor.OfIntegers(layer.Layer.Integer?.OutputElement ?? ElementType.Int32, integers,
            OutputShape(part, input, node)) : Floats(input.Type, floats, OutputShape(part, input, node));
        Compare(layer, output, tally);
        Tallies[node.Name] = tally;
        return [output];
    }

    private static Tensor Floats(ElementType type, float[] values, int[] shape) =>
        type == ElementType.Float32 ? Tensor.OfFloats(values, shape)
            : new Tensor(type, shape, Array.ConvertAll(values, v => ElementCodes.Round(type, v)));

    private Tensor[]? Vector(Node node, IReadOnlyList<Tensor?> inputs)
    {
        if (_vector.Execute(node, inputs) is not { } computed) return null;
        Tallies[node.Name] = computed.Tally;
        return computed.Outputs;
    }

    private uint[] Encode(QuantizedLayer layer, Tensor input, LayerTally tally)
    {
        uint[] codes = new uint[input.Count];
        tally.EncodedInputs = codes.Length;
        if (!layer.Layer.TakesIntegers)
        {
            long notNumbers = 0;
            foreach (float value in input.Floats) notNumbers += float.IsNaN(value) ? 1 : 0;
            tally.NaNInputs = notNumbers;
            tally.SaturatedInputs = layer.Encoder!.Encode(input.Floats, layer.Activation.Scale, layer.Activation.ZeroPoint,
                FirstElement(input.Count), codes);
        }
        else
        {
            long[] integers = input.Integers;
            for (int i = 0; i < codes.Length; i++) codes[i] = network.Encoder.CodeOf(integers[i] + layer.Shift);
        }
        return codes;
    }

    // Elements of a layer are numbered through all samples, so that their random bits do not depend on the batches.
    private ulong FirstElement(long elements) => (ulong)firstSample * (ulong)(elements / batch);

    private ReadOnlySpan<uint> Rows(QuantizedLayer layer, LayerPart part, uint[] codes, uint[] rows, int from, int count, int group,
        int zero)
    {
        GemmLayer shape = layer.Layer.Shape;
        if (part.Stacked is { } stacked)
        {
            for (int r = 0; r < count; r++)
                codes.AsSpan(stacked.Groups[group].Input[from + r] * shape.K, shape.K).CopyTo(rows.AsSpan(r * shape.K));
            return rows.AsSpan(0, count * shape.K);
        }
        if (shape.Conv is not { } conv) return codes.AsSpan(from * part.Rows * shape.K, count * part.Rows * shape.K);
        // Numbers that become blocks later are carried as bit patterns: 0 is 0.
        uint pad = layer.Blocks is { BlocksActivations: true } ? 0 : zero != 0 ? network.Encoder.CodeOf(zero) : network.PadCode;
        int channels = conv.InputChannels / shape.Groups, size = part.Rows * shape.K,
            sample = conv.InputChannels * conv.InputHeight * conv.InputWidth;
        for (int s = 0; s < count; s++)
            Im2Col.Rows(codes.AsSpan((from + s) * sample, sample), conv, group * channels, channels, pad, rows.AsSpan(s * size, size));
        return rows.AsSpan(0, count * size);
    }

    private ReadOnlySpan<uint> InBlocks(QuantizedLayer layer, LayerPart part, ReadOnlySpan<uint> rows, int from, int count, int group,
        LayerTally tally)
    {
        if (layer.Blocks is not { } blocks) return rows;
        int k = layer.Layer.Shape.K, m = count * part.Rows;
        if (!blocks.BlocksActivations) return blocks.Join(rows, m, k);
        var codes = new uint[m * blocks.RowCodes(k)];
        // Im2col rows of a group are numbered through all samples.
        ulong ofImage = (ulong)part.Rows * (ulong)k, all = FirstElement((long)part.Images * part.Rows * k);
        BlockEvents events = blocks.Encode(MemoryMarshal.Cast<uint, float>(rows), m, k, codes, group, all + (ulong)from * ofImage);
        tally.EncodedInputs += rows.Length;
        tally.SaturatedInputs += events.SaturatedElements;
        return codes;
    }

    private void Multiply(QuantizedLayer layer, ReadOnlySpan<uint> rows, int m, int group, int zero, long[] sums, LayerTally tally)
    {
        Tap?.Invoke(layer, rows, m, group, zero);
        GemmEvents events = default;
        layer.Groups[group].Run(m, rows, zero, sums.AsSpan(0, m * layer.Layer.Shape.N), ref events);
        tally.Outputs += events.Outputs;
        tally.OverflowedOutputs += events.OverflowedOutputs;
        tally.NaNOutputs += events.NaNOutputs;
    }

    private static void FinishFloats(QuantizedLayer layer, LayerPart part, long[] sums, int from, int count, int group, float[] output)
    {
        GemmLayer shape = layer.Layer.Shape;
        float[] bias = layer.Layer.Bias;
        for (int n = 0; n < shape.N; n++)
        {
            int channel = group * shape.N + n;
            float scale = layer.Scales[channel], added = bias.Length == 0 ? 0 : bias[channel];
            for (int s = 0; s < count; s++)
            {
                int to = part.Target(from + s, channel, out int step);
                for (int m = 0; m < part.Rows; m++, to += step)
                {
                    float product = layer.Register.Decoder.Decode(sums[(s * part.Rows + m) * shape.N + n]) * scale;
                    output[to] = bias.Length == 0 ? product : product + added;
                }
            }
        }
    }

    private void FinishIntegers(QuantizedLayer layer, LayerPart part, QLinearOperands integer, long[] sums, int from, int count, int group,
        long[] output, LayerTally tally)
    {
        GemmLayer shape = layer.Layer.Shape;
        (long lowest, long highest) = integer.OutputElement.Range();
        for (int n = 0; n < shape.N; n++)
        {
            int channel = group * shape.N + n;
            float scale = layer.Scales[channel];
            long bias = integer.Bias.Length == 0 ? 0 : integer.Bias[channel];
            DyadicScale? dyadic = network.Vector.DyadicBits > 0 ? DyadicScale.Of(scale, network.Vector.DyadicBits) : null;
            for (int s = 0; s < count; s++)
            {
                int to = part.Target(from + s, channel, out int step);
                for (int m = 0; m < part.Rows; m++, to += step)
                {
                    long sum = layer.Register.Bias.Add(sums[(s * part.Rows + m) * shape.N + n], bias, out bool overflowed);
                    if (overflowed) tally.BiasOverflows++;
                    tally.Observe(sum);
                    if (dyadic is { } integerScale)
                    {
                        output[to] = (long)Int128.Clamp(integerScale.Apply(sum) + integer.OutputZeroPoint, lowest, highest);
                        continue;
                    }
                    float q = MathF.Round(sum * scale, MidpointRounding.ToEven) + integer.OutputZeroPoint;
                    output[to] = q <= lowest ? lowest : q >= highest ? highest : (long)q;
                }
            }
        }
    }

    // The register is the output; int32 wraps where the register is wider.
    private static void FinishSums(QuantizedLayer layer, LayerPart part, long[] sums, int from, int count, int group, long[] output,
        LayerTally tally)
    {
        GemmLayer shape = layer.Layer.Shape;
        for (int n = 0; n < shape.N; n++)
        {
            int channel = group * shape.N + n;
            for (int s = 0; s < count; s++)
            {
                int to = part.Target(from + s, channel, out int step);
                for (int m = 0; m < part.Rows; m++, to += step)
                {
                    long sum = layer.Register.Bias.Add(sums[(s * part.Rows + m) * shape.N + n], 0, out _);
                    tally.Observe(sum);
                    output[to] = unchecked((int)sum);
                }
            }
        }
    }

    // What of a layer reaches an engine: images of a convolution, each of a row a pixel; else rows of a matrix, of each group its own.
    private readonly record struct LayerPart(GemmLayer Shape, int Images, ProductRows? Stacked)
    {
        internal int Rows => Shape.Conv is null ? 1 : Shape.M;

        internal int Outputs => Images * Rows * Shape.Groups * Shape.N;

        internal int Target(int image, int channel, out int step)
        {
            int channels = Shape.Groups * Shape.N;
            if (Stacked is not null)
            {
                step = Shape.N;
                return Stacked.Groups[channel / Shape.N].Output[image] * Shape.N + channel % Shape.N;
            }
            step = Shape.Conv is null ? channels : 1;
            return image * channels * Rows + (Shape.Conv is null ? channel : channel * Rows);
        }
    }

    private static int[] OutputShape(LayerPart part, Tensor input, Node node) => part.Shape.Conv switch
    {
        null when part.Stacked is { } stacked => stacked.OutputShape,
        { } conv when input.Shape.Length == 4 => [input.Shape[0], part.Shape.Groups * part.Shape.N, conv.OutputHeight, conv.OutputWidth],
        { } conv when input.Shape.Length == 3 => [input.Shape[0], part.Shape.Groups * part.Shape.N, conv.OutputWidth],
        null => [.. input.Shape[..^1], part.Shape.N],
        _ => throw new NetworkException(node, $"input has {input.Shape.Length} dimensions; 3 or 4 are supported"),
    };

    private void Compare(QuantizedLayer layer, Tensor output, LayerTally tally)
    {
        if (!reference.TryGetValue(layer.Layer.Name, out float[]? expected)) return;
        int from = firstSample * (output.Count / batch);
        int zero = layer.Layer.Integer?.OutputZeroPoint ?? 0;
        float[]? reals = output.Type.IsReal() ? output.Floats : null;
        long[] integers = reals is null ? output.Integers : [];
        int count = Math.Min(output.Count, expected.Length - from);
        for (int i = 0; i < count; i++)
            tally.Compare(expected[from + i], reals is not null ? reals[i] : integers[i] - zero);
    }
}
