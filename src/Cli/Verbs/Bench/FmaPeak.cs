using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sim.Cli.Verbs.Bench;

/// <summary>
/// The most fp32 multiply-accumulates that one thread can do: fused multiply-adds in registers, twelve independent chains, no loads, no
/// rounding but the hardware's.
/// </summary>
internal static class FmaPeak
{
    private const int Iterations = 400_000, Chains = 12;

    private static float _sink;

    /// <summary>Multiply-accumulates per second.</summary>
    public static double Measure() => (double)Iterations * Chains * Vector512<float>.Count / BestOf.Seconds(Run);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run()
    {
        Vector512<float> x = Vector512.Create(1.0000001f), y = Vector512.Create(1e-9f);
        Vector512<float> c0 = x, c1 = x, c2 = x, c3 = x, c4 = x, c5 = x, c6 = x, c7 = x, c8 = x, c9 = x, c10 = x, c11 = x;
        for (int i = 0; i < Iterations; i++)
        {
            c0 = Vector512.FusedMultiplyAdd(x, y, c0);
            c1 = Vector512.FusedMultiplyAdd(x, y, c1);
            c2 = Vector512.FusedMultiplyAdd(x, y, c2);
            c3 = Vector512.FusedMultiplyAdd(x, y, c3);
            c4 = Vector512.FusedMultiplyAdd(x, y, c4);
            c5 = Vector512.FusedMultiplyAdd(x, y, c5);
            c6 = Vector512.FusedMultiplyAdd(x, y, c6);
            c7 = Vector512.FusedMultiplyAdd(x, y, c7);
            c8 = Vector512.FusedMultiplyAdd(x, y, c8);
            c9 = Vector512.FusedMultiplyAdd(x, y, c9);
            c10 = Vector512.FusedMultiplyAdd(x, y, c10);
            c11 = Vector512.FusedMultiplyAdd(x, y, c11);
        }
        _sink = Vector512.Sum(c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7 + c8 + c9 + c10 + c11);
    }
}
