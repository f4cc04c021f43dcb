using Sim.Datapath;
using Sim.Datapath.Specs;

namespace Sim.Simulator.Execution;

/// <summary>
/// How the int32 bias of an integer layer enters the register. The bias is one more accumulator step after the last product: wrap and
/// saturation apply to it (for a wrapping register this equals a register preloaded with the bias). An exact register adds it before its
/// one rounding.
/// </summary>
internal sealed class RegisterBias
{
    private readonly AccumulatorSpec _accumulator;
    private readonly int _unused;
    private readonly long _lowest;
    private readonly long _highest;
    private readonly bool _wraps;

    internal RegisterBias(AccumulatorSpec accumulator)
    {
        _accumulator = accumulator;
        int bits = accumulator is IntegerAccumulator i ? i.Bits : 64;
        _unused = 64 - bits;
        _highest = bits == 64 ? long.MaxValue : (1L << (bits - 1)) - 1;
        _lowest = -_highest - 1;
        _wraps = accumulator is IntegerAccumulator { Overflow: RegisterOverflow.Wrap };
    }

    /// <summary>The register after the bias step; <paramref name="overflowed"/> tells whether that step left its range.</summary>
    internal long Add(long register, long bias, out bool overflowed)
    {
        Int128 sum = (Int128)register + bias;
        if (_accumulator is ExactAccumulator exact) return Rounded(exact, sum, out overflowed);
        overflowed = sum < _lowest || sum > _highest;
        if (!overflowed) return (long)sum;
        if (!_wraps) return sum < _lowest ? _lowest : _highest;
        return unchecked((long)sum << _unused) >> _unused;
    }

    private static long Rounded(ExactAccumulator exact, Int128 sum, out bool overflowed)
    {
        uint code = exact.Output.Encode(Exact.Integer(sum), new Rounding(exact.Rounding, exact.Overflow), out RoundingFlags flags);
        overflowed = (flags & RoundingFlags.Overflow) != 0;
        return (long)exact.Output.Decode(code).ToDouble();
    }
}
