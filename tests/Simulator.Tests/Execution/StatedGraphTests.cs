using System.Collections.Immutable;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Simulator.Execution;
using Sim.Workloads.Graph;

namespace Sim.Simulator.Tests.Execution;

/// <summary>
/// Random layers whose integers a graph states in every form there is. Scales are powers of two and sums small, so that float32 computes
/// them without rounding; the right output is the test's own integer arithmetic, and a datapath that holds the integers gives exactly that.
/// </summary>
public class StatedGraphTests
{
    private const int Cases = 400;

    private enum Form { Qdq, Qcdq, Qonnx, QOperator, MatMulInteger }

    private sealed record Case(Form Form, int Bits, bool Signed, bool Transposed, bool Reshaped, bool PerChannel, int Samples, int K,
        int N, long[] Inputs, long[] Weights, long InputZero, long[] WeightZeros, float[] Scales);

    [Test]
    public void RunEqualsIntegerArithmetic()
    {
        int taken = 0;
        for (int seed = 0; seed < Cases; seed++)
        {
            Case c = Random(seed);
            (NetworkGraph graph, Tensor samples) = Graph(c);
            // Operands as they are, less their zero points, or moved: a machine of a bit more holds them all.
            INumberFormat format = FormatCatalogue.Parse(seed % 2 == 0 ? $"int{c.Bits + 1}" : $"int{c.Bits + 3}");
            var spec = new DatapathSpec("t", format, format, new IntegerAccumulator(32, RegisterOverflow.Wrap));
            AccuracyResult found = StatedCaseTests.Evaluate(graph, samples, spec, out float[] reference);
            Assert.That(reference, Is.EqualTo(Right(c)), $"{seed}: {c}");
            Assert.That(found.Warnings, Is.Empty, $"{seed}: {c}");
            Assert.That(found.Totals.OutputSqnrDb, Is.EqualTo(double.PositiveInfinity), $"{seed}: {c}");
            Assert.That(found.Layers, Has.Count.EqualTo(1));
            taken++;
        }
        Assert.That(taken, Is.EqualTo(Cases));
    }

