using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Sim.Datapath.Kernels.Lanes;

namespace Sim.Datapath.Kernels.Systolic;

/// <summary>An accumulation step of PEs that lie beside each other in lanes; a struct, so that the loop is compiled once a step.</summary>
internal interface IGridStep<T>
    where T : unmanaged
{
    /// <summary>Whether the step says which lanes overflowed.</summary>
    static abstract bool Tracks { get; }

    /// <summary>acc ← step(acc, a·b); lanes of <paramref name="overflowed"/> become non-zero when it tracks.</summary>
    Vector512<T> Step(Vector512<T> acc, Vector512<T> a, Vector512<T> b, ref Vector512<T> overflowed);

    /// <summary>total ← step(total, chunk).</summary>
    Vector512<T> Combine(Vector512<T> total, Vector512<T> chunk, ref Vector512<T> overflowed);
}

/// <summary>A step that a proof or a poisoned lane guards.</summary>
internal readonly struct UntrackedStep<T, TReduction>(TReduction reduction) : IGridStep<T>
    where T : unmanaged
    where TReduction : struct, IReduction<T>
{
    private readonly TReduction _reduction = reduction;

    public static bool Tracks => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<T> Step(Vector512<T> acc, Vector512<T> a, Vector512<T> b, ref Vector512<T> overflowed) => _reduction.Step(acc, a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<T> Combine(Vector512<T> total, Vector512<T> chunk, ref Vector512<T> overflowed) => _reduction.Combine(total, chunk);
}

/// <summary>A step that watches itself.</summary>
internal readonly struct TrackedStep<T, TReduction>(TReduction reduction) : IGridStep<T>
    where T : unmanaged
    where TReduction : struct, ITrackedReduction<T>
{
    private readonly TReduction _reduction = reduction;

    public static bool Tracks => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<T> Step(Vector512<T> acc, Vector512<T> a, Vector512<T> b, ref Vector512<T> overflowed) =>
        _reduction.Step(acc, a, b, ref overflowed);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<T> Combine(Vector512<T> total, Vector512<T> chunk, ref Vector512<T> overflowed) =>
        _reduction.Combine(total, chunk, ref overflowed);
}

/// <summary>Integers whose sums are proved to stay in the lane and in the register.</summary>
internal readonly struct PlainReduction<T> : IReduction<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<T> Step(Vector512<T> acc, Vector512<T> a, Vector512<T> b) => acc + a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<T> Combine(Vector512<T> total, Vector512<T> chunk) => total + chunk;
}
