using Microsoft.ML.OnnxRuntime;
using Sim.Workloads.Graph;

namespace Sim.Tests;

/// <summary>Runs ONNX bytes in onnxruntime on one thread, its optimizer off: that changes the low bits of results.</summary>
internal static class OnnxRuntimeOracle
{
    internal static Tensor[] Run(byte[] model, IReadOnlyList<(string Name, Tensor Value)> inputs, IReadOnlyList<string> outputs)
    {
        using var options = new SessionOptions { GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL, IntraOpNumThreads = 1,
            InterOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        using var session = new InferenceSession(model, options);
        using var run = new RunOptions();
        OrtValue[] values = [.. inputs.Select(i => Value(i.Value))];
        try
        {
            using IDisposableReadOnlyCollection<OrtValue> results = session.Run(run, [.. inputs.Select(i => i.Name)], values, [.. outputs]);
            return [.. results.Select(Read)];
        }
        finally
        {
            foreach (OrtValue v in values) v.Dispose();
        }
    }

    private static OrtValue Value(Tensor t)
    {
        long[] shape = [.. t.Shape.Select(d => (long)d)];
        OrtValue Of<T>(T[] data) where T : unmanaged => OrtValue.CreateTensorValueFromMemory(data, shape);
        return t.Type switch
        {
            ElementType.Float32 => Of((float[])t.Floats.Clone()),
            ElementType.Float64 => Of((double[])t.Doubles.Clone()),
            ElementType.Float16 => Of(Array.ConvertAll(t.Floats, f => new Float16(BitConverter.HalfToUInt16Bits((Half)f)))),
            ElementType.Int8 => Of(t.Span<sbyte>().ToArray()),
            ElementType.UInt8 => Of(t.Span<byte>().ToArray()),
            ElementType.Int16 => Of(t.Span<short>().ToArray()),
            ElementType.UInt16 => Of(t.Span<ushort>().ToArray()),
            ElementType.Int32 => Of(t.Span<int>().ToArray()),
            ElementType.Int64 => Of(t.Span<long>().ToArray()),
            ElementType.Bool => Of(t.Span<bool>().ToArray()),
            _ => throw new ArgumentOutOfRangeException(nameof(t), t.Type, "not handed over here"),
        };
    }

    private static Tensor Read(OrtValue value)
    {
        OrtTensorTypeAndShapeInfo info = value.GetTensorTypeAndShape();
        int[] shape = [.. info.Shape.Select(d => (int)d)];
        Tensor Of<T>(ElementType type) where T : unmanaged => new(type, shape, value.GetTensorDataAsSpan<T>().ToArray());
        return info.ElementDataType switch
        {
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float => Of<float>(ElementType.Float32),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Double => Of<double>(ElementType.Float64),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float16 =>
                new Tensor(ElementType.Float16, shape,
                    Array.ConvertAll(value.GetTensorDataAsSpan<Float16>().ToArray(), h => (float)BitConverter.UInt16BitsToHalf(h.value))),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Int8 => Of<sbyte>(ElementType.Int8),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.UInt8 => Of<byte>(ElementType.UInt8),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Int16 => Of<short>(ElementType.Int16),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.UInt16 => Of<ushort>(ElementType.UInt16),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Int32 => Of<int>(ElementType.Int32),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Int64 => Of<long>(ElementType.Int64),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Bool => Of<bool>(ElementType.Bool),
            _ => throw new ArgumentOutOfRangeException(nameof(value), info.ElementDataType, "not read here"),
        };
    }
}
