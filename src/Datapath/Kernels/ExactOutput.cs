using System.Runtime.Intrinsics;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// The one rounding of finished exact sums into the output format. Sums are finite doubles, exact or rounded to odd, which is neutral to a
/// rounding into any output: none keeps more than 51 bits.
/// </summary>
internal sealed class ExactOutput
{
    private readonly ExactAccumulator _accumulator;
    private readonly LaneRounding? _rounding;
    private readonly FloatLaneEncoder<double> _encoder;
    private readonly PositLaneEncoder? _posit;

    public ExactOutput(ExactAccumulator accumulator)
    {
        _accumulator = accumulator;
        if (accumulator.Output is PositFormat posit && accumulator.Rounding == RoundingMode.NearestEven) _posit = new(posit);
        if (accumulator.Output is not FloatFormat format || !LaneRounding.Takes(format)) return;
        _rounding = new LaneRounding(format, accumulator.Rounding, accumulator.Overflow);
        _encoder = new(format, 0);
    }

    /// <summary>Codes of [rows][<paramref name="width"/>] sums, the first <paramref name="columns"/> of a row meant; the sums are
    /// lost.</summary>
    public void Encode(Span<double> sums, int width, int rows, int columns, Span<long> results, ref GemmEvents events)
    {
        if (_rounding is LaneRounding rounding) Round(rounding, sums, width, rows, columns, results, ref events);
        else if (_posit is PositLaneEncoder posit) Round(posit, sums, width, rows, columns, results, ref events);
        else RoundSingly(sums, width, rows, columns, results, ref events);
    }

    private void Round(LaneRounding rounding, Span<double> sums, int width, int rows, int columns, Span<long> results,
        ref GemmEvents events)
    {
        Span<long> overflowed = stackalloc long[sums.Length];
        Vector512<long> any = Vector512<long>.Zero;
        for (int i = 0; i < sums.Length; i += 8)
        {
            Vector512<double> events8 = Vector512<double>.Zero;
            Vector512<double> rounded = rounding.Round(Vector512.Create<double>(sums[i..]), ref events8);
            rounded.CopyTo(sums[i..]);
            events8.AsInt64().CopyTo(overflowed[i..]);
            any |= events8.AsInt64() | ~Vector512.LessThan(Vector512.Abs(rounded), Vector512.Create(double.PositiveInfinity)).AsInt64();
        }
        _encoder.Encode(sums, results);
        if (any == Vector512<long>.Zero) return;
        for (int r = 0; r < rows; r++)
        {
            for (int i = r * width; i < r * width + columns; i++)
            {
                if (overflowed[i] != 0) events.OverflowedOutputs++;
                if (double.IsFinite(sums[i])) continue;
                if (double.IsNaN(sums[i])) events.NaNOutputs++;
                results[i] = _encoder.EncodeAny(sums[i]);
            }
        }
    }

    private static void Round(PositLaneEncoder posit, ReadOnlySpan<double> sums, int width, int rows, int columns, Span<long> results,
        ref GemmEvents events)
    {
        posit.Encode(sums, results);
        for (int r = 0; r < rows; r++)
        {
            foreach (double sum in sums.Slice(r * width, columns))
                if (Math.Abs(sum) > posit.Highest) events.OverflowedOutputs++;
        }
    }

    private void RoundSingly(ReadOnlySpan<double> sums, int width, int rows, int columns, Span<long> results, ref GemmEvents events)
    {
        var rounding = new Rounding(_accumulator.Rounding, _accumulator.Overflow);
        for (int r = 0; r < rows; r++)
        {
            for (int i = r * width; i < r * width + columns; i++)
            {
                uint code = _accumulator.Output.Encode(Exact.FromDouble(sums[i]), rounding, out RoundingFlags flags);
                results[i] = code;
                if (flags.HasFlag(RoundingFlags.Overflow)) events.OverflowedOutputs++;
                if (_accumulator.Output.Decode(code).Class == NumberClass.NaN) events.NaNOutputs++;
            }
        }
    }
}
