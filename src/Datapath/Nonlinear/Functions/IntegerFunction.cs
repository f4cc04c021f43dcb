using System.Numerics;
using Sim.Datapath.Formats;

namespace Sim.Datapath.Nonlinear.Functions;

/// <summary>A function of two's complement words with a fixed scale.</summary>
internal abstract class IntegerFunction(FixedFormat input, double inputScale, FixedFormat output, double outputScale) : VectorFunction
{
    public override INumberFormat Input => input;

    public override double InputScale => inputScale;

    public override INumberFormat Output => output;

    public override double OutputScale => outputScale;

    public override void Apply(ReadOnlySpan<uint> row, Span<uint> result)
    {
        long[] values = new long[row.Length];
        for (int i = 0; i < row.Length; i++) values[i] = input.ToInteger(row[i]);
        Compute(values);
        for (int i = 0; i < row.Length; i++)
            result[i] = values[i] >= output.MinimumInteger && values[i] <= output.MaximumInteger ? output.FromInteger(values[i])
                : throw new ArithmeticException($"{Text}: the result {values[i]} does not fit {output.Name}");
    }

    /// <summary>Replaces the row's integers by the results'.</summary>
    protected abstract void Compute(Span<long> row);
}

/// <summary>An integer function of one word: every result is computed when it is made.</summary>
internal abstract class IntegerTable(FixedFormat input, double inputScale, FixedFormat output, double outputScale, long[] results)
    : IntegerFunction(input, inputScale, output, outputScale)
{
    private readonly long _least = input.MinimumInteger;

    /// <summary>The results of all words in ascending order, and the narrowest format that holds them; null format after noting that 32
    /// bits do not.</summary>
    public static (long[] Results, FixedFormat? Output) Tabulate(FixedFormat input, Func<long, BigInteger> function, MethodOptions options)
    {
        int count = 1 << input.Bits;
        var exact = new BigInteger[count];
        for (int i = 0; i < count; i++) exact[i] = function(input.MinimumInteger + i);
        int bits = IntegerWords.Bits(exact.Min(), exact.Max());
        if (bits > 32)
        {
            options.Fail($"results need {bits} bits with this scale; 32 is the most, so the scale must be larger");
            return ([], null);
        }
        return (Array.ConvertAll(exact, v => (long)v), IntegerWords.Signed(bits));
    }

    protected override void Compute(Span<long> row)
    {
        for (int i = 0; i < row.Length; i++) row[i] = results[row[i] - _least];
    }
}
