using System.Runtime.Intrinsics;

namespace Sim.Datapath.Kernels;

/// <summary>Bounds of panels of doubles whose smallest is no magnitude but the least power of two that some element's last bit stands
/// for.</summary>
internal static class GridBounds
{
    private const long Fraction = (1L << 52) - 1;

    /// <summary>Bounds of normal numbers and zeros, a multiple of 8 of them; Largest is NaN or infinite when one is not finite, Smallest
    /// infinite when all are 0.</summary>
    public static PanelBounds Of(ReadOnlySpan<double> panel)
    {
        Vector512<double> infinity = Vector512.Create(double.PositiveInfinity), smallest = infinity;
        Vector512<long> largest = Vector512<long>.Zero;
        for (int i = 0; i < panel.Length; i += Vector512<double>.Count)
        {
            Vector512<double> value = Vector512.Abs(Vector512.Create(panel[i..]));
            Vector512<long> bits = value.AsInt64();
            largest = Vector512.Max(largest, bits);
            // With a fraction, clearing the last one of the pattern takes the last bit away; without, the number is its own last bit.
            Vector512<double> last = value - (bits & unchecked(bits - Vector512<long>.One)).AsDouble();
            Vector512<double> whole = Vector512.Equals(bits & Vector512.Create(Fraction), Vector512<long>.Zero).AsDouble();
            last = Vector512.ConditionalSelect(whole, value, last);
            smallest = Vector512.Min(smallest,
                Vector512.ConditionalSelect(Vector512.Equals(value, Vector512<double>.Zero), infinity, last));
        }
        long top = 0;
        double bottom = double.PositiveInfinity;
        for (int lane = 0; lane < Vector512<long>.Count; lane++) (top, bottom) = (Math.Max(top, largest[lane]),
            Math.Min(bottom, smallest[lane]));
        return new PanelBounds(BitConverter.Int64BitsToDouble(top), bottom, 0);
    }
}
