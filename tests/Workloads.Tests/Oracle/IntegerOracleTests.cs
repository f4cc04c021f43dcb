using Sim.Workloads.Graph;
using static Sim.Tests.OracleData;

namespace Sim.Tests;

/// <summary>Operators with integer results against onnxruntime: every bit equal.</summary>
public sealed class IntegerOracleTests
{
    private const string Contributed = "com.microsoft";

    [Test]
    public void Results_are_equal_bit_for_bit()
    {
        var failures = new List<string>();
        var perOperator = new SortedDictionary<string, int>(StringComparer.Ordinal);
        int cases = 0, elements = 0;
        foreach (OracleCase c in Enumerable.Range(0, 12).SelectMany(seed => Cases(new OracleData(seed))))
        {
            cases++;
            perOperator[c.OpType] = perOperator.GetValueOrDefault(c.OpType) + 1;
            elements += c.Inputs.Sum(t => t?.Count ?? 0);
            try
            {
                if (c.Difference() is { } difference) failures.Add($"{c}: {difference}");
            }
            catch (Exception e) when (e is global::Microsoft.ML.OnnxRuntime.OnnxRuntimeException or NetworkException)
            {
                failures.Add($"{c}: {e.Message}");
            }
        }
        TestContext.Out.WriteLine(string.Join(", ", perOperator.Select(p => $"{p.Key} {p.Value}")));
        Assert.That(failures, Is.Empty, $"{failures.Count} of {cases}\n{string.Join('\n', failures.Take(40))}");
        Assert.That(cases, Is.GreaterThan(500));
        Truth.Checked("Workloads", "integer operators", "Microsoft.ML.OnnxRuntime 1.31.1, optimizer off", cases, "equal bit for bit");
    }

