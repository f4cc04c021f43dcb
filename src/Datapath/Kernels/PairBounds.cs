using System.Runtime.Intrinsics;

namespace Sim.Datapath.Kernels;

/// <summary>Bounds of panels whose lanes hold pairs of int16, none of them -32768, and whose sums of magnitudes fit 32 bits.</summary>
internal static class PairBounds
{
    /// <summary>Bounds of [step][<paramref name="width"/>], a multiple of 8.</summary>
    public static PanelBounds Of(ReadOnlySpan<int> panel, int width)
    {
        Vector256<short> largest = Vector256<short>.Zero;
        int rowSum = 0;
        Vector256<int> low = Vector256.Create(0xFFFF);
        unchecked
        {
            for (int first = 0; first < width; first += 8)
            {
                Vector256<int> sums = Vector256<int>.Zero;
                for (int i = first; i < panel.Length; i += width)
                {
                    Vector256<short> magnitudes = Vector256.Abs(Vector256.Create(panel[i..]).AsInt16());
                    largest = Vector256.Max(largest, magnitudes);
                    sums += (magnitudes.AsInt32() & low) + (magnitudes.AsInt32() >>> 16);
                }
                for (int lane = 0; lane < 8; lane++) rowSum = Math.Max(rowSum, sums[lane]);
            }
        }
        int top = 0;
        for (int lane = 0; lane < 16; lane++) top = Math.Max(top, largest[lane]);
        return new PanelBounds(top, 0, rowSum);
    }
}
