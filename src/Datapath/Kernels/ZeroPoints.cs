using Sim.Datapath.Formats;

namespace Sim.Datapath.Kernels;

/// <summary>Whether zero points lie in the range of their format, which <see cref="OperandRange"/> allows for.</summary>
internal static class ZeroPoints
{
    public static bool Fit(INumberFormat format, int zeroPoint) =>
        zeroPoint == 0 || format is FixedFormat { Fraction: 0 } f && zeroPoint >= f.MinimumInteger && zeroPoint <= f.MaximumInteger;

    public static bool Fit(INumberFormat format, ReadOnlySpan<int> zeroPoints)
    {
        foreach (int zeroPoint in zeroPoints)
            if (!Fit(format, zeroPoint)) return false;
        return true;
    }
}
