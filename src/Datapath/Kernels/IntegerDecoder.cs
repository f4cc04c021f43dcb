using System.Runtime.Intrinsics;
using Sim.Datapath.Formats;

namespace Sim.Datapath.Kernels;

/// <summary>Codes of an integer format to integers less a zero point; the caller has proved that they fit.</summary>
internal readonly struct IntegerDecoder(FixedFormat format)
{
    // A signed code is shifted to the top of the word and back; an unsigned one is taken as it is.
    private readonly int _signed = format.IsSigned ? 32 - format.Bits : 0;
    private readonly bool _isSigned = format.IsSigned;

    /// <summary>The value of a code.</summary>
    public long this[uint code] => _isSigned ? unchecked((int)(code << _signed)) >> _signed : code;

    /// <summary>One value a lane.</summary>
    public void Decode(ReadOnlySpan<uint> codes, int zeroPoint, Span<int> values)
    {
        int shift = _signed;
        unchecked
        {
            Vector512<int> zero = Vector512.Create(zeroPoint);
            int i = 0;
            for (; i <= codes.Length - 16; i += 16) ((Vector512.Create(codes[i..]).AsInt32() << shift >> shift) - zero).CopyTo(values[i..]);
            // Formats wider than 31 bits do not come here, so the unsigned code is a non-negative int and the shifts by 0 leave it.
            for (; i < codes.Length; i++) values[i] = ((int)(codes[i] << shift) >> shift) - zeroPoint;
        }
    }

    /// <summary>One value a lane.</summary>
    public void Decode(ReadOnlySpan<uint> codes, int zeroPoint, Span<long> values)
    {
        for (int i = 0; i < codes.Length; i++) values[i] = this[codes[i]] - zeroPoint;
    }

    /// <summary>Two int16 values a lane, the first in the low half; an odd tail is paired with 0.</summary>
    public void DecodePairs(ReadOnlySpan<uint> codes, int zeroPoint, Span<int> pairs)
    {
        int shift = _signed, whole = codes.Length / 2;
        unchecked
        {
            Vector512<int> zero = Vector512.Create(zeroPoint);
            int i = 0;
            for (; i <= whole - 16; i += 16)
            {
                Vector512<int> first = Vector512.Create(codes[(2 * i)..]).AsInt32(), second = Vector512.Create(codes[(2 * i + 16)..])
                    .AsInt32();
                Vector512.Narrow((first << shift >> shift) - zero, (second << shift >> shift) - zero).AsInt32().CopyTo(pairs[i..]);
            }
            for (; i < whole; i++)
            {
                int low = ((int)(codes[2 * i] << shift) >> shift) - zeroPoint,
                    high = ((int)(codes[2 * i + 1] << shift) >> shift) - zeroPoint;
                pairs[i] = low & 0xFFFF | high << 16;
            }
            if (codes.Length % 2 != 0) pairs[whole] = ((int)(codes[^1] << shift) >> shift) - zeroPoint & 0xFFFF;
        }
    }
}
