namespace Sim.Workloads.Graph;

/// <summary>Element types of tensors, those of ONNX that inference graphs use.</summary>
public enum ElementType : byte { Float32, Float64, Float16, Int8, UInt8, Int16, UInt16, Int32, UInt32, Int64, UInt64, Bool }

/// <summary>
/// Dense row-major tensor. Float32, Float64, Float16 values are held as float[] or double[]; every integer type and Bool as long[]
/// (values in the range of <see cref="Type"/>). Shape entries are ≥ 0; a scalar has an empty shape. Tensors are immutable by convention: whoever is handed one must not write to it.
/// </summary>
public sealed class Tensor
{
    private readonly Array _data;

    /// <summary>float[] for Float32/Float16, double[] for Float64, long[] for integers and Bool; length = product of shape.</summary>
    public Tensor(ElementType type, int[] shape, Array data)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(data);
        int count = 1;
        foreach (int d in shape) count *= d;
        if (count != data.Length) throw new ArgumentException($"shape [{string.Join(',', shape)}] holds {count} elements, data has {data.Length}", nameof(data));
        Type = type;
        Shape = shape;
        _data = data;
    }

    /// <summary>Element type.</summary>
    public ElementType Type { get; }

    /// <summary>Dimensions, outermost first.</summary>
    public int[] Shape { get; }

    /// <summary>Number of elements.</summary>
    public int Count => _data.Length;

    /// <summary>Values of a Float32 or Float16 tensor; throws InvalidOperationException for another type.</summary>
    public float[] Floats => _data as float[] ?? throw new InvalidOperationException($"a {Type} tensor holds no float32 values");

    /// <summary>Values of a Float64 tensor.</summary>
    public double[] Doubles => _data as double[] ?? throw new InvalidOperationException($"a {Type} tensor holds no float64 values");

    /// <summary>Values of an integer or Bool tensor.</summary>
    public long[] Integers => _data as long[] ?? throw new InvalidOperationException($"a {Type} tensor holds no integers");

    /// <summary>A Float32 tensor.</summary>
    public static Tensor OfFloats(float[] data, params int[] shape) => new(ElementType.Float32, shape, data);

    /// <summary>An integer tensor.</summary>
    public static Tensor OfIntegers(ElementType type, long[] data, params int[] shape) => new(type, shape, data);
}
