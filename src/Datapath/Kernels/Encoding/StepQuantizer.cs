using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;

namespace Sim.Datapath.Kernels.Encoding;

/// <summary>Any format and deterministic rounding whose steps a lane encoder holds; overflow, Inf and NaN become what the format made of
/// them when asked once.</summary>
internal sealed class StepQuantizer<TEncoder>(INumberFormat format, Rounding rounding, EncoderSteps steps, TEncoder encoder)
    : Quantizer(format, rounding)
    where TEncoder : struct, ILaneEncoder
{
    private readonly uint _limit = steps.Up.Over, _lowLimit = Math.Min(steps.Up.Over, steps.Down.Over), _downOver = steps.Down.Over,
        _upCode = steps.Up.OverCode, _downCode = steps.Down.OverCode;
    private readonly bool _oneLimit = steps.Up.Over == steps.Down.Over;
    private readonly EncoderSide _up = steps.Up, _down = steps.Down;
    // Not readonly: a call through a readonly struct field would copy it.
    private TEncoder _encoder = encoder;

    private protected override void EncodeBlocks(ReadOnlySpan<float> values, float scale, int zeroPoint, Span<uint> codes,
        ref long saturated)
    {
        ref float from = ref MemoryMarshal.GetReference(values);
        ref uint to = ref MemoryMarshal.GetReference(codes[..values.Length]);
        Vector512<float> divisor = Vector512.Create(scale);
        // Sixteen divisions take as long as the rest.
        if (scale == 1) for (nuint i = 0; i < (nuint)values.Length; i += 16) Codes<Chosen>(Vector512.LoadUnsafe(ref from, i), ref saturated)
            .StoreUnsafe(ref to, i);
        else for (nuint i = 0; i < (nuint)values.Length; i += 16) Codes<NotChosen>(Vector512.LoadUnsafe(ref from, i) / divisor,
            ref saturated).StoreUnsafe(ref to, i);
    }

    private protected override long EncodeBytes(ReadOnlySpan<float> values, float scale, int zeroPoint, Span<byte> codes)
    {
        Vector512<float> divisor = Vector512.Create(scale);
        long saturated = 0;
        for (int i = 0; i < values.Length; i += 64)
        {
            ReadOnlySpan<float> block = values.Slice(i, 64);
            Vector512<float> x = Vector512.Create(block), y = Vector512.Create(block[16..]), z = Vector512.Create(block[32..]),
                w = Vector512.Create(block[48..]);
            if (scale != 1) (x, y, z, w) = (x / divisor, y / divisor, z / divisor, w / divisor);
            Vector512<uint> a = Codes<NotChosen>(x, ref saturated), b = Codes<NotChosen>(y, ref saturated);
            Vector512<uint> c = Codes<NotChosen>(z, ref saturated), d = Codes<NotChosen>(w, ref saturated);
            Pack(a, b, c, d).CopyTo(codes[i..]);
        }
        return saturated;
    }

    // Elements of blocks, which clip in many of them, are clipped without a branch.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<uint> Codes<TOften>(Vector512<float> values, ref long saturated)
        where TOften : struct, IChoice
    {
        Vector512<uint> bits = values.AsUInt32(), magnitude = bits & Vector512.Create(0x7FFF_FFFFu);
        Vector512<uint> code = _encoder.Encode(bits);
        if (!TOften.IsMade) return Vector512.LessThanAll(magnitude, Vector512.Create(_lowLimit)) ? code
            : Beyond(code, bits, magnitude, ref saturated);
        return Clip(code, bits, magnitude, ref saturated);
    }

    private Vector512<uint> Beyond(Vector512<uint> code, Vector512<uint> bits, Vector512<uint> magnitude, ref long saturated) =>
        Clip(code, bits, magnitude, ref saturated);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<uint> Clip(Vector512<uint> code, Vector512<uint> bits, Vector512<uint> magnitude, ref long saturated)
    {
        Vector512<uint> negative = (bits.AsInt32() >> 31).AsUInt32();
        Vector512<uint> over = Vector512.GreaterThanOrEqual(magnitude, _oneLimit ? Vector512.Create(_limit)
            : Either(negative, _downOver, _limit));
        saturated += Count(over);
        code = Vector512.ConditionalSelect(over, Either(negative, _downCode, _upCode), code);
        return Vector512.LessThanAll(magnitude, Vector512.Create(EncoderSteps.Infinity)) ? code
            : Special(code, over, negative, magnitude, ref saturated);
    }

    private Vector512<uint> Special(Vector512<uint> code, Vector512<uint> over, Vector512<uint> negative, Vector512<uint> magnitude,
        ref long saturated)
    {
        Vector512<uint> infinity = Vector512.Create(EncoderSteps.Infinity), isInfinite = Vector512.Equals(magnitude, infinity),
            isNaN = Vector512.GreaterThan(magnitude, infinity);
        saturated -= Count(over & (isInfinite | isNaN));
        if (_up.InfinityOverflows) saturated += Count(Vector512.AndNot(isInfinite, negative));
        if (_down.InfinityOverflows) saturated += Count(isInfinite & negative);
        code = Vector512.ConditionalSelect(isInfinite, Either(negative, _down.InfinityCode, _up.InfinityCode), code);
        return Vector512.ConditionalSelect(isNaN, Either(negative, _down.NaNCode, _up.NaNCode), code);
    }

    private static int Count(Vector512<uint> mask) => BitOperations.PopCount(mask.ExtractMostSignificantBits());

    private static Vector512<uint> Either(Vector512<uint> negative, uint down, uint up) =>
        Vector512.ConditionalSelect(negative, Vector512.Create(down), Vector512.Create(up));
}

/// <summary>Step quantizers by format and rounding, made once each.</summary>
internal static class StepQuantizers
{
    private const int WidestCode = 16;

    /// <summary>The quantizer of an encoder; null when no lane encoder holds its steps.</summary>
    public static Quantizer? For(INumberFormat format, Rounding rounding, NumberEncoder encode)
    {
        if (format.Bits > WidestCode || rounding.Mode == RoundingMode.Stochastic) return null;
        EncoderSteps steps = EncoderSteps.Of(format.Bits, encode);
        // Up to 32 steps a search takes five look-ups of one instruction; it is slower than the two look-ups of binades beyond.
        SearchEncoder? search = SearchEncoder.Of(steps);
        if (search is { IsShort: true }) return new StepQuantizer<SearchEncoder>(format, rounding, steps, search.Value);
        if (BinadeEncoder.Of(steps) is { } binades) return new StepQuantizer<BinadeEncoder>(format, rounding, steps, binades);
        return search is null ? null : new StepQuantizer<SearchEncoder>(format, rounding, steps, search.Value);
    }
}
