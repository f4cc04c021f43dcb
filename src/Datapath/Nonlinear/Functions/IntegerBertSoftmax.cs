using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Nonlinear.Functions;

/// <summary>i-softmax (arXiv 2101.01321 Algorithm 3): e = i-exp(q - max q), q_out = ⌊e·2^k / Σe⌋, S_out = 2^-k.</summary>
internal sealed class IntegerBertSoftmax : IntegerFunction
{
    private readonly IntegerBertExp.Polynomial _polynomial;
    private readonly int _fraction;
    private readonly long[] _exponentials;

    private IntegerBertSoftmax(FixedFormat input, IntegerBertExp.Polynomial polynomial, int fraction)
        : base(input, polynomial.Scale, IntegerWords.Unsigned(fraction + 1), Math.ScaleB(1, -fraction))
    {
        _polynomial = polynomial;
        _fraction = fraction;
        // Of differences 0 to 2^bits - 1, negated.
        _exponentials = [.. Enumerable.Range(0, 1 << input.Bits).Select(d => (long)polynomial.Exp(-d))];
    }

    public static VectorMethod Method { get; } = new("ibert", "scale=S [bits=N] [output_bits=K]",
        "integer-only i-softmax (I-BERT, arXiv 2101.01321)", [VectorFunctionKind.Softmax], (kind, name, options) =>
    {
        FixedFormat input = IntegerWords.Word(options);
        int fraction = options.Integer("output_bits", 2, 16, 8);
        if (IntegerBertExp.Polynomial.Create(options) is not { } polynomial) return null;
        int bits = IntegerWords.Bits(0, polynomial.Exp(0));
        if (bits > 32)
        {
            options.Fail($"exponentials need {bits} bits with this scale; 32 is the most, so the scale must be larger");
            return null;
        }
        return new IntegerBertSoftmax(input, polynomial, fraction) { Kind = kind, Text = $"{name} {options.Canonical}" };
    });

    public override bool IsElementwise => false;

    public override Structure Structure => IntegerRows.Maximum(Input.Bits) + _polynomial.Structure(Input.Bits + 1)
        + IntegerRows.Sum(IntegerWords.Bits(0, _polynomial.Exp(0)))
            + IntegerRows.Divider(IntegerWords.Bits(0, _polynomial.Exp(0)) + _fraction, _fraction + 1);

    protected override void Compute(Span<long> row)
    {
        long maximum = long.MinValue;
        foreach (long q in row) maximum = Math.Max(maximum, q);
        BigInteger sum = 0;
        for (int i = 0; i < row.Length; i++) sum += row[i] = _exponentials[maximum - row[i]];
        for (int i = 0; i < row.Length; i++) row[i] = (long)(((BigInteger)row[i] << _fraction) / sum);
    }
}
