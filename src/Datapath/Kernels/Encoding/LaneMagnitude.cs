using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Sim.Datapath.Kernels.Encoding;

/// <summary>The loops over the numbers of a block.</summary>
internal static class LaneMagnitude
{
    private const ulong Lost = (1ul << 29) - 1, Noise = (1ul << 9) - 1;

    private static readonly float Far = MathF.ScaleB(1, 100);

    /// <summary>The pattern of the largest magnitude; Inf or NaN when there is one.</summary>
    public static uint Largest(ReadOnlySpan<float> values)
    {
        uint largest = 0;
        if (values.Length < 16)
        {
            foreach (float value in values) largest = Math.Max(largest, BitConverter.SingleToUInt32Bits(value) & int.MaxValue);
            return largest;
        }
        Vector512<uint> mask = Vector512.Create(0x7FFF_FFFFu), all = Vector512.Create(values[^16..]).AsUInt32() & mask;
        for (int i = 0; i <= values.Length - 16; i += 16) all = Vector512.Max(all, Vector512.Create(values[i..]).AsUInt32() & mask);
        Vector256<uint> half = Vector256.Max(all.GetLower(), all.GetUpper());
        Vector128<uint> four = Vector128.Max(half.GetLower(), half.GetUpper());
        four = Vector128.Max(four, Vector128.Shuffle(four, Vector128.Create(2u, 3, 0, 1)));
        return Vector128.Max(four, Vector128.Shuffle(four, Vector128.Create(1u, 0, 3, 2))).ToScalar();
    }

    /// <summary>Every number times a factor, one binary32 rounding.</summary>
    public static void Multiply(ReadOnlySpan<float> values, float factor, Span<float> products)
    {
        int i = 0;
        for (; i <= values.Length - 16; i += 16) (Vector512.Create(values[i..]) * factor).CopyTo(products[i..]);
        for (; i < values.Length; i++) products[i] = values[i] * factor;
    }

    /// <summary>As <see cref="Multiply"/>, block by block with a factor each; blocks are a multiple of 16 numbers long and there is none
    /// but whole ones.</summary>
    public static void MultiplyBlocks(ReadOnlySpan<float> values, int size, ReadOnlySpan<double> factors, Span<float> products)
    {
        ref float from = ref MemoryMarshal.GetReference(values), to = ref MemoryMarshal.GetReference(products[..values.Length]);
        nuint i = 0;
        foreach (double factor in factors[..(values.Length / size)])
        {
            Vector512<float> all = Vector512.Create((float)factor);
            for (nuint end = i + (nuint)size; i < end; i += 16) (Vector512.LoadUnsafe(ref from, i) * all).StoreUnsafe(ref to, i);
        }
    }

    /// <summary>As <see cref="MultiplyToOdd"/>, likewise.</summary>
    public static void MultiplyBlocksToOdd(ReadOnlySpan<float> values, int size, ReadOnlySpan<double> inverses, Span<float> quotients)
    {
        ref float from = ref MemoryMarshal.GetReference(values), to = ref MemoryMarshal.GetReference(quotients[..values.Length]);
        nuint i = 0;
        foreach (double inverse in inverses[..(values.Length / size)])
        {
            Vector512<double> all = Vector512.Create(inverse);
            for (nuint end = i + (nuint)size; i < end; i += 16)
            {
                (Vector512<double> low, Vector512<double> high) = Vector512.Widen(Vector512.LoadUnsafe(ref from, i));
                Hold(Vector512.Narrow(Odd(low * all), Odd(high * all))).StoreUnsafe(ref to, i);
            }
        }
    }

    /// <summary>Numbers not below zero over a divisor as <see cref="ToOdd"/> has them.</summary>
    public static void DivideToOdd(ReadOnlySpan<float> values, double divisor, Span<float> quotients)
    {
        int i = 0;
        Vector512<double> all = Vector512.Create(divisor);
        for (; i <= values.Length - 16; i += 16)
        {
            Vector512<float> value = Vector512.Create(values[i..]);
            (Vector512<double> low, Vector512<double> high) = Vector512.Widen(value);
            Vector512<float> quotient = Vector512.Max(Vector512.Narrow(Jam(low / all), Jam(high / all)), Vector512.Create(float.Epsilon));
            Vector512.AndNot(Vector512.Min(quotient, Vector512.Create(Far)), Vector512.Equals(value, Vector512<float>.Zero))
                .CopyTo(quotients[i..]);
        }
        for (; i < values.Length; i++) quotients[i] = ToOdd(values[i] / divisor);
    }

    /// <summary>Every number times one over a divisor: 44 bits of the quotient with the noise of two roundings taken off, then 24 bits
    /// rounded to odd.</summary>
    public static void MultiplyToOdd(ReadOnlySpan<float> values, double inverse, Span<float> quotients)
    {
        int i = 0;
        for (; i <= values.Length - 16; i += 16)
        {
            (Vector512<double> low, Vector512<double> high) = Vector512.Widen(Vector512.Create(values[i..]));
            Hold(Vector512.Narrow(Odd(low * inverse), Odd(high * inverse))).CopyTo(quotients[i..]);
        }
        if (i == values.Length) return;
        Span<float> tail = stackalloc float[16], held = stackalloc float[16];
        tail.Clear();
        values[i..].CopyTo(tail);
        MultiplyToOdd(tail, inverse, held);
        held[..(values.Length - i)].CopyTo(quotients[i..]);
    }

    /// <summary>A correctly rounded quotient to 24 bits, rounded to odd; what is too small for a binary32 stays above zero.</summary>
    public static float ToOdd(double quotient)
    {
        ulong bits = BitConverter.DoubleToUInt64Bits(quotient), kept = bits & ~Lost | ((bits & Lost) != 0 ? Lost + 1 : 0);
        var narrow = (float)BitConverter.UInt64BitsToDouble(kept);
        return quotient > 0 ? Math.Clamp(narrow, float.Epsilon, Far) : narrow;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Odd(Vector512<double> quotient)
    {
        Vector512<ulong> bits = quotient.AsUInt64() + Vector512.Create((Noise >> 1) + 1);
        Vector512<ulong> exact = Vector512.Equals(bits & Vector512.Create(Lost & ~Noise), Vector512<ulong>.Zero);
        return ((bits & Vector512.Create(~Lost)) | Vector512.AndNot(Vector512.Create(Lost + 1), exact)).AsDouble();
    }

    // The 29 bits beyond a binary32 significand as a sticky one above them.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Jam(Vector512<double> quotient)
    {
        Vector512<ulong> bits = quotient.AsUInt64(), exact = Vector512.Equals(bits & Vector512.Create(Lost), Vector512<ulong>.Zero);
        return ((bits & Vector512.Create(~Lost)) | Vector512.AndNot(Vector512.Create(Lost + 1), exact)).AsDouble();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Hold(Vector512<float> quotient) =>
        Vector512.Min(Vector512.Max(quotient, Vector512.Create(-Far)), Vector512.Create(Far));
}
