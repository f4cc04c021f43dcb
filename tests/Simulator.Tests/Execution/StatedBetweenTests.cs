using System.Collections.Immutable;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Simulator.Execution;
using Sim.Workloads.Graph;

namespace Sim.Simulator.Tests.Execution;

/// <summary>
/// What stands between a quantizer and its layer: either the stated integers arrive, and an int8 machine computes exactly what float32 does
/// (scales are powers of two), or a warning names the operator that lost them. Nothing is quantized again silently.
/// </summary>
public class StatedBetweenTests
{
    private static readonly DatapathSpec Int8 = new("t", FormatCatalogue.Parse("int8"), FormatCatalogue.Parse("int8"),
        new IntegerAccumulator(32, RegisterOverflow.Wrap));

    [Test]
    public void MovedAndPaddedIntegersArrive([Values("Pad", "Resize", "Max", "ReduceMax", "Cast")] string between)
    {
        AccuracyResult found = Evaluate(13, [.. Input("d"), Between(between)], "b");
        Assert.That(found.Warnings, Is.Empty);
        Assert.That(found.Totals.OutputSqnrDb, Is.EqualTo(double.PositiveInfinity));
    }

    [TestCase("Concat", "after node 'b' (Concat) they are not known to be integers of one scale")]
    [TestCase("Clip", "after node 'b' (Clip) they are not known to be integers of one scale")]
    [TestCase("Linear", "after node 'b' (Resize) they are not known to be integers of one scale")]
    [TestCase("PadBetween", "after node 'b' (Pad) they are not known to be integers of one scale")]
    public void AWarningNamesWhatLosesThem(string between, string reason)
    {
        AccuracyResult found = Evaluate(13, [.. Input("d"), .. Input("e", "s2"), Between(between)], "b");
        Assert.That(found.Warnings, Is.EqualTo(new[]
            { $"NET032: layer 'y' (Conv): the recipe quantizes the input again that the network states: {reason}" }));
        Assert.That(found.Totals.OutputSqnrDb, Is.InRange(30, 80));
    }

    [Test]
    public void ScalesByChannelBehindAView()
    {
        Node[] nodes = [Op("q", "QuantizeLinear", ["x", "sc"], ("axis", [2])), Op("d", "DequantizeLinear", ["q", "sc"], ("axis", [2])),
            Op("b", "Slice", ["d", "from", "to", "last"])];
        Assert.That(Evaluate(13, nodes, "b").Warnings,
            Has.Length.EqualTo(1).And.All.Contain("the input again that the network states: after node 'b' (Slice)"));
    }

    [Test]
    public void ScalesOfHalfPrecisionBeforeACast()
    {
        Node[] nodes = [Op("q", "QuantizeLinear", ["x", "s", "z"]), Op("d", "DequantizeLinear", ["q", "sh", "z"]),
            Op("b", "Cast", ["d"], ("to", [1]))];
        Assert.That(Evaluate(19, nodes, "b").Warnings,
            Has.Length.EqualTo(1).And.All.Contain("the input again that the network states: node 'd' (DequantizeLinear): its scale must be float32"));
    }

    [Test]
    public void WeightsBehindCastAndMul()
    {
        Node[] nodes = [.. Input("b"), Op("c", "Cast", ["w"], ("to", [1])), Op("v", "Mul", ["c", "s"])];
        Assert.That(Evaluate(13, nodes, "b", "v").Warnings,
            Is.EqualTo(new[] { "NET032: layer 'y' (Conv): the recipe quantizes the weights again that the network states: node 'c' (Cast) makes float numbers of its integers, whose scale no quantizer states" }));
    }

    [Test]
    public void NegativeNumbersOfAnUnsignedMachine()
    {
        var unsigned = Int8 with { Weight = FormatCatalogue.Parse("ue4m3"), Activation = FormatCatalogue.Parse("ue4m3"),
            Accumulator = new FloatAccumulator(FormatCatalogue.Parse("fp32"), Sim.Datapath.RoundingMode.NearestEven,
            Sim.Datapath.OverflowPolicy.Ieee) };
        ImmutableArray<string> warnings = Evaluate(13, [], "x", "f", unsigned).Warnings;
        Assert.That(warnings, Is.EqualTo(new[]
        {
            "NET034: layer 'y' (Conv): 1 of 4 weights are negative, and ue4m3 holds no negative numbers",
            "NET034: layer 'y' (Conv): 8 of 20 calibration values of its input are negative, and ue4m3 holds no negative numbers",
        }));
    }

