using System.Collections.Immutable;
using Sim.Foundation.Diagnostics;
using Sim.Verification.Claims;
using Sim.Verification.Tests.Layers;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Verification.Tests.Relations;

/// <summary>Chains of one-dimensional QLinearConv layers with overlapping windows, small enough to run every input.</summary>
internal sealed record SmallNetwork(NetworkGraph Graph, int Length, int Levels)
{
    /// <summary>A convolution: weights [rows, channels, taps], multiplier, zero point of the output, padding left and right.</summary>
    internal sealed record Layer(int Rows, int Channels, int Taps, long[] Weights, long[] Bias, float Multiplier, int Zero, int Pad);

    /// <summary>Inputs are integers 0 to levels − 1 as stored, zero point <paramref name="zero"/>.</summary>
    internal static SmallNetwork Of(int length, int levels, int zero, params Layer[] layers)
    {
        Graphs graph = new Graphs().Floats("one", [1]).Integers("z", ElementType.UInt8, [zero]).Integers("wz", ElementType.Int8, [0]);
        string x = "x";
        string z = "z";
        for (int i = 0; i < layers.Length; i++)
        {
            Layer l = layers[i];
            graph.Integers($"w{i}", ElementType.Int8, l.Weights, l.Rows, l.Channels, 1, l.Taps)
                .Integers($"b{i}", ElementType.Int32, l.Bias, l.Rows)
                .Floats($"s{i}", [1 / l.Multiplier]).Integers($"z{i}", ElementType.UInt8, [l.Zero])
                .Node($"QLinearConv: {x}, one, {z}, w{i}, one, wz, s{i}, z{i}, b{i} -> y{i}",
                    new NodeAttribute("pads", Integers: [0, l.Pad, 0, l.Pad]));
            (x, z) = ($"y{i}", $"z{i}");
        }
        return new(graph.Build(ElementType.UInt8, -1, 1, 1, length), length, levels);
    }

    internal IntegerNetwork Read(BoxRule boxes = BoxRule.Propagated) =>
        Nets.Read(Graph, new ReadingOptions { Boxes = boxes, InputRanges = ImmutableDictionary<string,
            ImmutableArray<Interval>>.Empty.Add("x", [new(0, Levels - 1)]) });

    /// <summary>Every input of the network, or as many random ones; what the executor makes of them, by name of the value.</summary>
    internal Dictionary<string, Tensor> Run(int mostInputs = 1 << 14)
    {
        double all = Math.Pow(Levels, Length);
        int count = (int)Math.Min(all, mostInputs);
        var random = new Random(7);
        var values = new long[count * Length];
        for (int i = 0; i < values.Length; i++) values[i] = all <= mostInputs ? i / Length / (long)Math.Pow(Levels, i % Length) % Levels
            : random.Next(4) == 0 ? random.Next(Levels) : random.Next(2) * (Levels - 1);
        Tensor x = Tensor.OfIntegers(ElementType.UInt8, values, count, 1, 1, Length);
        var seen = new Dictionary<string, Tensor> { ["x"] = x };
        GraphExecutor.Run(Graph, new Dictionary<string, Tensor> { ["x"] = x }, null, (name, t) => seen[name] = t);
        return seen;
    }

    /// <summary>The least and largest value that each register of a channel held, over all inputs that were run and all places: sums by the
    /// definition.</summary>
    internal static Interval[] Held(IntegerLayer layer, int row, Tensor input, SumOrder order)
    {
        ConvGeometry g = layer.Shape.Conv!;
        int samples = input.Shape[0], plane = g.InputWidth;
        var held = new Interval?[order.Registers];
        void Hold(int register, long value) => held[register] = held[register]?.Hull(new(value, value)) ?? new(value, value);
        SumNode[] nodes = [.. order.Nodes(layer.K, BiasPlacement.Preloaded)];
        for (int s = 0; s < samples; s++)
        {
            for (int x = 0; x < g.OutputWidth; x++)
            {
                var terms = new long[layer.K];
                for (int k = 0; k < layer.K; k++)
                {
                    int at = x - g.PadLeft + k % g.KernelWidth, channel = k / g.KernelWidth;
                    long stored = at < 0 || at >= g.InputWidth ? layer.InputZeroPoint
                        : input.Integers[(s * g.InputChannels + channel) * plane + at];
                    terms[k] = (stored - layer.InputZeroPoint) * layer.Weights[row * layer.K + k];
                }
                long bias = layer.Bias[row];
                if (order is AnyOrder)
                {
                    // The subsets that go furthest: all terms above 0, all below.
                    Hold(0, bias + terms.Sum(t => Math.Max(t, 0)));
                    Hold(0, bias + terms.Sum(t => Math.Min(t, 0)));
                }
                else
                    foreach (SumNode n in nodes) Hold(n.Register, terms[n.From..n.Until].Sum() + (n.Bias ? bias : 0));
            }
        }
        return [.. held.Select(h => h!.Value)];
    }

    /// <summary>Random layers, every one with weights of both signs.</summary>
    internal static SmallNetwork Random(int seed, int length, int levels, int depth)
    {
        var random = new Random(seed);
        int channels = 1, width = length, zero = random.Next(2) * (levels / 2);
        var layers = new Layer[depth];
        for (int i = 0; i < depth; i++)
        {
            int rows = random.Next(1, 4), taps = random.Next(2, 4), most = 1 << random.Next(1, 6);
            int pad = width - taps < 2 ? 1 : random.Next(2);
            width += 2 * pad - taps + 1;
            long[] weights = [.. Enumerable.Range(0, rows * channels * taps).Select(_ => (long)random.Next(-most, most + 1))];
            float multiplier = (float)((0.2 + random.NextDouble()) * (i == 0 ? 40.0 / levels : 1.2) / (most * channels * taps));
            layers[i] = new(rows, channels, taps, weights, [.. Enumerable.Range(0, rows).Select(_ => (long)random.Next(-9, 10))],
                multiplier, random.Next(3) == 0 ? 0 : random.Next(100, 160), pad);
            channels = rows;
        }
        return Of(length, levels, zero, layers);
    }
}
