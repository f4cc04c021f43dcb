using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Datapath.Nonlinear.Real;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Nonlinear.Functions;

/// <summary>
/// Integer layer norm of I-BERT (arXiv 2101.01321 §3.6): μ = Σq/n to the nearest integer, ties to even; d = q - μ; σ = i-sqrt(⌊Σd²/n⌋), 1
/// where that is 0; q_out = ⌊d·2^k / σ⌋, S_out = 2^-k. The scale of q cancels, and there is no epsilon.
/// </summary>
internal sealed class IntegerBertNorm(FixedFormat input, double scale, int fraction)
    : IntegerFunction(input, scale, IntegerWords.Signed(32), Math.ScaleB(1, -fraction))
{
    public static VectorMethod Method
        { get; } = new("ibert", "scale=S [bits=N] [fraction=K]", "integer-only layer norm with i-sqrt (I-BERT, arXiv 2101.01321)",
        [VectorFunctionKind.LayerNorm],
        (kind, name, options) => new IntegerBertNorm(IntegerWords.Word(options), options.Number("scale", double.NaN),
            options.Integer("fraction", 1, 14, 8)) { Kind = kind, Text = $"{name} {options.Canonical}" });

    public override bool IsElementwise => false;

    public override Structure Structure => NormHardware(Input.Bits, fraction);

    /// <summary>Mean, squares, root and quotient of an integer norm.</summary>
    public static Structure NormHardware(int bits, int fraction) => (IntegerRows.Sum(bits) + IntegerRows.Divider(bits + 16, bits + 1))
        .With("mean subtraction", PrimitiveKind.Adder, bits + 1)
        .With("square", PrimitiveKind.Multiplier, bits + 1, bits + 1)
        + IntegerRows.Sum(2 * bits + 2) + IntegerRows.Divider(2 * bits + 18, 2 * bits + 2) + IntegerRows.SquareRoot(bits + 1)
            + IntegerRows.Divider(bits + 1, bits + 1 + fraction);

    protected override void Compute(Span<long> row)
    {
        if (row.IsEmpty) return;
        (BigInteger _, BigInteger variance) = Center(row);
        BigInteger deviation = BigInteger.Max(1, IntegerRoot.Floor(variance));
        for (int i = 0; i < row.Length; i++) row[i] = (long)IntegerWords.Floor((BigInteger)row[i] << fraction, deviation);
    }

    /// <summary>Subtracts the rounded mean from the row; returns it and ⌊Σd²/n⌋.</summary>
    public static (BigInteger Mean, BigInteger Variance) Center(Span<long> row)
    {
        BigInteger sum = 0, squares = 0;
        foreach (long q in row) sum += q;
        BigInteger mean = IntegerWords.Nearest(sum, row.Length);
        for (int i = 0; i < row.Length; i++)
        {
            row[i] -= (long)mean;
            squares += row[i] * row[i];
        }
        return (mean, squares / row.Length);
    }
}
