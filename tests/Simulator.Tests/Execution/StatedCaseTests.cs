using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Simulator.Execution;
using Sim.Tests;
using Sim.Workloads.Data;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx;
using Sim.Workloads.Quantization;

namespace Sim.Simulator.Tests.Execution;

/// <summary>Small networks of ../shared/cases whose right outputs their READMEs derive from the standards: the machine that holds the
/// stated numbers computes exactly those.</summary>
public class StatedCaseTests
{
    [TestCase("qcdq-4bit-run", "net.onnx", "int4", 16, new[] { -6.5625f, 7.5f })]
    [TestCase("qcdq-4bit-run", "net.onnx", "int8", 32, new[] { -6.5625f, 7.5f })]
    [TestCase("qcdq-4bit-run", "net.onnx", "fp16", 0, new[] { -6.5625f, 7.5f })]
    [TestCase("qonnx-4bit-run", "net.onnx", "int4", 16, new[] { -6.5625f, 7.5f })]
    [TestCase("qonnx-4bit-run", "net.onnx", "int8", 32, new[] { -6.5625f, 7.5f })]
    [TestCase("qonnx-4bit-run", "net.onnx", "e4m3", 0, new[] { -6.5625f, 7.5f })]
    [TestCase("qdq-weight-transpose", "net.onnx", "int8", 32, new[] { 683.5f, 34.375f })]
    [TestCase("qdq-weight-zero-point", "net.onnx", "int8", 32, new[] { 133.5f, 38.5f })]
    [TestCase("matmulinteger-run", "net.onnx", "int8", 32, new[] { 161.5f, 66.5f })]
    [TestCase("matmulinteger-run", "net.onnx", "int9", 40, new[] { 161.5f, 66.5f })]
    [TestCase("onnx-float8-weights", "net.onnx", "fp32", 0, new[] { 448.5f, -0.998046875f })]
    public void TheStatedNumbersAreTaken(string folder, string file, string format, int bits, float[] right)
    {
        (NetworkGraph graph, Tensor samples) = Load(folder, file, "x.npy");
        AccuracyResult found = Evaluate(graph, samples, Spec(format, bits), out float[] reference);
        Assert.That(reference, Is.EqualTo(right), "the executor");
        Assert.That(found.Totals.OutputSqnrDb, Is.EqualTo(double.PositiveInfinity));
        Assert.That(found.Layers.Values.Sum(l => l.SaturatedInputs), Is.Zero);
        Assert.That(found.Warnings, Is.Empty);
    }

    /// <summary>The weights alone are stated; the samples happen to be integers that absmax scales exactly or nearly so.</summary>
    [TestCase("onnx-int4-weights", "raw.onnx", new[] { -21.75f, 46, 13.5f })]
    [TestCase("onnx-int4-weights", "int32.onnx", new[] { -21.75f, 46, 13.5f })]
    [TestCase("onnx-int4-weights", "int32_signed.onnx", new[] { -21.75f, 46, 13.5f })]
    [TestCase("dequantize-scale-zero", "net.onnx", new[] { -15f, 0, 8.75f })]
    [TestCase("onnx-float8-weights", "net.onnx", new[] { 448.5f, -0.998046875f })]
    public void WeightsAloneAreTakenToo(string folder, string file, float[] right)
    {
        (NetworkGraph graph, Tensor samples) = Load(folder, file, "x.npy");
        DatapathSpec spec = folder.Contains("float8", StringComparison.Ordinal) ? Spec("e4m3", 0)
            : new("t", FormatCatalogue.Parse("int8"), FormatCatalogue.Parse("int16"), new IntegerAccumulator(40, RegisterOverflow.Wrap));
        AccuracyResult found = Evaluate(graph, samples, spec, out float[] reference);
        Assert.That(reference, Is.EqualTo(right), "the executor");
        Assert.That(found.Totals.OutputSqnrDb, Is.GreaterThan(80), "16-bit samples");
        Assert.That(found.Warnings, Is.Empty);
    }

