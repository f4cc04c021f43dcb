using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sim.Datapath.Kernels.Lanes;

/// <summary>What a tile looks for in its accumulators after every step.</summary>
internal interface IWatch<T>
    where T : unmanaged
{
    /// <summary>What was seen so far and two accumulators, AND-ed in some form; all ones at the start.</summary>
    Vector512<T> See(Vector512<T> seen, Vector512<T> x, Vector512<T> y);
}

/// <summary>The verdict of the watches below.</summary>
internal static class Watch
{
    /// <summary>Whether nothing that was looked for was seen: bit 30 is still set in every lane.</summary>
    public static bool Passes(Vector512<float> seen) =>
        Vector512.EqualsAll(seen.AsUInt32() & Vector512.Create(1u << 30), Vector512.Create(1u << 30));
}

/// <summary>Looks for nothing.</summary>
internal readonly struct Unwatched<T> : IWatch<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<T> See(Vector512<T> seen, Vector512<T> x, Vector512<T> y) => seen;
}

/// <summary>
/// Accumulators below 2 that are not 0: of the pattern less one, zero (all ones, borrowed) and numbers of at least 2 keep bit 30, so that
/// bit 30 of what was seen is set in every lane when there were none. One operation, and an AND shared by two chains.
/// </summary>
/// <param name="less">1: an argument, because a constant is made anew at every use.</param>
internal readonly struct SmallWatch(uint less) : IWatch<float>
{
    private readonly Vector512<uint> _one = Vector512.Create(less);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> See(Vector512<float> seen, Vector512<float> x, Vector512<float> y) =>
        (seen.AsUInt32() & (x.AsUInt32() - _one) & (y.AsUInt32() - _one)).AsSingle();
}

/// <summary>
/// Accumulators below 2, 0 among them: the AND of all patterns keeps bit 30 in every lane when there were none. Half an operation a step,
/// for operands that make no zero sums but by accident.
/// </summary>
internal readonly struct BelowTwoWatch : IWatch<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> See(Vector512<float> seen, Vector512<float> x, Vector512<float> y) =>
        (seen.AsUInt32() & x.AsUInt32() & y.AsUInt32()).AsSingle();
}

/// <summary>Accumulators of 2 and more, Inf and NaN among them: bit 30 of what was seen is set in every lane when there were
/// none.</summary>
internal readonly struct LargeWatch : IWatch<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> See(Vector512<float> seen, Vector512<float> x, Vector512<float> y) =>
        (seen.AsUInt32() & ~(x.AsUInt32() | y.AsUInt32())).AsSingle();
}