    /// <summary>Every output of channel 4 beyond the largest float32 is Inf on both sides.</summary>
    [Test]
    public void AnInfiniteReferenceHasNoSqnr()
    {
        AccuracyResult found = Evaluate(13, [], "x", "f", step: 2.5e37f);
        Assert.That((found.Totals.OutputSqnrDb, found.Layers["y"].SqnrDb), Is.EqualTo((double.NegativeInfinity, double.NegativeInfinity)));
    }

    private static Node[] Input(string name, string scale = "s") =>
        [Op("q" + name, "QuantizeLinear", ["x", scale, "z"]), Op(name, "DequantizeLinear", ["q" + name, scale, "z"])];

    private static Node Between(string what) => what switch
    {
        "Pad" => Op("b", "Pad", ["d", "pads"]),
        "PadBetween" => Op("b", "Pad", ["d", "pads", "third"]),
        "Resize" => Op("b", "Resize", ["d", "", "twice"]),
        "Linear" => Op("b", "Resize", ["d", "", "twice"]) with
            { Attributes = ImmutableDictionary<string, NodeAttribute>.Empty.Add("mode", new NodeAttribute("mode", Text: "linear")) },
        "Max" => Op("b", "Max", ["d", "d"]),
        "ReduceMax" => Op("b", "ReduceMax", ["d"], ("axes", [2]), ("keepdims", [1])),
        "Cast" => Op("b", "Cast", ["d"], ("to", [1])),
        "Concat" => Op("b", "Concat", ["d", "e"], ("axis", [2])),
        _ => Op("b", "Clip", ["d", "third", "two"]),
    };

    // x [4, 1, 5] → … → Conv of one channel, four weights 1 × 1.
    private static AccuracyResult Evaluate(int opset, Node[] nodes, string input, string weights = "dw", DatapathSpec? spec = null,
        float step = 0.37f)
    {
        ImmutableDictionary<string, Tensor> constants = new Dictionary<string, Tensor>
        {
            ["s"] = Tensor.OfFloats([0.03125f], []), ["s2"] = Tensor.OfFloats([0.125f], []), ["sc"] = Tensor.OfFloats([1, 2, 4, 8, 16], 5),
                ["sh"] = new(ElementType.Float16, [], new[] { 0.03125f }),
            ["z"] = Tensor.OfIntegers(ElementType.Int8, [-5], []), ["pads"] = Tensor.OfIntegers(ElementType.Int64, [0, 0, 1, 0, 0, 2], 6),
                ["third"] = Tensor.OfFloats([1 / 3f], []), ["two"] = Tensor.OfFloats([2], []),
            ["twice"] = Tensor.OfFloats([1, 1, 2], 3), ["from"] = Tensor.OfIntegers(ElementType.Int64, [0], 1),
                ["to"] = Tensor.OfIntegers(ElementType.Int64, [3], 1), ["last"] = Tensor.OfIntegers(ElementType.Int64, [2], 1),
            ["w"] = Tensor.OfIntegers(ElementType.Int8, [-128, 3, 77, 127], 4, 1, 1), ["f"] = Tensor.OfFloats([-1, 0, 1, 2], 4, 1, 1),
        }.ToImmutableDictionary();
        Node[] all = [.. nodes, Op("dw", "DequantizeLinear", ["w", "s"]), Op("y", "Conv", [input, weights])];
        var graph = new NetworkGraph("between", opset, [new("x", ElementType.Float32, [-1, 1, 5])],
            [new("y", ElementType.Float32, [-1, 4, -1])], [.. all], constants,
            $"between {opset} {string.Join(',', all.Select(n => n.OpType))}");
        Tensor x = Tensor.OfFloats([.. Enumerable.Range(0, 20).Select(i => (i - 8) * step)], 4, 1, 5);
        return StatedCaseTests.Evaluate(graph, x, spec ?? Int8, out _);
    }

    private static Node Op(string name, string type, ImmutableArray<string> inputs, params (string Name, long[] Values)[] attributes) =>
        new(name, "", type, inputs, [name],
        attributes.ToImmutableDictionary(a => a.Name, a => a.Values.Length == 1 && a.Name != "axes"
            ? new NodeAttribute(a.Name, Integer: a.Values[0]) : new NodeAttribute(a.Name, Integers: [.. a.Values])));
}
