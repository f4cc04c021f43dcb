using System.Collections.Immutable;
using Sim.Datapath.Formats;

namespace Sim.Verification.Datapaths;

/// <summary>The finite numbers of a format that an operand can be, all of them or those within a box.</summary>
public sealed class OperandSet
{
    /// <summary>Formats up to this many bits are listed code by code; of wider ones only the ends are known.</summary>
    public const int MostListedBits = 16;

    private OperandSet(INumberFormat format, ImmutableArray<uint> codes, uint low, uint high, uint? finest) =>
        (Format, Codes, LowCode, HighCode, FinestCode) = (format, codes, low, high, finest);

    /// <summary>Format of the codes.</summary>
    public INumberFormat Format { get; }

    /// <summary>Every code, ascending; empty when the format is too wide to list.</summary>
    public ImmutableArray<uint> Codes { get; }

    /// <summary>Code of the least number.</summary>
    public uint LowCode { get; }

    /// <summary>Code of the greatest number.</summary>
    public uint HighCode { get; }

    /// <summary>A number whose last place is the lowest of all; null when every number is 0.</summary>
    public uint? FinestCode { get; }

    /// <summary>From the least number to the greatest.</summary>
    public Interval<Dyadic> Range => new(Value(LowCode), Value(HighCode));

    /// <summary>The number of a code.</summary>
    public Dyadic Value(uint code) => Dyadic.Of(Format.Decode(code));

    /// <summary>The operands; null when no number of the format lies within the box.</summary>
    public static OperandSet? Of(INumberFormat format, Interval<Dyadic>? box = null)
    {
        ArgumentNullException.ThrowIfNull(format);
        return format.Bits > MostListedBits ? Ends(format, box) : Listed(format, box);
    }

    private static OperandSet? Listed(INumberFormat format, Interval<Dyadic>? box)
    {
        var codes = ImmutableArray.CreateBuilder<uint>();
        uint low = 0, high = 0;
        uint? finest = null;
        Dyadic least = default, greatest = default;
        int unit = int.MaxValue;
        for (uint code = 0; code < 1u << format.Bits; code++)
        {
            Exact exact = format.Decode(code);
            if (exact.Class is NumberClass.NaN or NumberClass.Infinity) continue;
            Dyadic value = Dyadic.Of(exact);
            if (box is { } b && (value < b.Low || value > b.High)) continue;
            if (codes.Count == 0 || value < least) (low, least) = (code, value);
            if (codes.Count == 0 || value > greatest) (high, greatest) = (code, value);
            if (value.Sign != 0 && value.Exponent < unit) (finest, unit) = (code, value.Exponent);
            codes.Add(code);
        }
        return codes.Count == 0 ? null : new(format, codes.ToImmutable(), low, high, finest);
    }

    private static OperandSet? Ends(INumberFormat format, Interval<Dyadic>? box)
    {
        uint Code(Dyadic value, RoundingMode mode) =>
            format.Encode(value.Sign == 0 ? Exact.Zero() : value.ToExact(), new Rounding(mode, OverflowPolicy.Saturate), out _);
        Interval<Dyadic> all = new(Dyadic.Of(format.Minimum), Dyadic.Of(format.Maximum));
        Interval<Dyadic> wanted = box is { } b ? new(Dyadic.Max(all.Low, b.Low), Dyadic.Min(all.High, b.High)) : all;
        uint low = Code(wanted.Low, RoundingMode.Up), high = Code(wanted.High, RoundingMode.Down);
        var set = new OperandSet(format, [], low, high, null);
        if (set.Range.Low > set.Range.High) return null;
        Dyadic tiny = Dyadic.Of(format.SmallestPositive);
        uint? finest = tiny <= wanted.High && wanted.Low <= tiny ? Code(tiny, RoundingMode.NearestEven)
            : -tiny <= wanted.High && wanted.Low <= -tiny ? Code(-tiny, RoundingMode.NearestEven) : null;
        // A box away from zero: its ends stand for the finest number, which is then only an estimate from above; see ProductSet.LeastUnit.
        return new(format, [], low, high, finest);
    }
}
