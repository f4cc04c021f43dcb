using Sim.Workloads.Graph;
using static Sim.Tests.OracleData;

namespace Sim.Tests;

/// <summary>Operators with real results against onnxruntime: equal to a few units of float32, exact where every sum is.</summary>
public sealed class FloatOracleTests
{
    [Test]
    public void Results_agree()
    {
        var failures = new List<string>();
        int cases = 0;
        var operators = new SortedSet<string>(StringComparer.Ordinal);
        foreach (OracleCase c in Enumerable.Range(0, 4).SelectMany(seed => Cases(new OracleData(100 + seed))))
        {
            cases++;
            operators.Add(c.OpType);
            try
            {
                if (c.Difference() is { } difference) failures.Add($"{c}: {difference}");
            }
            catch (Exception e) when (e is Microsoft.ML.OnnxRuntime.OnnxRuntimeException or NetworkException)
            {
                failures.Add($"{c}: {e.Message}");
            }
        }
        Assert.That(failures, Is.Empty, $"{failures.Count} of {cases}\n{string.Join('\n', failures.Take(40))}");
        Assert.That(cases, Is.GreaterThan(380));
        Assert.That(operators, Has.Count.GreaterThanOrEqualTo(60));
        Truth.Checked("Workloads", "float operators", "Microsoft.ML.OnnxRuntime 1.31.1, optimizer off", cases,
            $"{operators.Count} operators agree to 2e-5");
    }

