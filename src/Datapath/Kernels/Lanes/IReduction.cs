using System.Runtime.Intrinsics;

namespace Sim.Datapath.Kernels.Lanes;

/// <summary>
/// One accumulation step of a datapath over lanes that hold independent outputs. A struct, so that the loop that drives it is compiled
/// once a reduction with the step inlined; its fields are the constants of the step.
/// </summary>
internal interface IReduction<T>
    where T : unmanaged
{
    /// <summary>acc ← step(acc, a·b) in every lane.</summary>
    Vector512<T> Step(Vector512<T> acc, Vector512<T> a, Vector512<T> b);

    /// <summary>total ← step(total, chunk): a finished chunk joins the running total.</summary>
    Vector512<T> Combine(Vector512<T> total, Vector512<T> chunk);
}

/// <summary>As <see cref="IReduction{T}"/>, and reports per lane whether a step overflowed.</summary>
internal interface ITrackedReduction<T>
    where T : unmanaged
{
    /// <summary>acc ← step(acc, a·b); lanes whose step overflowed become non-zero in <paramref name="overflowed"/>, others keep their
    /// value.</summary>
    Vector512<T> Step(Vector512<T> acc, Vector512<T> a, Vector512<T> b, ref Vector512<T> overflowed);

    /// <summary>total ← step(total, chunk), tracked in the same way.</summary>
    Vector512<T> Combine(Vector512<T> total, Vector512<T> chunk, ref Vector512<T> overflowed);
}

/// <summary>Makes something of a step whose type is known where it is chosen.</summary>
internal interface IFloatStepUser<T, out TResult>
    where T : unmanaged
{
    /// <summary>Takes the step with the exponent of the power of two that sums carry, and the part of it that weights carry.</summary>
    TResult Use<TReduction>(TReduction step, int scale, int weightScale)
        where TReduction : struct, IReduction<T>;
}
