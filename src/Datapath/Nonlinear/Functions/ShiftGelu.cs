using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Nonlinear.Functions;

/// <summary>
/// ShiftGELU (arXiv 2207.01405 Algorithm 2), x·σ(1.702·x): I_p = I + (I &gt;&gt; 1) + (I &gt;&gt; 3) + (I &gt;&gt; 4) with 1.702 ≈ 1.1011b;
/// M the row's maximum of I_p; e = ShiftExp(I_p - M), m = ShiftExp(-M) with N = 23; out = I·IntDiv(e, e + m, k), S_out = S·2^-(k-1). A row
/// is the last axis: results depend on its maximum.
/// </summary>
internal sealed class ShiftGelu(FixedFormat input, double scale, ShiftExp exponential, int bits)
    : IntegerFunction(input, scale, IntegerWords.Signed(input.Bits + bits), scale * Math.ScaleB(1, 1 - bits))
{
    private const int Places = 23;

    public static VectorMethod Method { get; } = new("ivit", "scale=S [bits=N] [output_bits=K]",
        "integer-only ShiftGELU (I-ViT, arXiv 2207.01405)", [VectorFunctionKind.Gelu], (kind, name, options) =>
    {
        FixedFormat input = IntegerWords.Word(options);
        int bits = options.Integer("output_bits", 2, 16, 8);
        double scale = options.Number("scale", double.NaN);
        return ShiftExp.Create(scale, Places, options) is { } exponential
            ? new ShiftGelu(input, scale, exponential, bits) { Kind = kind, Text = $"{name} {options.Canonical}" } : null;
    });

    public override bool IsElementwise => false;

    public override Structure Structure => Structure.Empty
        .With("1.702 additions", PrimitiveKind.Adder, Input.Bits + 1, count: 3, onPath: true)
        .With("product", PrimitiveKind.Multiplier, Input.Bits, bits, onPath: true)
        .With("denominator", PrimitiveKind.Adder, 32, onPath: true)
        + IntegerRows.Maximum(Input.Bits + 1) + exponential.Hardware(Input.Bits + 2).Times(2) + ShiftExp.DivisionHardware(bits);

    protected override void Compute(Span<long> row)
    {
        long maximum = long.MinValue;
        foreach (long x in row) maximum = Math.Max(maximum, Scaled(x));
        BigInteger offset = exponential.Of(-maximum);
        for (int i = 0; i < row.Length; i++)
        {
            BigInteger e = exponential.Of(Scaled(row[i]) - maximum);
            row[i] *= (long)ShiftExp.Divide(e, e + offset, bits);
        }
    }

    private static long Scaled(long x) => x + (x >> 1) + (x >> 3) + (x >> 4);
}