    private static IEnumerable<OracleCase> Cases(OracleData d)
    {
        ElementType[] eight = [ElementType.UInt8, ElementType.Int8];
        foreach (ElementType t in eight)
        {
            yield return new("MatMulInteger", "", 10,
                [d.Integers(ElementType.UInt8, 3, 40), d.Integers(t, 40, 5), Scalar(ElementType.UInt8, d.Next(0, 256)),
                Scalar(t, d.Next(0, 100))], []);
            yield return new("MatMulInteger", "", 10,
                [d.Integers(ElementType.UInt8, 2, 3, 8), d.Integers(t, 8, 5), Scalar(ElementType.UInt8, 7), d.Integers(t, 5)], []);
            yield return new("ConvInteger", "", 10,
                [d.Integers(ElementType.UInt8, 1, 3, 6, 5), d.Integers(t, 4, 3, 3, 2), Scalar(ElementType.UInt8, 11), Scalar(t, 3)],
                [Ints("pads", 1, 0, 1, 1), Ints("strides", 2, 1)]);
            foreach (int opset in new[] { 13, 19, 21 })
            {
                yield return new("QuantizeLinear", "", opset, [d.Floats(3, 7), Scalar(0.013f), Scalar(t, 5)], []);
                yield return new("QuantizeLinear", "", opset, [d.Floats(3, 7), F(0.02f, 0.5f, 0.007f), d.Integers(t, 3)], [I("axis", 0)]);
            }
            yield return new("QuantizeLinear", "", 21, [d.Floats(3, 6), d.Eighths(3, 2) is var s ? Positive(s) : s, d.Integers(t, 3, 2)],
                [I("axis", 1), I("block_size", 3)]);
            yield return new("QLinearMatMul", "", 10,
                [d.Integers(t, 3, 9), Scalar(0.02f), Scalar(t, 3), d.Integers(t, 9, 4), Scalar(0.01f), Scalar(t, 0), Scalar(0.05f),
                Scalar(t, 9)], []);
            yield return new("QLinearConv", "", 10,
                [d.Integers(t, 2, 4, 7, 7), Scalar(0.02f), Scalar(t, 3), d.Integers(ElementType.Int8, 6, 2, 3, 3), d.Eighths(6) is var w
                ? Positive(w) : w, Scalar(ElementType.Int8, 0),
                Scalar(0.3f), Scalar(t, 9), d.Between(ElementType.Int32, -900, 900, 6)],
                    [I("group", 2), Ints("pads", 1, 1, 1, 1), Ints("dilations", 1, 2), Ints("strides", 2, 1)]);
            yield return new("MaxPool", "", 12, [d.Integers(t, 1, 2, 6, 6)],
                [Ints("kernel_shape", 3, 2), Ints("strides", 2, 2), Ints("pads", 1, 0, 1, 0), I("ceil_mode", 1)]);
            yield return new("Clip", "", 13, [d.Integers(t, 2, 9), Scalar(t, 3), Scalar(t, 90)], []);
            yield return new("QLinearAdd", Contributed, 13,
                [d.Integers(t, 3, 8), Scalar(0.03f), Scalar(t, 20), d.Integers(t, 8), Scalar(0.07f), Scalar(t, 100), Scalar(0.11f),
                Scalar(t, 50)], []);
            yield return new("QLinearMul", Contributed, 13,
                [d.Integers(t, 3, 8), Scalar(0.03f), Scalar(t, 20), d.Integers(t, 3, 8), Scalar(0.07f), Scalar(t, 100), Scalar(0.11f),
                Scalar(t, 50)], []);
            yield return new("QLinearConcat", Contributed, 13,
                [Scalar(0.05f), Scalar(t, 7), d.Integers(t, 2, 3), Scalar(0.03f), Scalar(t, 1), d.Integers(t, 2, 4), Scalar(0.05f),
                Scalar(t, 7)], [I("axis", 1)]);
            yield return new("QLinearSigmoid", Contributed, 13,
                [d.Integers(t, 4, 9), Scalar(0.05f), Scalar(t, 30), Scalar(0.004f), Scalar(t, 0)], []);
            yield return new("QLinearLeakyRelu", Contributed, 13,
                [d.Integers(t, 4, 9), Scalar(0.05f), Scalar(t, 30), Scalar(0.04f), Scalar(t, 10)], [R("alpha", 0.1f)]);
            yield return new("QLinearGlobalAveragePool", Contributed, 13,
                [d.Integers(t, 2, 3, 5, 4), Scalar(0.05f), Scalar(t, 30), Scalar(0.02f), Scalar(t, 10)], [I("channels_last", 0)]);
            yield return new("QLinearAveragePool", Contributed, 13,
                [d.Integers(t, 2, 3, 6, 5), Scalar(0.05f), Scalar(t, 30), Scalar(0.02f), Scalar(t, 10)],
                [Ints("kernel_shape", 2, 3), Ints("strides", 2, 1), Ints("pads", 1, 0, 0, 1), I("count_include_pad", d.Next(0, 2))]);
            yield return new("QLinearAveragePool", Contributed, 13,
                [d.Integers(t, 2, 6, 5, 3), Scalar(0.05f), Scalar(t, 30), Scalar(0.02f), Scalar(t, 10)],
                [Ints("kernel_shape", 2, 3), I("channels_last", 1)]);
            yield return new("QLinearSoftmax", Contributed, 13,
                [d.Integers(t, 4, 9), Scalar(0.05f), Scalar(t, 30), Scalar(1 / 256f), Scalar(t, t == ElementType.Int8 ? -128 : 0)],
                [I("axis", -1), I("opset", 13)]);
            yield return new("QGemm", Contributed, 13,
                [d.Integers(ElementType.UInt8, 3, 8), Scalar(0.03f), Scalar(ElementType.UInt8, 20), d.Integers(t, 5, 8), Scalar(0.02f),
                Scalar(t, 4), d.Between(ElementType.Int32, -999, 999, 5), Scalar(0.2f), Scalar(ElementType.UInt8, 100)],
                [I("transB", 1), R("alpha", 1)]);
            foreach (string mode in new[] { "asymmetric", "half_pixel", "align_corners" })
                yield return new("Resize", "", 13, [d.Integers(t, 1, 2, 5, 4), null, null, L(1, 2, d.Next(2, 11), d.Next(2, 11))],
                    [S("mode", "nearest"), S("coordinate_transformation_mode", mode), S("nearest_mode", "floor")]);
        }
        yield return new("QuantizeLinear", Contributed, 13, [d.Floats(3, 7), Scalar(0.0001f), Scalar(ElementType.UInt16, 30000)], []);
        yield return new("DynamicQuantizeLinear", "", 11, [d.Floats(5, 6)], [], 3);
        foreach (ElementType t in new[] { ElementType.Int32, ElementType.Int64 })
        {
            foreach (string op in new[] { "Add", "Sub", "Mul", "Min", "Max" }) yield return new(op, "", 14,
                [d.Integers(t, 3, 1, 4), d.Integers(t, 2, 1)], []);
            yield return new("Pow", "", 15, [d.Between(t, -9, 9, 3, 4), d.Between(ElementType.Int32, 0, 6, 4)], []);
            yield return new("ArgMin", "", 13, [d.Integers(ElementType.Int32, 4, 6)], [I("axis", 1)]);
            yield return new("Div", "", 14, [d.Integers(t, 3, 4), d.Between(t, 1, 99, 4)], []);
            yield return new("Mod", "", 14, [d.Integers(t, 3, 4), d.Between(t, -99, -1, 4)], []);
            yield return new("Mod", "", 14, [d.Integers(t, 3, 4), d.Between(t, -99, -1, 4)], [I("fmod", 1)]);
            yield return new("Gather", "", 13, [d.Integers(t, 3, 4, 2), d.Between(ElementType.Int64, -4, 3, 2, 2)], [I("axis", 1)]);
            yield return new("ReduceSum", "", 13, [d.Between(t, -9999, 9999, 3, 4, 2), L(0, 2)], [I("keepdims", d.Next(0, 2))]);
            yield return new("Slice", "", 13, [d.Integers(t, 6, 5), L(5, -4), L(long.MinValue, long.MaxValue), L(0, 1), L(-2, 1)], []);
            yield return new("OneHot", "", 11, [d.Between(ElementType.Int64, -7, 7, 3, 4), L(6), L(5, 9)], [I("axis", d.Next(-1, 2))]);
            yield return new("Cast", "", 13, [d.Integers(t, 4, 9)], [I("to", ElementType.Int8.OnnxCode())]);
            yield return new("Cast", "", 13, [d.Integers(t, 4, 9)], [I("to", ElementType.Bool.OnnxCode())]);
            yield return new("Where", "", 16, [d.Bools(3, 1), d.Integers(t, 3, 4), d.Integers(t, 4)], []);
            yield return new("ArgMax", "", 13, [d.Between(ElementType.Int32, -3, 3, 4, 6)],
                [I("axis", 1), I("select_last_index", d.Next(0, 2)), I("keepdims", 0)]);
            yield return new("Pad", "", 13, [d.Integers(t, 3, 4), L(1, 0, 2, 1), Scalar(t, -5)], []);
        }
    }

    private static Tensor Positive(Tensor t) => Tensor.OfFloats(Array.ConvertAll(t.Floats, v => (Math.Abs(v) + 0.125f) / 64), t.Shape);
}