    /// <summary>A machine of two bits less than the integers need never takes them, and says so.</summary>
    [Test]
    public void TooNarrowAMachineSaysSo()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            Case c = Random(seed);
            if (c.Form is Form.QOperator or Form.MatMulInteger) continue;
            (NetworkGraph graph, Tensor samples) = Graph(c);
            INumberFormat format = FormatCatalogue.Parse($"int{c.Bits - 2}");
            AccuracyResult found = StatedCaseTests.Evaluate(graph, samples,
                new DatapathSpec("t", format, format, new IntegerAccumulator(32, RegisterOverflow.Wrap)), out _);
            Assert.That(found.Warnings.Count(w => w.StartsWith("NET032: layer 'y' ", StringComparison.Ordinal)
                && w.Contains($"int{c.Bits - 2} cannot hold", StringComparison.Ordinal)), Is.EqualTo(2), $"{seed}: {c}");
        }
    }

    private static Case Random(int seed)
    {
        var random = new Random(seed);
        var form = (Form)(seed % 5);
        bool signed = random.Next(2) == 0, perChannel = random.Next(2) == 0;
        int bits = form is Form.QOperator or Form.MatMulInteger or Form.Qdq ? 8 : random.Next(4, 9);
        (int low, int high) = signed ? (-(1 << bits - 1), (1 << bits - 1) - 1) : (0, (1 << bits) - 1);
        int samples = random.Next(1, 4), k = random.Next(1, 20), n = random.Next(1, 5);
        long Any() => random.Next(low, high + 1);
        bool zeros = form != Form.Qonnx && random.Next(2) == 0;
        long[] weights = [.. Enumerable.Range(0, n * k).Select(_ => Any())];
        // Both ends, so that the range is what the bits allow.
        if (weights.Length > 1) (weights[0], weights[^1]) = (low, high);
        else weights[0] = low;
        long inputZero = zeros ? Any() : 0, weightZero = zeros ? Any() : 0;
        float[] scales = [.. Enumerable.Range(0, perChannel && form != Form.MatMulInteger ? n : 1)
            .Select(_ => MathF.ScaleB(1, random.Next(-4, 1)))];
        return new(form, bits, signed, random.Next(2) == 0, random.Next(2) == 0, perChannel, samples, k, n,
            [.. Enumerable.Range(0, samples * k).Select(_ => Any())], weights, inputZero,
            [.. Enumerable.Repeat(weightZero, scales.Length)], scales);
    }

    // y[s, n] = sx · sw[n] · Σ (x − zx)(w − zw); requantized with scale 1 and saturated for QLinearMatMul, not scaled for MatMulInteger.
    private static float[] Right(Case c)
    {
        var y = new float[c.Samples * c.N];
        for (int s = 0; s < c.Samples; s++)
            for (int n = 0; n < c.N; n++)
            {
                long sum = 0;
                for (int k = 0; k < c.K; k++) sum += (c.Inputs[s * c.K + k] - c.InputZero) * (c.Weights[n * c.K + k] - c.WeightZeros[0]);
                double real = 0.5 * c.Scales[c.Scales.Length == 1 ? 0 : n] * sum;
                (long low, long high) = c.Signed ? (-128, 127) : (0, 255);
                y[s * c.N + n] = c.Form switch
                {
                    Form.MatMulInteger => sum,
                    Form.QOperator => (float)Math.Clamp(Math.Round(real, MidpointRounding.ToEven), low, high),
                    _ => (float)real,
                };
            }
        return y;
    }

    private static (NetworkGraph Graph, Tensor Samples) Graph(Case c)
    {
        ElementType type = c.Signed ? ElementType.Int8 : ElementType.UInt8;
        var constants = ImmutableDictionary.CreateBuilder<string, Tensor>();
        var nodes = new List<Node>();
        bool rowsFirst = c.Transposed && (c.Form is Form.Qdq or Form.Qcdq or Form.Qonnx);
        long[] weights = rowsFirst ? c.Weights : Transposed(c.Weights, c.N, c.K);
        int[] shape = rowsFirst ? [c.N, c.K] : [c.K, c.N];
        void Scalar(string name, float value) => constants[name] = Tensor.OfFloats([value], []);
        void Zero(string name, long[] values, params int[] of) => constants[name] = Tensor.OfIntegers(type, values, of);
        Scalar("sx", 0.5f);
        Zero("zx", [c.InputZero]);
        constants["sw"] = c.Scales.Length == 1 ? Tensor.OfFloats(c.Scales, []) : Tensor.OfFloats(c.Scales, c.N);
        Zero("zw", c.WeightZeros, c.Scales.Length == 1 ? [] : [c.N]);
        string made = "w";
        float[] reals = [.. c.Inputs.Select(q => 0.5f * (q - c.InputZero))];
        if (c.Form is Form.QOperator or Form.MatMulInteger)
        {
            constants["w"] = Tensor.OfIntegers(type, weights, shape);
            Scalar("sy", 1);
            Zero("zy", [0]);
            nodes.Add(c.Form == Form.QOperator ? Op("y", "QLinearMatMul", ["x", "sx", "zx", "w", "sw", "zw", "sy", "zy"])
                : Op("y", "MatMulInteger", ["x", "w", "zx", "zw"]));
            GraphValue output = new("y", c.Form == Form.QOperator ? type : ElementType.Int32, [-1, c.N]);
            return (new($"{c.Form}", 21, [new("x", type, [-1, c.K])], [output], [.. nodes], constants.ToImmutable(), $"{c}"),
                Tensor.OfIntegers(type, c.Inputs, c.Samples, c.K));
        }
        if (c.Form == Form.Qonnx)
        {
            Scalar("zero", 0);
            Scalar("bits", c.Bits);
            constants["w"] = Tensor.OfFloats([.. weights.Select((q, i) =>
                q * c.Scales[c.Scales.Length == 1 ? 0 : rowsFirst ? i / c.K : i % c.N])], shape);
            if (c.Scales.Length > 1) constants["sw"] = Tensor.OfFloats(c.Scales, rowsFirst ? [c.N, 1] : [1, c.N]);
            nodes.Add(Quant("qx", "x", "sx"));
            nodes.Add(Quant("dw", "w", "sw"));
        }
        else
        {
            constants["w"] = Tensor.OfIntegers(type, weights, shape);
            nodes.Add(Op("q", "QuantizeLinear", ["x", "sx", "zx"]));
            if (c.Form == Form.Qcdq)
            {
                Zero("low", [c.Signed ? -(1 << c.Bits - 1) : 0]);
                Zero("high", [c.Signed ? (1 << c.Bits - 1) - 1 : (1 << c.Bits) - 1]);
                nodes.Add(Op("clip", "Clip", ["q", "low", "high"]));
            }
            nodes.Add(Op("qx", "DequantizeLinear", [c.Form == Form.Qcdq ? "clip" : "q", "sx", "zx"]));
            nodes.Add(Op("dw", "DequantizeLinear", ["w", "sw", "zw"], ("axis", [rowsFirst ? 0 : 1])));
        }
        made = "dw";
        if (rowsFirst) nodes.Add(Op("t", "Transpose", [made], ("perm", [1, 0])));
        if (rowsFirst) made = "t";
        if (c.Reshaped)
        {
            constants["flat"] = Tensor.OfIntegers(ElementType.Int64, [c.K, c.N], 2);
            nodes.Add(Op("r", "Reshape", [made, "flat"]));
            made = "r";
        }
        nodes.Add(Op("y", c.PerChannel ? "Gemm" : "MatMul", ["qx", made]));
        return (new($"{c.Form}", 21, [new("x", ElementType.Float32, [-1, c.K])], [new("y", ElementType.Float32, [-1, c.N])], [.. nodes],
            constants.ToImmutable(), $"{c}"), Tensor.OfFloats(reals, c.Samples, c.K));

        Node Quant(string name, string of, string scale) =>
            new(name, "qonnx.custom_op.general", "Quant", [of, scale, "zero", "bits"], [name],
            ImmutableDictionary<string, NodeAttribute>.Empty.Add("signed", new("signed", Integer: c.Signed ? 1 : 0))
                .Add("narrow", new("narrow", Integer: 0)).Add("rounding_mode", new("rounding_mode", Text: "ROUND")));
    }

    private static long[] Transposed(long[] rows, int n, int k)
    {
        var columns = new long[rows.Length];
        for (int r = 0; r < n; r++)
            for (int i = 0; i < k; i++) columns[i * n + r] = rows[r * k + i];
        return columns;
    }

    private static Node Op(string name, string type, ImmutableArray<string> inputs, params (string Name, long[] Values)[] attributes) =>
        new(name, "", type, inputs, [name],
        attributes.ToImmutableDictionary(a => a.Name, a => a.Values.Length == 1 ? new NodeAttribute(a.Name, Integer: a.Values[0])
            : new NodeAttribute(a.Name, Integers: [.. a.Values])));
}