    private static IEnumerable<OracleCase> Cases(OracleData d)
    {
        foreach (string op in new[] { "Relu", "Sigmoid", "Tanh", "Abs", "Neg", "Sign", "Floor", "Ceil", "Round", "Exp", "Erf", "Sin",
            "Cos", "Softplus", "Softsign", "Identity" }) yield return new(op, "", 13, [d.Floats(3, 17)], []);
        foreach (string op in new[] { "LeakyRelu", "Elu", "Selu", "HardSigmoid", "ThresholdedRelu" }) yield return new(op, "", 13,
            [d.Floats(3, 17)], [R("alpha", 0.3f)]);
        yield return new("HardSwish", "", 14, [d.Floats(3, 17)], []);
        yield return new("Gelu", "", 20, [d.Floats(3, 17)], [S("approximate", "tanh")]);
        yield return new("Gelu", "", 20, [d.Floats(3, 17)], []);
        foreach (string op in new[] { "Add", "Sub", "Mul", "Div", "Min", "Max", "PRelu" }) yield return new(op, "", 14,
            [d.Floats(2, 3, 4), d.Floats(3, 1)], []);
        yield return new("Pow", "", 15,
            [d.Between(ElementType.Int32, 1, 9, 5) is var b ? Tensor.OfFloats(Array.ConvertAll(b.Integers, v => (float)v), 5) : b,
            d.Between(ElementType.Int64, -3, 3, 5)], []);
        foreach (string op in new[] { "Sum", "Mean" }) yield return new(op, "", 13, [d.Floats(2, 3), d.Floats(3), d.Floats(2, 1)], []);
        foreach (string op in new[] { "Greater", "Less", "Equal", "GreaterOrEqual", "LessOrEqual" }) yield return new(op, "", 16,
            [d.Eighths(4, 5), d.Eighths(5)], []);
        yield return new("MatMul", "", 13, [d.Eighths(2, 3, 9), d.Eighths(9, 4)], [], Relative: 0);
        yield return new("MatMul", "", 13, [d.Floats(2, 1, 3, 9), d.Floats(5, 9, 4)], []);
        yield return new("Gemm", "", 13, [d.Floats(9, 3), d.Floats(4, 9), d.Floats(4)],
            [I("transA", 1), I("transB", 1), R("alpha", 0.5f), R("beta", 2)]);
        yield return new("Conv", "", 11, [d.Eighths(2, 4, 7, 6), d.Eighths(6, 2, 3, 2), d.Eighths(6)],
            [I("group", 2), Ints("pads", 1, 0, 2, 1), Ints("strides", 2, 1), Ints("dilations", 1, 2)], Relative: 0);
        yield return new("Conv", "", 11, [d.Floats(1, 3, 11), d.Floats(4, 3, 4)],
            [S("auto_pad", d.Next(0, 2) == 0 ? "SAME_UPPER" : "SAME_LOWER"), Ints("strides", 3)]);
        foreach (int ceil in new[] { 0, 1 })
        {
            yield return new("MaxPool", "", 12, [d.Floats(1, 2, 8, 7)],
                [Ints("kernel_shape", 3, 2), Ints("strides", 2, 3), Ints("pads", 1, 0, 1, 1), I("ceil_mode", ceil)], 2);
            yield return new("AveragePool", "", 22, [d.Floats(1, 2, 8, 7)],
                [Ints("kernel_shape", 3, 2), Ints("strides", 2, 3), Ints("pads", 1, 0, 1, 1), I("ceil_mode", ceil),
                I("count_include_pad", d.Next(0, 2)), Ints("dilations", 2, 1)]);
        }
        foreach (string op in new[] { "GlobalAveragePool", "GlobalMaxPool" }) yield return new(op, "", 13, [d.Floats(2, 3, 4, 5)], []);
        foreach (int opset in new[] { 11, 13 })
            foreach (string op in new[] { "Softmax", "LogSoftmax" }) yield return new(op, "", opset, [d.Floats(2, 3, 5)], [I("axis", 1)]);
        yield return new("BatchNormalization", "", 15, [d.Floats(2, 3, 4), d.Floats(3), d.Floats(3), d.Floats(3), F(0.5f, 1, 2)],
            [R("epsilon", 0.01f)]);
        yield return new("InstanceNormalization", "", 13, [d.Floats(2, 3, 9), d.Floats(3), d.Floats(3)], [R("epsilon", 0.01f)]);
        yield return new("LayerNormalization", "", 17, [d.Floats(2, 3, 9), d.Floats(3, 9), d.Floats(3, 9)],
            [I("axis", 1), R("epsilon", 0.01f)]);
        foreach (string op in new[] { "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare",
            "ReduceSum" })
            yield return new(op, "", 18, [d.Floats(2, 3, 4), L(-1, 0)], [I("keepdims", d.Next(0, 2))]);
        yield return new("Transpose", "", 13, [d.Floats(2, 3, 4)], [Ints("perm", 1, 2, 0)]);
        yield return new("Split", "", 18, [d.Floats(2, 7)], [I("axis", 1), I("num_outputs", 3)], 3);
        yield return new("DepthToSpace", "", 13, [d.Floats(1, 8, 2, 3)], [I("blocksize", 2), S("mode", d.Next(0, 2) == 0 ? "DCR" : "CRD")]);
        yield return new("SpaceToDepth", "", 13, [d.Floats(1, 2, 4, 6)], [I("blocksize", 2)]);
        foreach (string mode in new[] { "constant", "reflect", "edge", "wrap" }) yield return new("Pad", "", 19,
            [d.Floats(4, 5), L(1, 2, 3, 0)], [S("mode", mode)]);
        foreach (ElementType t in new[] { ElementType.UInt8, ElementType.Int8, ElementType.Int32 })
            yield return new("DequantizeLinear", "", 13, [d.Between(t, -100 < t.Range().Minimum ? 0 : -100, 100, 3, 5), F(0.5f, -0.3f, 0)],
                [I("axis", 0)]);
        yield return new("DequantizeLinear", "", 21,
            [d.Integers(ElementType.Int16, 3, 5), d.Floats(3, 3), d.Integers(ElementType.Int16, 3, 3)], [I("axis", 1), I("block_size", 2)]);
        yield return new("DequantizeLinear", "com.microsoft", 13,
            [d.Integers(ElementType.UInt16, 3, 5), Scalar(0.1f), Scalar(ElementType.UInt16, 30000)], []);
        yield return new("QGemm", "com.microsoft", 13,
            [d.Integers(ElementType.UInt8, 8, 3), Scalar(0.03f), Scalar(ElementType.UInt8, 20), d.Integers(ElementType.Int8, 8, 5),
            d.Floats(5), d.Integers(ElementType.Int8, 5), d.Between(ElementType.Int32, -999, 999, 1, 5)],
            [I("transA", 1), R("alpha", 0.5f)]);
        foreach (int bits in new[] { 4, 8 })
        {
            int blocks = 3, blob = 16 * bits / 8, zeros = (blocks * bits + 7) / 8;
            yield return new("MatMulNBits", "com.microsoft", 13,
                [d.Floats(2, 3, 40), d.Integers(ElementType.UInt8, 5, blocks, blob), d.Floats(5, blocks)],
                [I("K", 40), I("N", 5), I("bits", bits), I("block_size", 16)]);
            yield return new("MatMulNBits", "com.microsoft", 13,
                [d.Floats(3, 40), d.Integers(ElementType.UInt8, 5, blocks, blob), d.Floats(5, blocks),
                d.Integers(ElementType.UInt8, 5, zeros)],
                [I("K", 40), I("N", 5), I("bits", bits), I("block_size", 16), I("accuracy_level", 1)]);
        }
        foreach (string mode in new[] { "half_pixel", "asymmetric", "pytorch_half_pixel", "align_corners" })
        {
            yield return new("Resize", "", 13, [d.Floats(1, 2, 5, 7), null, null, L(1, 2, d.Next(2, 12), d.Next(2, 12))],
                [S("mode", "linear"), S("coordinate_transformation_mode", mode)], Relative: 1e-4);
            yield return new("Resize", "", 13, [d.Floats(1, 2, 5, 7), null, F(1, 1, 2, 2)],
                [S("mode", "linear"), S("coordinate_transformation_mode", mode)], Relative: 1e-4);
        }
        yield return new("Resize", "", 13, [d.Floats(1, 1, 5, 7), null, F(1, 1, 2, 3)],
            [S("mode", "cubic"), R("cubic_coeff_a", -0.5f), I("exclude_outside", d.Next(0, 2))], Relative: 1e-3);
        yield return new("Resize", "", 10, [d.Floats(1, 2, 5, 7), F(1, 1, 2, 2)], []);
        yield return new("Resize", "", 10, [d.Floats(1, 2, 8, 8), F(1, 1, 0.5f, 0.75f)], []);
        yield return new("Resize", "", 10, [d.Floats(1, 2, 5, 7), F(1, 1, 2, 3)], [S("mode", "linear")], Relative: 1e-4);
        yield return new("Upsample", "", 9, [d.Floats(1, 2, 5, 7), F(1, 1, 2, 3)], []);
        yield return new("Resize", "", 18, [d.Floats(1, 2, 9, 8), null, null, L(4, 3)],
            [S("mode", "linear"), Ints("axes", 2, 3), I("antialias", 1)], Relative: 1e-4);
    }
}
