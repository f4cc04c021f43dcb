using Sim.Datapath;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Data;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx;
using static Sim.Tests.OnnxBytes;

namespace Sim.Tests;

/// <summary>Element types by the words of onnx.proto (TensorProto) and of OCP OFP8 and MX.</summary>
public class ElementTypeTests
{
    // onnx.proto: two 4-bit elements a byte, the first in the low half; four 2-bit elements likewise; an int32_data entry counts with its
    // low 8 bits.
    private static readonly object[] PackedCases =
    [
        new object[] { 22, new byte[] { 0x8F, 0x07 }, new long[] { 143, 7 }, new long[] { -1, -8, 7 } },
        new object[] { 22, new byte[] { 0x8F, 0x07 }, new long[] { -113, 7 }, new long[] { -1, -8, 7 } },
        new object[] { 21, new byte[] { 0x8F, 0xF7 }, new long[] { 143, -9 }, new long[] { 15, 8, 7 } },
        new object[] { 26, new byte[] { 0b11_10_01_00, 0b11 }, new long[] { -28, 3 }, new long[] { 0, 1, -2, -1, -1 } },
        new object[] { 25, new byte[] { 0b11_10_01_00, 0b10 }, new long[] { 228, 2 }, new long[] { 0, 1, 2, 3, 2 } },
    ];

    [TestCaseSource(nameof(PackedCases))]
    public void PackedIntegersAreReadFromBytesAndFromTypedData(int code, byte[] raw, long[] entries, long[] meant)
    {
        foreach (byte[] data in new[] { Block(9, raw), Block(5, Join(entries.Select(e => Varint(unchecked((ulong)e))))) })
            Assert.That(Constant(TensorBytes("t", code, [meant.Length], data)).Integers, Is.EqualTo(meant));
        Tensor made = Tensor.OfIntegers(ElementTypes.FromOnnx(code)!.Value, meant, meant.Length);
        int used = meant.Length % (8 / made.Type.Bits()) * made.Type.Bits();
        byte[] whole = (byte[])raw.Clone();
        whole[^1] &= (byte)((1 << used) - 1);
        Assert.That(ElementBytes.Write(made), Is.EqualTo(whole));
    }

    // OCP OFP8 §5, OCP MX §5.3.3 and §5.4.1, Noune et al. for FNUZ; bfloat16 is the high half of binary32.
    [TestCase(17, new byte[] { 0x38, 0xC0, 0x7E, 0x01, 0x7F }, new[] { 1f, -2f, 448f, 0.001953125f, float.NaN })]
    [TestCase(18, new byte[] { 0x40, 0x7F, 0x80, 0x01 }, new[] { 1f, 240f, float.NaN, 0.0009765625f })]
    [TestCase(19, new byte[] { 0x3C, 0x7B, 0x7C, 0xFC, 0x01 },
        new[] { 1f, 57344f, float.PositiveInfinity, float.NegativeInfinity, 1.52587890625e-5f })]
    [TestCase(20, new byte[] { 0x40, 0x7F, 0x80 }, new[] { 1f, 57344f, float.NaN })]
    [TestCase(24, new byte[] { 127, 130, 255, 126 }, new[] { 1f, 8f, float.NaN, 0.5f })]
    [TestCase(23, new byte[] { 0x72, 0x0F }, new[] { 1f, 6f, -6f })]
    [TestCase(16, new byte[] { 0x80, 0x3F, 0x80, 0x7F }, new[] { 1f, float.PositiveInfinity })]
    public void SmallFloatsAreDecoded(int code, byte[] raw, float[] meant)
    {
        Tensor t = Constant(TensorBytes("t", code, [meant.Length], Block(9, raw)));
        Assert.That(t.Floats, Is.EqualTo(meant));
        Assert.That(ElementBytes.Write(t), Is.EqualTo(raw));
        if (code == 16) return;
        Tensor typed = Constant(TensorBytes("t", code, [meant.Length],
            Block(5, Join(raw.Select(b => Varint(unchecked((ulong)(sbyte)b)))))));
        Assert.That(typed.Floats, Is.EqualTo(meant), "sign-extended entries");
    }

