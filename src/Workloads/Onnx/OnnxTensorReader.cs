using Sim.Workloads.Graph;
using Sim.Workloads.Onnx.Messages;

namespace Sim.Workloads.Onnx;

/// <summary>Turns a TensorProto into a <see cref="Tensor"/>: raw data, typed data or external data, all element types of
/// <see cref="ElementTypes"/>.</summary>
internal sealed class OnnxTensorReader(Action<string, string> report, ModelSource source, ExternalData? external)
{
    private const int RawData = 9;

    /// <summary>The tensor, or null after reporting what is wrong with it. <paramref name="what"/> names it in messages.</summary>
    public Tensor? Read(TensorProto proto, string what)
    {
        if (ElementTypes.FromOnnx(proto.DataType) is not { } type)
        {
            report("ONX020", $"{what} has element type {ElementTypes.OnnxName(proto.DataType)}; supported are {ElementTypes.Supported}");
            return null;
        }
        if (Shape(proto, what) is not { } shape) return null;
        int count = Shapes.Count(shape);
        if (proto.DataLocation == 1)
        {
            if (external is not null) return external.Read(proto, what, type, shape);
            report("ONX024", $"{what} is kept in an external file, which is allowed in a model only");
            return null;
        }
        Piece[] pieces = [.. Enumerable.Range(0, proto.Elsewhere.Count / 3)
            .Select(i => new Piece((int)proto.Elsewhere[3 * i], proto.Elsewhere[3 * i + 1], proto.Elsewhere[3 * i + 2]))];
        // A field that is written twice counts as the last.
        if (Array.FindLast(pieces, p => p.Field == RawData) is { } raw)
        {
            if (raw.Length == type.StoredBytes(count)) return ElementBytes.Read(type, shape, Raw(raw));
            report("ONX021", $"{what} of shape {Shapes.Text(shape)} needs {type.StoredBytes(count)} bytes of {type}, found {raw.Length}");
            return null;
        }
        return new TypedData(source, report, proto, pieces).Read(what, type, shape, count);
    }

    private FillBytes Raw(Piece raw)
    {
        long at = raw.Offset;
        return to =>
        {
            source.Read(at, to);
            at += to.Length;
        };
    }

    private int[]? Shape(TensorProto proto, string what)
    {
        var shape = new int[proto.Dims.Count];
        for (int i = 0; i < shape.Length; i++)
        {
            if (proto.Dims[i] is < 0 or > int.MaxValue)
            {
                report("ONX022", $"{what} has dimension {proto.Dims[i]}; allowed are 0 to {int.MaxValue}");
                return null;
            }
            shape[i] = (int)proto.Dims[i];
        }
        try
        {
            Shapes.Count(shape);
            return shape;
        }
        catch (NetworkException e)
        {
            report("ONX022", $"{what}: {e.Message}");
            return null;
        }
    }
}

/// <summary>A field of tensor data and where its content lies in the model.</summary>
internal sealed record Piece(int Field, long Offset, long Length);
