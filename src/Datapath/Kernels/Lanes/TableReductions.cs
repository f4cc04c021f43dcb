using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sim.Datapath.Kernels.Lanes;

/// <summary>acc ← acc + table[a + b] in binary32, rounded to nearest even. Lanes of int hold the bits of floats; a and b are parts of an
/// index.</summary>
/// <param name="table">Products, in memory that does not move while the reduction is in use.</param>
internal readonly unsafe struct SingleTableReduction(float* table) : IReduction<int>
{
    private readonly float* _table = table;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<int> Step(Vector512<int> acc, Vector512<int> a, Vector512<int> b) =>
        (acc.AsSingle() + TableLanes.Gather((int*)_table, a + b).AsSingle()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<int> Combine(Vector512<int> total, Vector512<int> chunk) => (total.AsSingle() + chunk.AsSingle()).AsInt32();
}

/// <summary>acc ← acc + table[a + b] in int32; the caller has proved that no sum leaves it.</summary>
/// <param name="table">Products, in memory that does not move while the reduction is in use.</param>
internal readonly unsafe struct IntegerTableReduction(int* table) : IReduction<int>
{
    private readonly int* _table = table;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<int> Step(Vector512<int> acc, Vector512<int> a, Vector512<int> b) => acc + TableLanes.Gather(_table, a + b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<int> Combine(Vector512<int> total, Vector512<int> chunk) => total + chunk;
}

internal static unsafe class TableLanes
{
    /// <summary>table[index] in every lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Gather(int* table, Vector512<int> index)
    {
        if (Avx2.IsSupported)
            return Vector512.Create(Avx2.GatherVector256(table, index.GetLower(), sizeof(int)),
                Avx2.GatherVector256(table, index.GetUpper(), sizeof(int)));
        Vector512<int> found = default;
        for (int i = 0; i < Vector512<int>.Count; i++) found = found.WithElement(i, table[index.GetElement(i)]);
        return found;
    }
}
