using System.Numerics;
using System.Runtime.InteropServices;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels.Systolic;

/// <summary>Integers as they are.</summary>
internal sealed class IntegerValues<T>(string name, FixedFormat activation, FixedFormat weight) : LaneValues<T>
    where T : unmanaged, IBinaryInteger<T>
{
    public override string Name => name;

    public override void Activations(ReadOnlySpan<uint> codes, int zeroPoint, Span<T> values) =>
        Decode(activation, codes, zeroPoint, values);

    public override void Weights(ReadOnlySpan<uint> codes, int zeroPoint, Span<T> values) => Decode(weight, codes, zeroPoint, values);

    public override bool Finish(Span<T> sums, ReadOnlySpan<T> overflowed, int count, Span<long> results, ref GemmEvents events)
    {
        for (int i = 0; i < count; i++) results[i] = long.CreateTruncating(sums[i]);
        for (int i = 0; i < Math.Min(count, overflowed.Length); i++) events.OverflowedOutputs += T.IsZero(overflowed[i]) ? 0 : 1;
        return true;
    }

    private static void Decode(FixedFormat format, ReadOnlySpan<uint> codes, int zeroPoint, Span<T> values)
    {
        var decoder = new IntegerDecoder(format);
        if (typeof(T) == typeof(int)) decoder.Decode(codes, zeroPoint, MemoryMarshal.Cast<T, int>(values));
        else decoder.Decode(codes, zeroPoint, MemoryMarshal.Cast<T, long>(values));
    }
}

/// <summary>Float lanes with a scale; a sum that ends as Inf or NaN poisons the layer.</summary>
internal sealed class FloatValues<T>(DatapathSpec spec, int scale, int weightScale) : LaneValues<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly FloatLaneEncoder<T> _encoder = new((FloatFormat)((FloatAccumulator)spec.Accumulator).Format, scale);

    public override string Name => typeof(T) == typeof(float) ? "fp32 lanes" : "fp64 lanes";

    public override (double Activation, double Weight) Scale => (Math.ScaleB(1, scale - weightScale), Math.ScaleB(1, weightScale));

    public override void Activations(ReadOnlySpan<uint> codes, int zeroPoint, Span<T> values) =>
        OperandDecoder<T>.Of(spec.Activation).Decode(codes, zeroPoint, T.ScaleB(T.One, scale - weightScale), values);

    public override void Weights(ReadOnlySpan<uint> codes, int zeroPoint, Span<T> values) =>
        OperandDecoder<T>.Of(spec.Weight).Decode(codes, zeroPoint, T.ScaleB(T.One, weightScale), values);

    public override bool Finish(Span<T> sums, ReadOnlySpan<T> overflowed, int count, Span<long> results, ref GemmEvents events)
    {
        foreach (T sum in sums[..count])
            if (!T.IsFinite(sum)) return false;
        _encoder.Encode(sums, results);
        return true;
    }
}

/// <summary>Double lanes that round to odd and watch every step: Inf, NaN and overflow as the format has them.</summary>
internal sealed class WatchedValues(DatapathSpec spec) : LaneValues<double>
{
    private readonly FloatLaneEncoder<double> _encoder = new((FloatFormat)((FloatAccumulator)spec.Accumulator).Format, 0);

    public override string Name => "fp64 lanes, watched";

    public override void Activations(ReadOnlySpan<uint> codes, int zeroPoint, Span<double> values) =>
        OperandDecoder<double>.Of(spec.Activation).Decode(codes, zeroPoint, 1, values);

    public override void Weights(ReadOnlySpan<uint> codes, int zeroPoint, Span<double> values) =>
        OperandDecoder<double>.Of(spec.Weight).Decode(codes, zeroPoint, 1, values);

    public override bool Finish(Span<double> sums, ReadOnlySpan<double> overflowed, int count, Span<long> results, ref GemmEvents events)
    {
        ReadOnlySpan<long> flags = MemoryMarshal.Cast<double, long>(overflowed);
        _encoder.Encode(sums, results);
        for (int i = 0; i < count; i++)
        {
            if (flags[i] != 0) events.OverflowedOutputs++;
            if (double.IsFinite(sums[i])) continue;
            if (double.IsNaN(sums[i])) events.NaNOutputs++;
            results[i] = _encoder.EncodeAny(sums[i]);
        }
        return true;
    }
}

/// <summary>A fixed-point register in double lanes, in units of its grid.</summary>
internal sealed class FixedValues(DatapathSpec spec) : LaneValues<double>
{
    private readonly double _unit = Math.ScaleB(1, ((FixedAccumulator)spec.Accumulator).Fraction);

    public override string Name => "fp64 lanes on the register's grid";

    public override (double Activation, double Weight) Scale => (_unit, 1);

    public override void Activations(ReadOnlySpan<uint> codes, int zeroPoint, Span<double> values) =>
        OperandDecoder<double>.Of(spec.Activation).Decode(codes, zeroPoint, _unit, values);

    public override void Weights(ReadOnlySpan<uint> codes, int zeroPoint, Span<double> values) =>
        OperandDecoder<double>.Of(spec.Weight).Decode(codes, zeroPoint, 1, values);

    public override bool Finish(Span<double> sums, ReadOnlySpan<double> overflowed, int count, Span<long> results, ref GemmEvents events)
    {
        ReadOnlySpan<long> flags = MemoryMarshal.Cast<double, long>(overflowed);
        for (int i = 0; i < count; i++)
        {
            results[i] = (long)sums[i];
            if (flags[i] != 0) events.OverflowedOutputs++;
        }
        return true;
    }
}

/// <summary>Exact sums that fit the lane's significand, rounded once at the end.</summary>
internal sealed class ExactValues<T>(DatapathSpec spec) : LaneValues<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly ExactOutput _output = new((ExactAccumulator)spec.Accumulator);

    public override string Name => typeof(T) == typeof(float) ? "fp32 lanes, exact sums" : "fp64 lanes, exact sums";

    public override void Activations(ReadOnlySpan<uint> codes, int zeroPoint, Span<T> values) =>
        OperandDecoder<T>.Of(spec.Activation).Decode(codes, zeroPoint, T.One, values);

    public override void Weights(ReadOnlySpan<uint> codes, int zeroPoint, Span<T> values) =>
        OperandDecoder<T>.Of(spec.Weight).Decode(codes, zeroPoint, T.One, values);

    public override bool Finish(Span<T> sums, ReadOnlySpan<T> overflowed, int count, Span<long> results, ref GemmEvents events)
    {
        // An exact sum of zero is +0, whatever the signs of its products.
        const int Part = 64;
        Span<double> part = stackalloc double[Part];
        Span<long> codes = stackalloc long[Part];
        for (int from = 0; from < count; from += Part)
        {
            int here = Math.Min(Part, count - from);
            part.Clear();
            for (int i = 0; i < here; i++)
            {
                if (!T.IsFinite(sums[from + i])) return false;
                part[i] = double.CreateTruncating(sums[from + i]);
            }
            _output.Encode(part, Part, 1, here, codes, ref events);
            codes[..here].CopyTo(results[from..]);
        }
        return true;
    }
}
