using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sim.Datapath.Kernels.Encoding;

/// <summary>
/// Encoders whose steps lie evenly within a bucket, which is a binade or a part of one by the upper bits of the fraction. The pattern is
/// rounded at the bit that its bucket says; the code is the base of the bucket that the rounded pattern lies in, plus what it keeps of the
/// rest. This holds posits (the regime is the base of a binade), tapered and subnormal floats, and, with one step a bucket, logarithms.
/// Buckets repeat from binade to binade where the codes of all binades are alike. Whether the tables give every step is tried at all of
/// them (<see cref="BinadeTables"/>).
/// </summary>
internal readonly struct BinadeEncoder : ILaneEncoder
{
    private readonly BinadeTables _tables;
    private readonly uint[] _adds, _bases;
    private readonly uint _low, _high, _keys, _lowKey, _rest, _zeroEnd, _zeroEndDown, _zeroUp, _zeroDown, _leastEnd, _leastUp, _leastDown;
    private readonly int _count, _keyShift, _binadeShift;
    private readonly Signs _signs;

    private BinadeEncoder(EncoderSteps steps, BinadeTables tables, Signs signs)
    {
        (_tables, _signs) = (tables, signs);
        (_adds, _bases, _count, _low, _high) = (tables.Adds, tables.Bases, tables.Count, tables.Low, tables.High);
        (_keyShift, _lowKey, _binadeShift) = (tables.KeyShift, tables.LowKey, tables.BinadeShift);
        _keys = (1u << 23 - _keyShift) - 1;
        _rest = (1u << _keyShift) - 1;
        (_zeroEnd, _zeroUp, _zeroDown) = (steps.Up.Starts[1], steps.Up.Codes[0], steps.Down.Codes[0]);
        _zeroEndDown = steps.Down.Starts.Length > 1 ? steps.Down.Starts[1] : _zeroEnd;
        _leastEnd = _binadeShift < 0 ? 0 : tables.Low;
        (_leastUp, _leastDown) = (steps.Up.Codes[1], signs.Of(steps.Up.Codes[1]));
    }

    /// <summary>The encoder with these steps; null when they do not lie as it needs.</summary>
    public static BinadeEncoder? Of(EncoderSteps steps)
    {
        if (steps.Up.Starts.Length < 3 || steps.Down.Starts.Length == 0 || Signs.Of(steps) is not { } signs) return null;
        return BinadeTables.Of(steps.Up) is { } tables ? new BinadeEncoder(steps, tables, signs) : null;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<uint> Encode(Vector512<uint> bits)
    {
        if (!LaneTables.InRegisters) return Scalar(bits);
        Vector512<uint> magnitude = bits & Vector512.Create(0x7FFF_FFFFu), negative = (bits.AsInt32() >> 31).AsUInt32();
        Vector512<uint> held = Vector512.Min(Vector512.Max(magnitude, Vector512.Create(_low)), Vector512.Create(_high));
        Vector512<uint> add = LaneTables.Look(ref _adds[0], _count, Key(held)), shift = add >>> 24 & Vector512.Create(31u);
        Vector512<uint> odd = Avx512F.ShiftRightLogicalVariable(held, shift) & add >>> 31;
        Vector512<uint> rounded = Avx512F.ShiftRightLogicalVariable(held + (add & Vector512.Create(0xFF_FFFFu)) + odd, shift);
        rounded = Avx512F.ShiftLeftLogicalVariable(rounded, shift);
        Vector512<uint> entry = LaneTables.Look(ref _bases[0], _count, Key(rounded));
        Vector512<uint> code = (entry & Vector512.Create(0xFFFFu))
            + Avx512F.ShiftRightLogicalVariable(rounded & Vector512.Create(_rest), entry >>> 16);
        if (_binadeShift >= 0) code += rounded >>> 23 << _binadeShift;
        code &= Vector512.Create(_signs.Magnitude);
        code = Vector512.ConditionalSelect(negative, ((code | Vector512.Create(_signs.Or)) ^ Vector512.Create(_signs.Flip))
            + Vector512.Create(_signs.Increment), code);
        code &= Vector512.Create(_signs.Code);
        if (_leastEnd != 0) code = Vector512.ConditionalSelect(Vector512.LessThan(magnitude, Vector512.Create(_leastEnd)),
            Either(negative, _leastDown, _leastUp), code);
        return Vector512.ConditionalSelect(Vector512.LessThan(magnitude, Either(negative, _zeroEndDown, _zeroEnd)),
            Either(negative, _zeroDown, _zeroUp), code);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<uint> Key(Vector512<uint> magnitude) =>
        _binadeShift >= 0 ? magnitude >>> _keyShift & Vector512.Create(_keys) : (magnitude >>> _keyShift) - Vector512.Create(_lowKey);

    private static Vector512<uint> Either(Vector512<uint> negative, uint down, uint up) =>
        Vector512.ConditionalSelect(negative, Vector512.Create(down), Vector512.Create(up));

    private Vector512<uint> Scalar(Vector512<uint> bits)
    {
        Span<uint> codes = stackalloc uint[16];
        for (int lane = 0; lane < 16; lane++)
        {
            uint magnitude = bits[lane] & 0x7FFF_FFFFu;
            bool negative = bits[lane] != magnitude;
            if (magnitude < (negative ? _zeroEndDown : _zeroEnd)) codes[lane] = negative ? _zeroDown : _zeroUp;
            else if (magnitude < _leastEnd) codes[lane] = negative ? _leastDown : _leastUp;
            else codes[lane] = _tables.Evaluate(Math.Clamp(magnitude, _low, _high)) is var code && negative ? _signs.Of(code) : code;
        }
        return Vector512.Create<uint>(codes);
    }

    // How the code of a negative number follows from that of its magnitude, c: ((c | Or) ^ Flip) + Increment. A sign bit, two's complement,
    // or one code for all.
    private readonly record struct Signs(uint Magnitude, uint Code, uint Or, uint Flip, uint Increment)
    {
        public uint Of(uint code) => unchecked(((code | Or) ^ Flip) + Increment) & Code;

        public static Signs? Of(EncoderSteps steps)
        {
            EncoderSide up = steps.Up, down = steps.Down;
            uint mask = uint.MaxValue >> 32 - steps.Bits,
                magnitude = uint.MaxValue >> System.Numerics.BitOperations.LeadingZeroCount(up.Codes.Max() | 1);
            // The first step has an end and codes of its own.
            if (down.Starts.Length <= 2)
                return new Signs(magnitude, mask, uint.MaxValue, ~down.Codes[^1], 0);
            if (down.Over != up.Over || !down.Starts.AsSpan().SequenceEqual(up.Starts)) return null;
            foreach (Signs signs in new Signs[]
                { new(magnitude, mask, 0, 1u << steps.Bits - 1, 0), new(magnitude, mask, 0, uint.MaxValue, 1) })
            {
                bool holds = true;
                for (int i = 1; i < up.Codes.Length && holds; i++) holds = signs.Of(up.Codes[i]) == down.Codes[i];
                if (holds) return signs;
            }
            return null;
        }
    }
}
