using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Workloads.Integers.Reading;

/// <summary>Quant (IntQuant), BipolarQuant and Trunc of QONNX.</summary>
internal static class QonnxQuantizers
{
    internal static void Quant(GraphReading reading, Node node)
    {
        if (reading.Constant(node, 3) is not { Count: 1 } bits)
        {
            reading.Error(node, "INT002",
                "its bit width is computed at run time or no scalar, so that the range of its values is unknown; allowed is a constant");
            return;
        }
        bool isSigned = node.Attributes.GetValueOrDefault("signed")?.Integer is not 0, narrow = LayerWeights.Flag(node, "narrow");
        float width = bits.Type.IsReal() ? bits.Floats[0] : bits.Integer(0);
        Read(reading, node, QonnxQuantizer.Of(node, width, isSigned, narrow, Mode(node, "ROUND")), 2);
    }

    internal static void Bipolar(GraphReading reading, Node node) => Read(reading, node, QonnxQuantizer.Bipolar, -1);

    private static void Read(GraphReading reading, Node node, QonnxQuantizer quantizer, int zeroIndex)
    {
        if (reading.Scales(node, 1, "scale") is not { } scales || Zeros(reading, node, zeroIndex) is not { } zeros) return;
        Interval type = new((long)quantizer.Low, (long)quantizer.High);
        int step = quantizer.IsBipolar ? 2 : 1;
        if (reading.Constant(node, 0) is { Type: ElementType.Float32 } x)
        {
            if (scales.Length > 1) scales = reading.Expanded(reading.Constant(node, 1)!, x.Shape).Floats;
            if (zeros.Length > 1) zeros =
                reading.Expanded(Tensor.OfIntegers(ElementType.Int64, zeros, reading.Constant(node, zeroIndex)!.Shape), x.Shape).Integers;
            if (x.Floats.Any(float.IsNaN)) reading.Error(node, "INT003", "its weights are not all numbers, so that they have no integers");
            long[] integers = [.. x.Floats.Select((v, i) => Integer(quantizer, v, At(scales, i), At(zeros, i), zeroIndex))];
            reading.Set(node, new Dequantized(new(Tensor.OfIntegers(ElementType.Int64, integers, x.Shape), type, [type]) { Step = step },
                scales, zeros));
            return;
        }
        Stored stored = new(null, type, [type]) { Step = step };
        if (scales.Length == 1 && zeros.Length == 1)
        {
            // QONNX adds the zero point before it rounds, QuantizeLinear after: with none, and for integers that are those already, both
            // give the same.
            bool isSame = reading.Value(node, 0) is Dequantized { Scales: [var s], Zeros: [var z], Integers.Constant: null } d
                && s == scales[0] && z == zeros[0] && type.Contains(d.Integers.Type);
            if (quantizer.IsNearestEven && !quantizer.IsBipolar && (zeros[0] == 0 || isSame)) stored =
                Quantizers.From(reading, reading.Value(node, 0), scales[0], zeros[0], type);
            else if (reading.Options.Boxes == BoxRule.Propagated && Ranges.Of(reading, node, 0) is { } range)
                stored = new(null, type, Ranges.Quantized(range, v => Integer(quantizer, v, scales[0], zeros[0], zeroIndex)), range.Inner)
                    { Step = step };
        }
        reading.Set(node, new Dequantized(stored, scales, zeros));
    }

    /// <summary>Version 1 (five inputs) drops low bits of known integers and keeps the scale; version 2 clips, so that its range is known
    /// whatever comes in.</summary>
    internal static void Trunc(GraphReading reading, Node node)
    {
        bool second = node.Inputs.Length == 6;
        if (reading.Scales(node, 1, "scale") is not [var scale] || Zeros(reading, node, 2) is not [var zero]) return;
        if (reading.Constant(node, 3) is not { Count: 1 } inputBits
            || reading.Constant(node, second ? 5 : 4) is not { Count: 1 } outputBits)
        {
            reading.Error(node, "INT002",
                "its bit widths are computed at run time, so that the range of its values is unknown; allowed are constants");
            return;
        }
        float bits = Number(outputBits);
        string mode = Mode(node, "FLOOR");
        bool isSigned = node.Attributes.GetValueOrDefault("signed")?.Integer is not 0;
        QonnxQuantizer range = QonnxQuantizer.Of(node, bits, isSigned, LayerWeights.Flag(node, "narrow"), mode);
        Func<float, float> round = QonnxQuantizer.Rounding(mode)!;
        if (!second)
        {
            // Nothing clips here: the integers are known when those that come in are.
            if (reading.Value(node, 0) is not Dequantized { Scales: [var s], Zeros: [var z], Integers: { } q } || s != scale
                || z != zero) return;
            float divisor = MathF.Pow(2, Number(inputBits) - bits);
            Interval Dropped(Interval b) => new((long)round((long)b.Low / divisor), (long)round((long)b.High / divisor));
            reading.Set(node, new Dequantized(new(null, Dropped(q.Type), [.. q.Box.Select(Dropped)], q.Inner), [scale], [zero]));
            return;
        }
        if (reading.Scales(node, 4, "output's scale") is not [var output]) return;
        float ratio = MathF.Pow(2, MathF.Round(MathF.Log2(output / scale), MidpointRounding.ToEven)), outputZero = zero / ratio;
        if (outputZero != MathF.Floor(outputZero))
        {
            reading.Error(node, "INT003", FormattableString.Invariant($"its zero point {zero} over {ratio} is no integer"));
            return;
        }
        Interval type = new((long)range.Low, (long)range.High);
        reading.Set(node, new Dequantized(new(null, type, [type]), [output], [(long)outputZero]));
    }

    // QONNX keeps zero points as floats; the value counts whatever type holds it.
    private static long[]? Zeros(GraphReading reading, Node node, int index)
    {
        if (index < 0) return [0];
        if (reading.Constant(node, index) is not { } t || t.Type == ElementType.Float64)
        {
            reading.Error(node, "INT002",
                "its zero point is computed at run time, so that the range of its values is unknown; allowed are constant zero points");
            return null;
        }
        if (!t.Type.IsReal()) return t.Integers;
        if (t.Floats.All(z => z == MathF.Floor(z) && MathF.Abs(z) <= int.MaxValue)) return Array.ConvertAll(t.Floats, z => (long)z);
        reading.Error(node, "INT003", "its zero point is no integer");
        return null;
    }

    // The sign decides in BipolarQuant, which has no zero point; its scale has no part in that.
    private static long Integer(QonnxQuantizer quantizer, float x, float scale, long zero, int zeroIndex)
    {
        float integer = zeroIndex < 0 ? quantizer.Integer(x, 1, 0) : quantizer.Integer(x, scale, zero);
        return float.IsNaN(integer) ? 0 : (long)integer;
    }

    private static T At<T>(T[] values, int index) => values[values.Length == 1 ? 0 : index];

    private static float Number(Tensor t) => t.Type.IsReal() ? t.Floats[0] : t.Integer(0);

    private static string Mode(Node node, string absent) => node.Attributes.GetValueOrDefault("rounding_mode")?.Text ?? absent;
}
