using Sim.Datapath.Formats;

namespace Sim.Datapath.Nonlinear;

/// <summary>
/// A vector function between float32 rows: inputs are divided by the input scale and rounded to the nearest code (ties to even, saturating
/// where the format has no infinity), results are the exact value of their code times the output scale in binary64, rounded to float32 once
/// more.
/// </summary>
public sealed class FloatRows(VectorFunction function)
{
    private readonly bool _scaledInput = function.InputScale != 1, _scaledOutput = function.OutputScale != 1;

    /// <summary>The function.</summary>
    public VectorFunction Function => function;

    /// <summary>Inputs so far that lay beyond the input format.</summary>
    public long SaturatedInputs { get; private set; }

    /// <summary>Inputs so far that were NaN.</summary>
    public long NaNInputs { get; private set; }

    /// <summary>Computes one row; <paramref name="result"/> may be the row itself.</summary>
    public void Apply(ReadOnlySpan<float> row, Span<float> result)
    {
        uint[] codes = new uint[row.Length], answers = new uint[row.Length];
        for (int i = 0; i < row.Length; i++)
        {
            codes[i] = function.Input.Encode(Exact.FromDouble(_scaledInput ? row[i] / function.InputScale : row[i]), Rounding.NearestEven,
                out RoundingFlags flags);
            if (float.IsNaN(row[i])) NaNInputs++;
            if ((flags & RoundingFlags.Overflow) != 0) SaturatedInputs++;
        }
        function.Apply(codes, answers);
        for (int i = 0; i < row.Length; i++)
        {
            double value = function.Output.Decode(answers[i]).ToDouble();
            result[i] = (float)(_scaledOutput ? value * function.OutputScale : value);
        }
    }
}
