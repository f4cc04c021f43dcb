using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Nonlinear.Functions;

/// <summary>
/// I-LayerNorm of I-ViT (arXiv 2207.01405 §3.5): mean and variance v as in I-BERT's; σ by ten steps I ← (I + ⌊v/I⌋) &gt;&gt; 1 from
/// 2^⌊bits(v)/2⌋, 1 where v is 0; out = ⌊d·⌊(2^31 - 1)/σ⌋ / 2^(31 - k)⌋, S_out = 2^-k.
/// </summary>
internal sealed class ShiftNorm(FixedFormat input, double scale, int fraction)
    : IntegerFunction(input, scale, IntegerWords.Signed(32), Math.ScaleB(1, -fraction))
{
    private const int Steps = 10;

    public static VectorMethod Method
        { get; } = new("ivit", "scale=S [bits=N] [fraction=K]",
        "integer-only I-LayerNorm with a shifting square root (I-ViT, arXiv 2207.01405)", [VectorFunctionKind.LayerNorm],
        (kind, name, options) => new ShiftNorm(IntegerWords.Word(options), options.Number("scale", double.NaN),
            options.Integer("fraction", 1, 14, 8)) { Kind = kind, Text = $"{name} {options.Canonical}" });

    public override bool IsElementwise => false;

    public override Structure Structure => IntegerBertNorm.NormHardware(Input.Bits, fraction) + ShiftExp.DivisionHardware(Input.Bits);

    protected override void Compute(Span<long> row)
    {
        if (row.IsEmpty) return;
        (BigInteger _, BigInteger variance) = IntegerBertNorm.Center(row);
        BigInteger factor = int.MaxValue / Root(variance);
        for (int i = 0; i < row.Length; i++) row[i] = (long)(row[i] * factor >> 31 - fraction);
    }

    private static BigInteger Root(BigInteger variance)
    {
        if (variance.IsZero) return 1;
        BigInteger x = BigInteger.One << (int)(variance.GetBitLength() / 2);
        for (int i = 0; i < Steps; i++) x = x + variance / x >> 1;
        return x;
    }
}