    /// <summary>12 bits wrap at 2048: the sums of the case lie beyond, so every one of them is another number.</summary>
    [TestCase(RegisterOverflow.Wrap)]
    [TestCase(RegisterOverflow.Saturate)]
    public void ANarrowRegisterWrapsOrSaturatesUnderMatMulInteger(RegisterOverflow overflow)
    {
        (NetworkGraph graph, Tensor samples) = Load("matmulinteger-run", "net.onnx", "x.npy");
        var spec = new DatapathSpec("t", FormatCatalogue.Parse("int8"), FormatCatalogue.Parse("int8"),
            new IntegerAccumulator(12, overflow));
        AccuracyResult found = Evaluate(graph, samples, spec, out _);
        Assert.That(found.Layers["mmi"].OverflowedOutputs, Is.Positive);
        Assert.That(found.Layers["mmi"].AccumulatorMinimum, Is.GreaterThanOrEqualTo(-2048));
        Assert.That(found.Layers["mmi"].AccumulatorMaximum, Is.LessThanOrEqualTo(2047));
        Assert.That(found.Totals.OutputSqnrDb, Is.LessThan(40));
    }

    [Test]
    public void BehindAFloatLayerMatMulIntegerIsExecutedToo()
    {
        (NetworkGraph graph, Tensor samples) = Load("matmulinteger-run", "mixed.onnx", "x.npy");
        AccuracyResult found = Evaluate(graph, samples, Spec("int8", 32), out _);
        Assert.That(found.Layers.Keys, Is.EquivalentTo(new[] { "fc1", "mmi" }));
        Assert.That(found.Warnings, Is.Empty);
        AccuracyResult beside = Evaluate(graph, samples, Spec("e4m3", 0), out _);
        Assert.That(beside.Layers.Keys, Is.EquivalentTo(new[] { "fc1" }));
        Assert.That(beside.Warnings, Has.Length.EqualTo(1).And.All.StartWith("NET031: layer 'mmi' (MatMulInteger)").And.All.Contain("e4m3"));
    }

    internal static DatapathSpec Spec(string format, int bits)
    {
        INumberFormat of = FormatCatalogue.Parse(format);
        return new("t", of, of, bits > 0 ? new IntegerAccumulator(bits, RegisterOverflow.Wrap)
            : new FloatAccumulator(FormatCatalogue.Parse("fp32"), Sim.Datapath.RoundingMode.NearestEven, Sim.Datapath.OverflowPolicy.Ieee));
    }

    internal static AccuracyResult Evaluate(NetworkGraph graph, Tensor samples, DatapathSpec spec, out float[] reference)
    {
        EvaluationData data = EvaluationData.Of(samples);
        PreparedNetwork network = PreparedNetwork.Create(graph, data, null, Recipe.Default, 2);
        Tensor output = Workloads.Execution.GraphExecutor.Run(graph, new Dictionary<string,
            Tensor> { [graph.Inputs[0].Name] = data.In(graph.Inputs[0]).Inputs })[graph.Outputs[0].Name];
        reference = output.Type.IsReal() ? output.Floats : Array.ConvertAll(output.Integers, v => (float)v);
        return AccuracyEvaluator.Evaluate(AccuracyPlan.Create(network, spec, Recipe.Default, _ => new ReductionOrder(0)), 2);
    }

    private static (NetworkGraph Graph, Tensor Samples) Load(string folder, string file, string data)
    {
        string at = ReferenceData.Shared(Path.Combine("cases", folder));
        var bag = new DiagnosticBag();
        NetworkGraph? graph = OnnxReader.Load(Path.Combine(at, file), bag);
        Tensor? samples = TensorFile.Read(Path.Combine(at, data), bag);
        Assert.That(bag.Sorted, Is.Empty);
        return (graph!, samples!);
    }
}
