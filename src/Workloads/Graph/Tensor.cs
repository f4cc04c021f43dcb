namespace Sim.Workloads.Graph;

/// <summary>Element types of tensors: those of ONNX but strings, complex numbers. Names are ONNX's, their case apart.</summary>
public enum ElementType : byte
{
    Float32, Float64, Float16, Int8, UInt8, Int16, UInt16, Int32, UInt32, Int64, UInt64, Bool,
    BFloat16, Float8E4M3FN, Float8E4M3FNUZ, Float8E5M2, Float8E5M2FNUZ, Float8E8M0, Float4E2M1, Int4, UInt4, Int2, UInt2,
}

/// <summary>
/// Dense row-major tensor that keeps its element type: <see cref="Data"/> is an array of <see cref="ElementTypes.Storage"/>. Integers of 2
/// and 4 bits take a byte each, Float16 and BFloat16 are held as float[], floats of at most 8 bits as their codes. Shape entries are ≥ 0; a
/// scalar has an empty shape.
/// Tensors are immutable by convention: whoever is handed one must not write to it.
/// </summary>
public sealed class Tensor
{
    // Users of one element after the other share a widened copy while it lives.
    private WeakReference<long[]>? _widened;

    /// <summary>
    /// A tensor of an array of the type's storage; the count is the product of the shape. For an integer type long[] is taken too and made
    /// narrow: each value must lie in the type's range.
    /// </summary>
    public Tensor(ElementType type, int[] shape, Array data)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(data);
        int count = 1;
        foreach (int d in shape) count *= d;
        if (count != data.Length) throw new ArgumentException($"shape [{string.Join(',', shape)}] holds {count} elements, data has {data.Length}", nameof(data));
        Type = type;
        Shape = shape;
        // The runtime takes an sbyte[] for a byte[] in a pattern, hence the comparison of types.
        Type element = data.GetType().GetElementType()!;
        Data = element == type.Storage() ? data
            : element == typeof(long) && !type.IsReal() ? TensorStorage.Narrow(type, (long[])data)
            : throw new ArgumentException($"a {type} tensor is held as {type.Storage().Name}[], not as {element.Name}[]", nameof(data));
    }

    /// <summary>Element type.</summary>
    public ElementType Type { get; }

    /// <summary>Dimensions, outermost first.</summary>
    public int[] Shape { get; }

    /// <summary>Number of elements.</summary>
    public int Count => Data.Length;

    /// <summary>The elements as they are held: an array of the type's <see cref="ElementTypes.Storage"/>.</summary>
    public Array Data { get; }

    /// <summary>Values of a tensor of any float type but Float64; those of at most 8 bits are decoded, anew at each call.</summary>
    public float[] Floats => Data as float[]
        ?? (Type.IsCoded() ? ElementCodes.Decode(Type, Codes) : throw new NetworkException($"a {Type} tensor holds no float32 values"));

    /// <summary>Values of a Float64 tensor.</summary>
    public double[] Doubles => Data as double[] ?? throw new NetworkException($"a {Type} tensor holds no float64 values");

    /// <summary>Codes of a tensor of floats of at most 8 bits.</summary>
    public ReadOnlySpan<byte> Codes => Type.IsCoded() ? (byte[])Data : throw new NetworkException($"a {Type} tensor holds no codes");

    /// <summary>
    /// Values of an integer or Bool tensor, each widened to 64 bits (UInt64: the pattern). Eight bytes an element: for small tensors; else
    /// <see cref="Span"/>,
    /// <see cref="Integer"/> or <see cref="CopyIntegers(int, Span{int})"/>.
    /// </summary>
    public long[] Integers
    {
        get
        {
            if (Type == ElementType.Int64) return (long[])Data;
            if (_widened is not null && _widened.TryGetTarget(out long[]? known)) return known;
            var wide = new long[Count];
            CopyIntegers(0, wide);
            _widened = new WeakReference<long[]>(wide);
            return wide;
        }
    }

    /// <summary>The elements without a copy; T must be the type's storage.</summary>
    public ReadOnlySpan<T> Span<T>() where T : unmanaged => typeof(T) == Type.Storage()
        ? (T[])Data : throw new InvalidOperationException($"a {Type} tensor is held as {Type.Storage().Name}, not {typeof(T).Name}");

    /// <summary>One element of an integer or Bool tensor (UInt64: the pattern).</summary>
    public long Integer(int index) => TensorStorage.Integer(this, index);

    /// <summary>One element of any tensor as a double; integers beyond 53 bits are rounded.</summary>
    public double Real(int index) => Type switch
    {
        ElementType.Float64 => ((double[])Data)[index],
        ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16 => ((float[])Data)[index],
        ElementType.UInt64 => ((ulong[])Data)[index],
        _ => Type.IsCoded() ? ElementCodes.Decode(Type, ((byte[])Data)[index]) : Integer(index),
    };

    /// <summary>Elements [from, from + length of to) of an integer tensor.</summary>
    public void CopyIntegers(int from, Span<long> to) => TensorStorage.CopyIntegers(this, from, to);

    /// <summary>Elements [from, from + length of to) of an integer tensor; OverflowException when one has more than 32 bits.</summary>
    public void CopyIntegers(int from, Span<int> to) => TensorStorage.CopyIntegers(this, from, to);

    /// <summary>Every value as float32, rounded where it must be; the array of a float32 tensor itself.</summary>
    public float[] ToFloats()
    {
        if (Type.IsReal() && Type != ElementType.Float64) return Floats;
        var floats = new float[Count];
        for (int i = 0; i < floats.Length; i++) floats[i] = Type == ElementType.Int64 ? Integer(i) : Type == ElementType.UInt64
            ? unchecked((ulong)Integer(i)) : (float)Real(i);
        return floats;
    }

    /// <summary>Least and greatest value of an integer tensor that is not empty.</summary>
    public (long Minimum, long Maximum) IntegerBounds() => TensorStorage.Bounds(this);

    /// <summary>A Float32 tensor.</summary>
    public static Tensor OfFloats(float[] data, params int[] shape) => new(ElementType.Float32, shape, data);

    /// <summary>An integer tensor.</summary>
    public static Tensor OfIntegers(ElementType type, long[] data, params int[] shape) => new(type, shape, data);

    /// <summary>A tensor of zeros (Float8E8M0 has none: its code 0).</summary>
    public static Tensor Zeros(ElementType type, params int[] shape) =>
        new(type, shape, Array.CreateInstance(type.Storage(), Shapes.Count(shape)));
}