    // IEEE 754-2019 §5.4.2: one rounding. 1 + 2^-8 is midway between two bfloat16 numbers; what exceeds it by 2^-40 decides.
    [TestCase(ElementType.BFloat16, 1.00390625, 1f)]
    [TestCase(ElementType.BFloat16, 1.00390625 + 1.0 / (1L << 40), 1.0078125f)]
    [TestCase(ElementType.BFloat16, -1.01171875, -1.015625f)]
    [TestCase(ElementType.BFloat16, 3.39617752923046e38, float.PositiveInfinity)]
    [TestCase(ElementType.BFloat16, 3.3961775292304597e38, 3.3895314e38f)]
    [TestCase(ElementType.BFloat16, 1e-60, 0f)]
    [TestCase(ElementType.Float16, 1.00048828125 + 1.0 / (1L << 40), 1.0009765625f)]
    [TestCase(ElementType.Float16, 65519.99, 65504f)]
    public void NumbersAreRoundedOnce(ElementType type, double value, float rounded) =>
        Assert.That(ElementCodes.Round(type, value), Is.EqualTo(rounded));

    [Test]
    public void CodesSurviveDecodingAndEncoding()
    {
        int cases = 0;
        foreach (ElementType type in Enum.GetValues<ElementType>().Where(t => t.IsCoded()))
            for (int code = 0; code < 1 << type.Bits(); code++, cases++)
            {
                float value = ElementCodes.Decode(type, (byte)code);
                byte again = ElementCodes.Encode(type, value, Rounding.NearestEven);
                Assert.That(ElementCodes.Decode(type, again), Is.EqualTo(value), $"{type} {code}");
                if (!float.IsNaN(value)) Assert.That(again, Is.EqualTo(code), $"{type} {code}");
            }
        Assert.That(cases, Is.EqualTo(5 * 256 + 16));
    }

    [Test]
    public void EveryTypeKeepsItsOwnStorageAndWidensToTheSameNumbers()
    {
        ElementType[] types = [.. Enum.GetValues<ElementType>().Where(t => !t.IsReal())];
        Assert.That(types, Has.Length.EqualTo(13));
        foreach (ElementType type in types)
        {
            (long low, long high) = type.Range();
            long[] values = [low, 0, 1, high];
            Tensor t = Tensor.OfIntegers(type, values, 2, 2);
            Assert.That(t.Data.GetType().GetElementType(), Is.EqualTo(type.Storage()));
            Assert.That(t.Integers, Is.EqualTo(values), $"{type}");
            Assert.That(values.Select((_, i) => t.Integer(i)), Is.EqualTo(values), $"{type}");
            Assert.That(t.IntegerBounds(), Is.EqualTo((values.Min(), values.Max())), $"{type}");
            Assert.That(ElementBytes.Read(type, [2, 2], ElementBytes.Write(t)).Integers, Is.EqualTo(values), $"{type}");
            if (type.Bits() < 64) Assert.Throws<ArgumentException>(() => Tensor.OfIntegers(type, [high + 1], 1));
        }
    }

    [Test]
    public void OperatorsComputeWithNoTypeForStorage()
    {
        byte[] model = Model(21, Op("a", "Transpose", ["w"], ["t"]), Op("b", "Add", ["t", "t"], ["y"]),
            Initializer(TensorBytes("w", 22, [2], Block(9, [0x21]))), Output("y", 22, 2));
        var bag = new DiagnosticBag();
        Assert.That(OnnxReader.Load(model, "net.onnx", bag), Is.Null);
        Assert.That(bag.ToString(), Does.Contain("node 'b' (Add): does not compute with INT4, a type for storage"));
    }

    [TestCase("raw")]
    [TestCase("int32")]
    [TestCase("int32_signed")]
    public void FourBitWeightsOfEveryWriterAreTheSame(string file)
    {
        string path = ReferenceData.Shared($"cases/onnx-int4-weights/{file}.onnx");
        var bag = new DiagnosticBag();
        NetworkGraph graph = OnnxReader.Load(path, bag) ?? throw new AssertionException(bag.ToString());
        Tensor weights = graph.Constants.Values.Single(c => c.Type == ElementType.Int4);
        NetworkGraph raw = OnnxReader.Load(ReferenceData.Shared("cases/onnx-int4-weights/raw.onnx"), bag)!;
        Assert.That(weights.Integers, Is.EqualTo(raw.Constants.Values.Single(c => c.Type == ElementType.Int4).Integers));
        Assert.That(GraphExecutor.Run(graph, new Dictionary<string,
            Tensor> { [graph.Inputs[0].Name] = TensorFile.Read(ReferenceData.Shared("cases/onnx-int4-weights/x.npy"), bag)! })
            .Values.Single().Floats, Is.EqualTo(new[] { -21.75f, 46f, 13.5f }));
    }

    private static Tensor Constant(byte[] tensor)
    {
        var bag = new DiagnosticBag();
        NetworkGraph? graph = OnnxReader.Read(Model(21, Initializer(tensor), Output("t", 1, 1)), "net.onnx", bag);
        return (graph ?? throw new AssertionException(bag.ToString())).Constants["t"];
    }
}
