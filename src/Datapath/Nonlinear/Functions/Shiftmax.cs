using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Nonlinear.Functions;

/// <summary>Shiftmax (arXiv 2207.01405 Algorithm 1): e = ShiftExp(I - max I) with N = 15; out = IntDiv(e, Σe, k), S_out =
/// 2^-(k-1).</summary>
internal sealed class Shiftmax(FixedFormat input, double scale, ShiftExp exponential, int bits)
    : IntegerFunction(input, scale, IntegerWords.Unsigned(bits), Math.ScaleB(1, 1 - bits))
{
    private const int Places = 15;

    public static VectorMethod Method { get; } = new("ivit", "scale=S [bits=N] [output_bits=K]",
        "integer-only Shiftmax (I-ViT, arXiv 2207.01405)", [VectorFunctionKind.Softmax], (kind, name, options) =>
    {
        FixedFormat input = IntegerWords.Word(options);
        int bits = options.Integer("output_bits", 2, 16, 8);
        double scale = options.Number("scale", double.NaN);
        return ShiftExp.Create(scale, Places, options) is { } exponential
            ? new Shiftmax(input, scale, exponential, bits) { Kind = kind, Text = $"{name} {options.Canonical}" } : null;
    });

    public override bool IsElementwise => false;

    public override Structure Structure =>
        IntegerRows.Maximum(Input.Bits) + exponential.Hardware(Input.Bits + 1) + IntegerRows.Sum(32) + ShiftExp.DivisionHardware(bits);

    protected override void Compute(Span<long> row)
    {
        long maximum = long.MinValue;
        foreach (long q in row) maximum = Math.Max(maximum, q);
        BigInteger sum = 0;
        for (int i = 0; i < row.Length; i++) sum += row[i] = (long)exponential.Of(row[i] - maximum);
        for (int i = 0; i < row.Length; i++) row[i] = (long)ShiftExp.Divide(row[i], sum, bits);
    }
}
