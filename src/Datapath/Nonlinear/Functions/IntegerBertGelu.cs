using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Datapath.Nonlinear.Real;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Nonlinear.Functions;

/// <summary>
/// i-gelu (arXiv 2101.01321 Algorithm 2). With S' = S/√2, a = -0.2888, b = -1.769, c = 1: q_b = ⌊b/S'⌋, q_c = ⌊c/(a·S'²)⌋, erf(q) =
/// sgn(q)·((min(|q|, -q_b) + q_b)² + q_c) at scale S_e = a·S'²; q_out = q·(erf(q) + ⌊1/S_e⌋), S_out = S·S_e/2, which is negative as a is.
/// </summary>
internal sealed class IntegerBertGelu : IntegerTable
{
    private readonly BigInteger _b;

    private IntegerBertGelu(FixedFormat input, double scale, BigInteger b, FixedFormat output, long[] results)
        : base(input, scale, output, -0.2888 * scale * scale * scale / 4, results) => _b = b;

    public static VectorMethod Method { get; } = new("ibert", "scale=S [bits=N]", "integer-only i-gelu (I-BERT, arXiv 2101.01321)",
        [VectorFunctionKind.Gelu], (kind, name, options) =>
    {
        FixedFormat input = IntegerWords.Word(options);
        double scale = options.Number("scale", double.NaN);
        if (options.Problem.Length == 0 && scale is < 1.0 / (1 << 20) or > 1) options.Fail("'scale' must be from 2^-20 to 1");
        if (options.Problem.Length > 0) return null;
        (BigInteger over, BigInteger under) = IntegerWords.Ratio(scale);
        // ⌊-1.769·√2/S⌋ = -⌈√(2·1.769²/S²)⌉.
        BigInteger numerator = 2 * 1769 * 1769 * under * under, denominator = 1000 * 1000 * over * over,
            root = IntegerRoot.Floor(numerator / denominator);
        BigInteger b = -(root * root * denominator == numerator ? root : root + 1);
        BigInteger c = IntegerWords.Floor(-20000 * under * under, 2888 * over * over);
        (long[] results, FixedFormat? output) = Tabulate(input, q =>
        {
            BigInteger inner = BigInteger.Min(BigInteger.Abs(q), -b) + b;
            return q * (Math.Sign(q) * (inner * inner + c) + c);
        }, options);
        return output is null ? null : new IntegerBertGelu(input, scale, b, output, results)
            { Kind = kind, Text = $"{name} {options.Canonical}" };
    });

    public override Structure Structure
    {
        get
        {
            int unit = IntegerWords.Bits(_b, 0), square = 2 * unit;
            return Structure.Empty
                .With("magnitude", PrimitiveKind.Incrementer, Input.Bits, onPath: true)
                .With("clip comparison", PrimitiveKind.Comparator, unit)
                .With("clip selection", PrimitiveKind.Mux, unit)
                .With("offset addition", PrimitiveKind.Adder, unit, onPath: true)
                .With("square", PrimitiveKind.Multiplier, unit, unit, onPath: true)
                .With("constant addition", PrimitiveKind.Adder, square, onPath: true)
                .With("sign", PrimitiveKind.Xor, square)
                .With("one addition", PrimitiveKind.Adder, square + 1, onPath: true)
                .With("product", PrimitiveKind.Multiplier, Input.Bits, square + 1, onPath: true);
        }
    }
}
