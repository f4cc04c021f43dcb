using Sim.Foundation.Diagnostics;
using Sim.Workloads.Data;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx;

namespace Sim.Tests;

/// <summary>Networks that users of other tools met, each with the value that its README derives from the standard.</summary>
public sealed class OperatorCaseTests
{
    private static readonly object[] Cases =
    [
        new object[] { "cast-double-to-half/net.onnx", "x.npy", new[] { 1.0009765625, 1, 65504 } },
        new object[] { "dequantize-output-type/alone.onnx", "x.npy", new double[] { 2048, 2052, -3 } },
        new object[] { "dequantize-scale-zero/net.onnx", "x.npy", new[] { -15, 0, 8.75 } },
        new object[] { "matmulinteger-nd-zero-point/net.onnx", "a.npy", new double[] { 4, 13, 4, 13, 4, 13, 4, 13 } },
        new object[] { "onnx-float8-weights/net.onnx", "x.npy", new[] { 448.5, -0.998046875 } },
        new object[] { "onnx-float8-weights/quantize.onnx", "x5.npy", new double[] { 448, 448, 448, 4, -448 } },
        new object[] { "onnx-int4-weights/raw.onnx", "x.npy", new[] { -21.75, 46, 13.5 } },
        new object[] { "onnx-int4-weights/int32.onnx", "x.npy", new[] { -21.75, 46, 13.5 } },
        new object[] { "onnx-int4-weights/int32_signed.onnx", "x.npy", new[] { -21.75, 46, 13.5 } },
        new object[] { "onnxruntime-contrib-operators/qlinearadd.onnx", "a.npy", new double[] { 126, 14, 255, 217 } },
        new object[] { "onnxruntime-contrib-operators/matmulnbits.onnx", "x.npy", new double[] { 8, 16 } },
        new object[] { "resize-nearest-tie/net.onnx", "x.npy", new double[] { 1, 5, 8, 11, 15, 18 } },
    ];

    [TestCaseSource(nameof(Cases))]
    public void The_case_gives_its_value(string model, string data, double[] expected)
    {
        Tensor y = Run(model, data);
        Assert.That(Enumerable.Range(0, y.Count).Select(i => y.Real(i)), Is.EqualTo(expected));
    }

    [Test]
    public void Sixteen_bits_of_com_microsoft_come_back_within_half_a_step()
    {
        Tensor v = TensorFile.Read(ReferenceData.Shared("cases/onnxruntime-contrib-operators/v.npy"), new DiagnosticBag())!,
            y = Run("onnxruntime-contrib-operators/qdq16.onnx", "v.npy");
        Assert.That(y.Count, Is.EqualTo(v.Count).And.GreaterThan(0));
        for (int i = 0; i < v.Count; i++) Assert.That(y.Real(i), Is.EqualTo(v.Real(i)).Within(0.00050001));
    }

    [Test]
    public void The_output_type_of_DequantizeLinear_is_that_of_what_follows()
    {
        Tensor y = Run("dequantize-output-type/net.onnx", "x.npy");
        Assert.That(y.Type, Is.EqualTo(ElementType.Float16));
    }

    [Test]
    public void A_training_mode_that_is_no_Bool_is_refused()
    {
        var bag = new DiagnosticBag();
        Assert.That(OnnxReader.Load(ReferenceData.Shared("cases/faults/onnx_dropout_float_mode.onnx"), bag), Is.Null);
        Assert.That(bag.ToString(), Does.Contain("ONX044").And.Contain("training_mode must be one Bool"));
    }

    private static Tensor Run(string model, string data)
    {
        var bag = new DiagnosticBag();
        string path = ReferenceData.Shared($"cases/{model}");
        NetworkGraph? graph = OnnxReader.Load(path, bag);
        Tensor? x = TensorFile.Read(Path.Combine(Path.GetDirectoryName(path)!, data), bag);
        Assert.That(bag.ToString(), Is.Empty);
        return GraphExecutor.Run(graph!, new Dictionary<string, Tensor> { [graph!.Inputs[0].Name] = x! })[graph.Outputs[0].Name];
    }
}
