using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sim.Datapath.Kernels.Encoding;

/// <summary>
/// Any encoder of at most 128 steps (codebooks, four-bit formats): binary search in a table of step starts. Patterns are compared as
/// integers in the order of the numbers they stand for, -0 below +0.
/// </summary>
internal readonly struct SearchEncoder : ILaneEncoder
{
    private readonly uint[] _starts, _codes;
    private readonly int _count;

    private SearchEncoder(List<(int Start, uint Code)> steps)
    {
        _starts = new uint[LaneTables.Most];
        _codes = new uint[LaneTables.Most];
        _starts.AsSpan().Fill(int.MaxValue);
        for (int i = 0; i < steps.Count; i++) (_starts[i], _codes[i]) = (unchecked((uint)steps[i].Start), steps[i].Code);
        _count = steps.Count <= 16 ? 16 : steps.Count <= 32 ? 32 : steps.Count <= 64 ? 64 : 128;
    }

    /// <summary>The encoder with these steps; null when they are too many.</summary>
    public static SearchEncoder? Of(EncoderSteps steps)
    {
        var found = new List<(int Start, uint Code)>();
        // A negative magnitude m stands at -1 - m, so the step that ends below the magnitude n begins at -n.
        for (int i = steps.Down.Starts.Length - 1; i >= 0; i--)
            Add(i == steps.Down.Starts.Length - 1 ? int.MinValue : -(int)steps.Down.Starts[i + 1], steps.Down.Codes[i]);
        for (int i = 0; i < steps.Up.Starts.Length; i++) Add((int)steps.Up.Starts[i], steps.Up.Codes[i]);
        return found.Count is > 0 and <= LaneTables.Most ? new SearchEncoder(found) : null;

        void Add(int start, uint code)
        {
            if (found.Count == 0 || found[^1].Code != code) found.Add((start, code));
        }
    }

    /// <summary>Whether its table is looked up with one instruction.</summary>
    public bool IsShort => _count <= 32;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<uint> Encode(Vector512<uint> bits)
    {
        Vector512<int> order = bits.AsInt32() ^ (bits.AsInt32() >> 31 & Vector512.Create(int.MaxValue));
        if (!LaneTables.InRegisters) return Scalar(order);
        Vector512<uint> at = Vector512<uint>.Zero;
        if (_count == 16)
        {
            // Four-bit formats: one register holds the table.
            Vector512<int> starts = Vector512.LoadUnsafe(ref _starts[0]).AsInt32();
            at = Half(starts, order, at, 8);
            at = Half(starts, order, at, 4);
            at = Half(starts, order, at, 2);
            at = Half(starts, order, at, 1);
            return Avx512F.PermuteVar16x32(Vector512.LoadUnsafe(ref _codes[0]), at);
        }
        for (int half = _count >> 1; half != 0; half >>= 1)
        {
            Vector512<uint> next = at | Vector512.Create((uint)half);
            Vector512<int> start = LaneTables.Look(ref _starts[0], _count, next).AsInt32();
            at = Vector512.ConditionalSelect(Vector512.GreaterThan(start, order).AsUInt32(), at, next);
        }
        return LaneTables.Look(ref _codes[0], _count, at);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Half(Vector512<int> starts, Vector512<int> order, Vector512<uint> at, uint half)
    {
        Vector512<uint> next = at | Vector512.Create(half);
        return Vector512.ConditionalSelect(Vector512.GreaterThan(Avx512F.PermuteVar16x32(starts, next.AsInt32()), order).AsUInt32(), at,
            next);
    }

    private Vector512<uint> Scalar(Vector512<int> order)
    {
        Span<uint> codes = stackalloc uint[16];
        for (int lane = 0; lane < 16; lane++)
        {
            int at = 0, number = order[lane];
            for (int half = _count >> 1; half != 0; half >>= 1)
                if (unchecked((int)_starts[at | half]) <= number) at |= half;
            codes[lane] = _codes[at];
        }
        return Vector512.Create<uint>(codes);
    }
}
