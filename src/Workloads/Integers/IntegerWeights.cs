using System.Collections;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Integers;

/// <summary>The weights of a layer in the narrowest array that holds them: those of a tensor are read where they are, without a
/// copy.</summary>
[CollectionBuilder(typeof(IntegerWeights), nameof(Create))]
public sealed class IntegerWeights : IReadOnlyList<int>
{
    // sbyte[], byte[], short[] or int[].
    private readonly Array _data;

    private IntegerWeights(Array data) => _data = data;

    /// <summary>No weights: they are known at run time only.</summary>
    public static IntegerWeights None { get; } = new(Array.Empty<sbyte>());

    /// <summary>Number of weights.</summary>
    public int Length => _data.Length;

    /// <inheritdoc/>
    int IReadOnlyCollection<int>.Count => Length;

    /// <inheritdoc/>
    public int this[int index] =>
        Is<sbyte>() ? Span<sbyte>()[index] : Is<byte>() ? Span<byte>()[index] : Is<short>() ? Span<short>()[index] : ((int[])_data)[index];

    /// <summary>Weights in an array that becomes the layer's own: sbyte, byte, short or int.</summary>
    public static IntegerWeights Of<T>(T[] values) where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(values);
        return typeof(T) == typeof(sbyte) || typeof(T) == typeof(byte) || typeof(T) == typeof(short) || typeof(T) == typeof(int)
            ? new(values) : throw new ArgumentException($"weights are not held as {typeof(T).Name}", nameof(values));
    }

    /// <summary>Weights of any width, narrowed to bytes where all fit.</summary>
    public static IntegerWeights FromIntegers(int[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        (int low, int high) = values.Length == 0 ? (0, 0) : (values.Min(), values.Max());
        return low < sbyte.MinValue || high > sbyte.MaxValue ? new(values) : new(Array.ConvertAll(values, v => (sbyte)v));
    }

    /// <summary>Weights listed one by one.</summary>
    public static IntegerWeights Create(ReadOnlySpan<int> values) => FromIntegers(values.ToArray());

    /// <summary>The same as <see cref="FromIntegers"/>.</summary>
    public static implicit operator IntegerWeights(int[] values) => FromIntegers(values);

    /// <summary>The integers of a constant, rearranged by a function of its typed array.</summary>
    internal static IntegerWeights Of(Tensor constant, IRearrangement arrange)
    {
        if (constant.Type is ElementType.Int8 or ElementType.Int4 or ElementType.Int2 && constant.Data is sbyte[] s
            && constant.Data.GetType() == typeof(sbyte[])) return new(arrange.Of(s));
        if (constant.Type is ElementType.UInt8 or ElementType.UInt4 or ElementType.UInt2
            && constant.Data.GetType() == typeof(byte[])) return new(arrange.Of((byte[])constant.Data));
        if (constant.Type == ElementType.Int16
            && constant.Data.GetType() == typeof(short[])) return new(arrange.Of((short[])constant.Data));
        var wide = new int[constant.Count];
        constant.CopyIntegers(0, wide);
        return FromIntegers(arrange.Of(wide));
    }

    /// <summary>Weights [from, from + length of to).</summary>
    public void CopyTo(int from, Span<int> to)
    {
        if (Is<int>()) ((int[])_data).AsSpan(from, to.Length).CopyTo(to);
        else
            for (int i = 0; i < to.Length; i++) to[i] = this[from + i];
    }

    /// <summary>The array, when it holds ints.</summary>
    internal int[]? Ints => Is<int>() ? (int[])_data : null;

    /// <summary>Least and largest weight; of none, 0.</summary>
    public Interval Range => Length == 0 ? default(Interval)
        : Is<sbyte>() ? Ends(Span<sbyte>()) : Is<byte>() ? Ends(Span<byte>()) : Is<short>() ? Ends(Span<short>()) : Ends(Span<int>());

    /// <summary>Of weights less a zero point: the sum of the positive ones, and that of the magnitudes of the negative ones.
    /// Exact.</summary>
    public (long Positive, long Negative) Signed(int from, int count, int zero = 0)
    {
        if (zero == 0)
        {
            if (Is<sbyte>()) return SignedSums.Of(Span<sbyte>().Slice(from, count));
            if (Is<byte>()) return SignedSums.Of(Span<byte>().Slice(from, count));
            if (Is<short>()) return SignedSums.Of(Span<short>().Slice(from, count));
            return SignedSums.Of(Span<int>().Slice(from, count));
        }
        long positive = 0, negative = 0;
        for (int i = from; i < from + count; i++)
        {
            long w = (long)this[i] - zero;
            if (w > 0) positive += w;
            else negative -= w;
        }
        return (positive, negative);
    }

    /// <inheritdoc/>
    public IEnumerator<int> GetEnumerator()
    {
        for (int i = 0; i < Length; i++) yield return this[i];
    }

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    // The runtime takes an sbyte[] for a byte[] in a pattern, hence the comparison of types.
    private bool Is<T>() => _data.GetType() == typeof(T[]);

    private ReadOnlySpan<T> Span<T>() where T : unmanaged =>
        MemoryMarshal.CreateReadOnlySpan(ref MemoryMarshal.GetArrayDataReference((T[])_data), _data.Length);

    private static Interval Ends<T>(ReadOnlySpan<T> values) where T : unmanaged, IBinaryInteger<T>
    {
        (T low, T high) = (values[0], values[0]);
        int i = 0;
        if (values.Length >= Vector<T>.Count)
        {
            Vector<T> least = new(values), most = least;
            for (; i + Vector<T>.Count <= values.Length; i += Vector<T>.Count)
            {
                var v = new Vector<T>(values[i..]);
                (least, most) = (Vector.Min(least, v), Vector.Max(most, v));
            }
            for (int lane = 0; lane < Vector<T>.Count; lane++) (low, high) = (T.Min(low, least[lane]), T.Max(high, most[lane]));
        }
        for (; i < values.Length; i++) (low, high) = (T.Min(low, values[i]), T.Max(high, values[i]));
        return new(long.CreateChecked(low), long.CreateChecked(high));
    }
}

/// <summary>Another order of the elements of an array of any element type.</summary>
internal interface IRearrangement
{
    /// <summary>The elements in the other order; the array itself where it is the same.</summary>
    T[] Of<T>(T[] values);
}
