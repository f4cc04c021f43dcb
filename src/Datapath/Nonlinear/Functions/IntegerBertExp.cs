using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Datapath.Nonlinear.Real;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Nonlinear.Functions;

/// <summary>
/// I-BERT's integer polynomials (arXiv 2101.01321 Algorithms 1 and 3). i-exp of q at scale S: q_ln2 = ⌊ln 2/S⌋, z = ⌊-q/q_ln2⌋, p = q +
/// z·q_ln2, q_out = ((p + q_b)² + q_c) &gt;&gt; z with q_b = ⌊b/S⌋, q_c = ⌊c/(a·S²)⌋, a = 0.3585, b = 1.353, c = 0.344; S_out = a·S².
/// </summary>
internal sealed class IntegerBertExp : IntegerTable
{
    private readonly Polynomial _polynomial;

    private IntegerBertExp(FixedFormat input, Polynomial polynomial, FixedFormat output, long[] results)
        : base(input, polynomial.Scale, output, polynomial.OutputScale, results) => _polynomial = polynomial;

    public static VectorMethod Method { get; } = new("ibert", "scale=S [bits=N]", "integer-only i-exp (I-BERT, arXiv 2101.01321)",
        [VectorFunctionKind.Exp], (kind, name, options) =>
    {
        FixedFormat input = IntegerWords.Word(options);
        if (Polynomial.Create(options) is not { } polynomial) return null;
        (long[] results, FixedFormat? output) = Tabulate(input, q => polynomial.Exp(q), options);
        return output is null ? null : new IntegerBertExp(input, polynomial, output, results)
            { Kind = kind, Text = $"{name} {options.Canonical}" };
    });

    public override Structure Structure => _polynomial.Structure(Input.Bits);

    /// <summary>The polynomial and range reduction of i-exp for one scale.</summary>
    internal sealed record Polynomial(double Scale, BigInteger Ln2, BigInteger B, BigInteger C)
    {
        public double OutputScale => 0.3585 * Scale * Scale;

        /// <summary>Reads `scale`; null after noting that it cannot be.</summary>
        public static Polynomial? Create(MethodOptions options)
        {
            double scale = options.Number("scale", double.NaN);
            if (options.Problem.Length > 0) return null;
            (BigInteger over, BigInteger under) = IntegerWords.Ratio(scale);
            if (scale < 1.0 / (1 << 20) || scale > 0.5)
            {
                options.Fail("'scale' must be from 2^-20 to 0.5, so that ln 2 is at least one unit");
                return null;
            }
            const int Bits = 256;
            Ball ln2 = RealFunctions.Ln2(Bits);
            BigInteger units = under * ln2.Low / (over << -ln2.Exponent);
            if (units != under * ln2.High / (over << -ln2.Exponent)) throw new ArithmeticException("ln 2 was not placed");
            return new(scale, units, IntegerWords.Floor(1353 * under, 1000 * over),
                IntegerWords.Floor(3440 * under * under, 3585 * over * over));
        }

        /// <summary>i-exp of one integer.</summary>
        public BigInteger Exp(BigInteger q)
        {
            BigInteger z = IntegerWords.Floor(-q, Ln2), p = q + z * Ln2;
            // A word of 16 bits and the scale's limits keep |z| below 2^16; the numbers have 2^17 bits then, which Tabulate refuses.
            return IntegerWords.Shift((p + B) * (p + B) + C, -(int)z);
        }

        /// <summary>Reciprocal multiplication for z, the polynomial's square, the shift.</summary>
        public Structure Structure(int inputBits)
        {
            int unit = IntegerWords.Bits(0, B), square = IntegerWords.Bits(0, B * B + C);
            return Structures.Structure.Empty
                .With("quotient by ln 2 (reciprocal multiplication)", PrimitiveKind.Multiplier, inputBits, inputBits + 2, onPath: true)
                .With("remainder multiplication", PrimitiveKind.Multiplier, inputBits, unit, onPath: true)
                .With("remainder subtraction", PrimitiveKind.Adder, inputBits, onPath: true)
                .With("offset addition", PrimitiveKind.Adder, unit + 1, onPath: true)
                .With("square", PrimitiveKind.Multiplier, unit + 1, unit + 1, onPath: true)
                .With("constant addition", PrimitiveKind.Adder, square, onPath: true)
                .With("power-of-two shift", PrimitiveKind.RightShifter, square, onPath: true);
        }
    }
}
