using System.Numerics;
using System.Runtime.Intrinsics;
using Sim.Datapath.Formats;

namespace Sim.Datapath.Kernels;

/// <summary>
/// When rounding acc + q to W bits and then to the accumulator's p bits is one rounding, from the products at hand; q has w significant
/// bits, is a product of two numbers of fewer, w ≤ W-p, and every addend is a multiple of 2^u. Let 2^e ≤ |acc + q| &lt; 2^(e+1); only an
/// inexact first rounding that ends at a tie of the second can harm. If |acc| ≥ |q|, acc lies on the grid of p bits and the lowest bit of q
/// is at most 2^(e-W): then
/// |q| ≤ (2^w - 3)·2^(e-W), which rounds to less than the tie's 2^(e-p). If |q| is larger, it is the lowest bit of acc that is at most
/// 2^(e-W), so
/// |acc| &lt; 2^(e-W+p) and |q| > 2^e·(1 - 2^(p-W)) with e ≥ u+W: never when <see cref="HoldsBelow"/> bounds the products. If also w ≥ p,
/// the tie can only be q itself, and |acc| ≤ 2^(e-W) is all that harms.
/// </summary>
internal static class RangeProof
{
    /// <summary>Whether no product of these panels is large enough to harm, in lanes of <paramref name="laneBits"/> bits.</summary>
    public static bool HoldsBelow(in PanelBounds a, in PanelBounds b, OperandRange activation, OperandRange weight, int precision,
        int laneBits)
    {
        double largest = a.Largest * b.Largest;
        if (!double.IsFinite(largest)) return false;
        if (largest == 0) return true;
        return largest <= Math.ScaleB(1 - Math.ScaleB(1, precision - laneBits), Unit(a, b, activation, weight) + laneBits);
    }

    /// <summary>Whether sums stay in the normal range of the accumulator with all products on its subnormal grid.</summary>
    public static bool StaysNormal(in PanelBounds a, in PanelBounds b, OperandRange activation, OperandRange weight, FloatFormat format)
    {
        double largest = a.Largest * b.Largest;
        if (!double.IsFinite(largest)) return false;
        if (largest == 0) return true;
        // A register at 2^(p+1) times a product has half a unit that no product reaches.
        return Math.ILogB(largest) + format.Precision + 2 < format.Maximum.LeadingExponent
            && Unit(a, b, activation, weight) >= format.MinimumExponent - format.FractionBits;
    }

    /// <summary>Bounds of finite floats; Largest is NaN or infinite when one is not.</summary>
    public static PanelBounds Of<T>(ReadOnlySpan<T> panel)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => typeof(T) == typeof(float)
            ? Bits(System.Runtime.InteropServices.MemoryMarshal.Cast<T, uint>(panel), bits => BitConverter.UInt32BitsToSingle(bits))
            : Bits(System.Runtime.InteropServices.MemoryMarshal.Cast<T, ulong>(panel), BitConverter.UInt64BitsToDouble);

    // Magnitudes as integers are in order; less one, zero is the largest of all.
    private static PanelBounds Bits<TBits>(ReadOnlySpan<TBits> panel, Func<TBits, double> value)
        where TBits : unmanaged, IBinaryInteger<TBits>, IMinMaxValue<TBits>
    {
        Vector512<TBits> largest = Vector512<TBits>.Zero, smallest = Vector512<TBits>.AllBitsSet, zero = Vector512<TBits>.Zero;
        if (panel.Length % Vector512<TBits>.Count != 0)
        {
            var padded = new TBits[panel.Length + Vector512<TBits>.Count - panel.Length % Vector512<TBits>.Count];
            panel.CopyTo(padded);
            panel = padded;
        }
        for (int i = 0; i < panel.Length; i += Vector512<TBits>.Count)
        {
            Vector512<TBits> twice = Vector512.Create(panel[i..]) << 1;
            largest = Vector512.Max(largest, twice);
            smallest = Vector512.Min(smallest, twice - Vector512<TBits>.One);
            zero = Vector512.Max(zero, twice - Vector512<TBits>.One);
        }
        TBits top = TBits.Zero, bottom = TBits.MaxValue;
        for (int lane = 0; lane < Vector512<TBits>.Count; lane++) (top, bottom) = (TBits.Max(top, largest[lane]),
            TBits.Min(bottom, smallest[lane]));
        return new PanelBounds(value(top >>> 1), bottom == TBits.MaxValue ? double.PositiveInfinity : value((bottom >>> 1) + TBits.One), 0,
            Traits: Vector512.EqualsAny(zero, Vector512<TBits>.AllBitsSet) ? PanelTraits.HasZero : PanelTraits.None);
    }

    private static int Unit(in PanelBounds a, in PanelBounds b, OperandRange activation, OperandRange weight) =>
        Math.Max(activation.Unit, Math.ILogB(a.Smallest) - activation.Width + 1)
            + Math.Max(weight.Unit, Math.ILogB(b.Smallest) - weight.Width + 1);
}
