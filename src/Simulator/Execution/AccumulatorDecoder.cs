using Sim.Datapath.Formats;
using Sim.Datapath.Specs;

namespace Sim.Simulator.Execution;

/// <summary>
/// A kernel's result as the vector unit receives it: the accumulator's number as float32, rounded once to nearest even where float32 cannot
/// hold it (integer and fixed registers above 24 bits).
/// </summary>
public sealed class AccumulatorDecoder
{
    private readonly float[]? _table;
    private readonly INumberFormat? _format;
    private readonly float _unit = 1;

    public AccumulatorDecoder(AccumulatorSpec accumulator)
    {
        _format = accumulator switch
        {
            IntegerAccumulator => null,
            FixedAccumulator => null,
            FloatAccumulator f => f.Format,
            ExactAccumulator e => e.Output,
            { ResultFormat: { } format } => format,
            _ => throw new ArgumentException($"no decoder for {accumulator}", nameof(accumulator)),
        };
        if (accumulator is FixedAccumulator q) _unit = MathF.ScaleB(1, -q.Fraction);
        if (_format is null || _format.Bits > 16) return;
        _table = new float[1 << _format.Bits];
        for (int code = 0; code < _table.Length; code++) _table[code] = (float)_format.Decode((uint)code).ToDouble();
    }

    /// <summary>The value of one result.</summary>
    public float Decode(long result)
    {
        if (_table is not null) return _table[result];
        if (_format is not null) return (float)_format.Decode(unchecked((uint)result)).ToDouble();
        return (float)result * _unit;
    }
}
