namespace Sim.Datapath.Tests.Blocks;

/// <summary>What microxcaling and Universal do: floor(log2(amax)) in binary32, which is one too large just below a power of two.</summary>
internal static class PeerLogarithm
{
    public static float Largest(ReadOnlySpan<float> block)
    {
        float largest = 0;
        foreach (float value in block) largest = MathF.Max(largest, MathF.Abs(value));
        return largest;
    }

    /// <summary>Whether the binary32 nearest to log2(amax) is the next integer although amax is below that power of two.</summary>
    public static bool RoundsUp(ReadOnlySpan<float> block)
    {
        double amax = Largest(block);
        return amax > 0 && Math.Floor((float)Math.Log2(amax)) != Math.ILogB(amax);
    }
}
