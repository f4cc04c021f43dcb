using Sim.Datapath.Arithmetic;
using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Specs;

/// <summary>
/// An array multiplier of magnitudes whose partial products of the lowest <paramref name="Dropped"/> columns are left out (Schulte and
/// Swartzlander, 1993):
/// Σ a_i·b_j·2^(i+j) over i+j ≥ Dropped, plus the constant <paramref name="Correction"/> unless an operand is zero. Columns count from the
/// last place of both significands as they are stored, so a subnormal loses the same columns. Inf, NaN and zeros as in an exact product.
/// </summary>
/// <param name="Dropped">Columns without partial products.</param>
/// <param name="Correction">Added to the significand product, in units of its last place; 0 to 2^Dropped - 1 makes sense.</param>
public sealed record TruncatedMultiplier(int Dropped, int Correction = 0) : MultiplierSpec
{
    /// <inheritdoc/>
    public override string Kind => "truncated";

    /// <inheritdoc/>
    public override string? Refuses(INumberFormat activation, INumberFormat weight)
    {
        if (activation is not (FloatFormat or FixedFormat) || weight is not (FloatFormat or FixedFormat))
            return $"a truncated multiplier needs float, integer or fixed-point operands, found {activation.Name} and {weight.Name}";
        int columns = activation.Shape.SignificandBits + weight.Shape.SignificandBits - 1;
        return Dropped < columns ? null : $"{Dropped} dropped columns leave none of the {columns} of {activation.Name} × {weight.Name}";
    }

    /// <inheritdoc/>
    public override Exact Multiply(INumberFormat activation, INumberFormat weight, uint a, uint w)
    {
        Exact x = activation.Decode(a), y = weight.Decode(w);
        if (x.Class != NumberClass.Finite || y.Class != NumberClass.Finite)
        {
            RoundingFlags invalid = RoundingFlags.None;
            return ExactArithmetic.Multiply(x, y, ref invalid);
        }
        UInt128 sum = (UInt128)Correction;
        for (int j = 0; j < y.Length; j++)
            if ((y.Significand >> j & 1) != 0) sum += x.Significand >> Math.Max(0, Dropped - j) << Math.Max(j, Dropped);
        return Exact.Finite(x.Negative != y.Negative, x.Exponent + y.Exponent, sum);
    }

    /// <inheritdoc/>
    public override ProductShape Product(OperandShape activation, OperandShape weight) => new(activation, weight);

    /// <summary>The array row by row: an AND gate a cell that is kept, an adder a row; signed words are multiplied as magnitudes.</summary>
    public override Structure Logic(OperandShape activation, OperandShape weight)
    {
        int a = activation.SignificandBits, w = weight.SignificandBits;
        int[] rows = [.. Enumerable.Range(0, w).Select(j => Math.Clamp(a - Math.Max(0, Dropped - j), 0, a)).Where(r => r > 0)];
        Structure unit = Structure.Empty
            .With("zero and subnormal detection", PrimitiveKind.Gate, activation.ExponentBits + weight.ExponentBits)
            .With("operand magnitude", PrimitiveKind.Incrementer, (activation is { IsFloat: false, Signed: true } ? a : 0)
                + (weight is { IsFloat: false, Signed: true } ? w : 0))
            .With("kept partial products", PrimitiveKind.Gate, rows.Sum())
            .With("correction constant", PrimitiveKind.Incrementer, Correction == 0 ? 0 : a + w - 1);
        foreach (IGrouping<int, int> row in rows.Skip(1).GroupBy(r => r)) unit = unit.With("partial product rows", PrimitiveKind.Adder,
            row.Key, count: row.Count());
        unit = unit.With("product carry", PrimitiveKind.Incrementer, Math.Max(1, a + w - Dropped), onPath: true);
        bool signed = activation is { IsFloat: false, Signed: true } || weight is { IsFloat: false, Signed: true };
        unit = unit.With("product negation", PrimitiveKind.Incrementer, signed ? a + w : 0);
        return activation.IsFloat && weight.IsFloat
            ? unit.With("exponent adder", PrimitiveKind.Adder, new ProductShape(activation, weight).ExponentBits) : unit;
    }
}
