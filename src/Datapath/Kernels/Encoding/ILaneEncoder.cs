using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sim.Datapath.Kernels.Encoding;

/// <summary>Codes of binary32 patterns in lanes, for magnitudes that do not overflow; what it gives for others is replaced. A struct, so
/// that loops inline it.</summary>
internal interface ILaneEncoder
{
    /// <summary>Codes of sixteen patterns.</summary>
    Vector512<uint> Encode(Vector512<uint> bits);
}

/// <summary>Tables of up to 128 words held in registers.</summary>
internal static class LaneTables
{
    /// <summary>Most words of a table.</summary>
    public const int Most = 128;

    /// <summary>Whether the processor looks words up in registers.</summary>
    public static bool InRegisters => Avx512F.IsSupported;

    /// <summary>table[index] in every lane; 128 words are there, of which the first <paramref name="count"/> are used.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Look(ref uint table, int count, Vector512<uint> index)
    {
        Vector512<uint> low = Pair(ref table, 0, index);
        if (count <= 32) return low;
        low = Vector512.ConditionalSelect(Vector512.Equals(index & Vector512.Create(32u), Vector512<uint>.Zero), low,
            Pair(ref table, 32, index));
        if (count <= 64) return low;
        Vector512<uint> high = Vector512.ConditionalSelect(Vector512.Equals(index & Vector512.Create(32u), Vector512<uint>.Zero),
            Pair(ref table, 64, index), Pair(ref table, 96, index));
        return Vector512.ConditionalSelect(Vector512.GreaterThan(index, Vector512.Create(63u)), high, low);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Pair(ref uint table, nuint first, Vector512<uint> index) =>
        Avx512F.PermuteVar16x32x2(Vector512.LoadUnsafe(ref table, first), index, Vector512.LoadUnsafe(ref table, first + 16));
}
