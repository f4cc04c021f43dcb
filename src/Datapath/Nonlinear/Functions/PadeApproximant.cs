using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Nonlinear.Functions;

/// <summary>
/// Padé approximants in one float format. tanh: the continued fraction x/(1 + x²/(3 + x²/(5 + …))) cut after `order` divisions (Lambert),
/// evaluated from the inside with q = round(x²), d ← round(k + round(q/d)), and what leaves [-1, 1] replaced by ±1; sigmoid: round(round(1
/// + tanh(round(x/2))) / 2).
/// </summary>
internal sealed class PadeApproximant(FloatUnit unit, int order) : VectorFunction
{
    private readonly uint _half = unit.Of(Exact.Integer(1, -1));
    private readonly uint[] _odd = [.. Enumerable.Range(0, order + 1).Select(i => unit.Of(Exact.Integer(2 * i + 1)))];

    public static VectorMethod Method
        { get; } = new("pade", "[format=FORMAT] [order=N]", "Padé approximant of tanh as a continued fraction (Lambert)",
        [VectorFunctionKind.Tanh, VectorFunctionKind.Sigmoid],
        (kind, name, options) => new PadeApproximant(new FloatUnit(options.Float("format", "fp32")), options.Integer("order", 1, 12, 3))
            { Kind = kind, Text = $"{name} {options.Canonical}" });

    public override INumberFormat Input => unit.Format;

    public override Structure? Structure => FloatUnitStructures.Multiplier(unit)
        + (FloatUnitStructures.Adder(unit) + FloatUnitStructures.Divider(unit)).Times(order)
        + FloatUnitStructures.Divider(unit)
        + (Kind == VectorFunctionKind.Sigmoid ? FloatUnitStructures.Adder(unit) : Structure.Empty)
        + Structure.Empty.With("clamp comparison", PrimitiveKind.Comparator, unit.Format.Bits)
            .With("clamp selection", PrimitiveKind.Mux, unit.Format.Bits);

    public override void Apply(ReadOnlySpan<uint> row, Span<uint> result)
    {
        for (int i = 0; i < row.Length; i++)
            result[i] = Kind == VectorFunctionKind.Tanh ? Tanh(row[i])
                : unit.Multiply(unit.Add(unit.One, Tanh(unit.Multiply(row[i], _half))), _half);
    }

    private uint Tanh(uint x)
    {
        Exact value = unit.Format.Decode(x);
        if (value.Class == NumberClass.NaN) return unit.Of(Exact.NaN);
        uint bound = value.Negative ? unit.Negate(unit.One) : unit.One, square = unit.Multiply(x, x);
        if (unit.Format.Decode(square).Class == NumberClass.Infinity) return bound;
        uint denominator = _odd[order];
        for (int i = order - 1; i >= 0; i--) denominator = unit.Add(_odd[i], unit.Divide(square, denominator));
        uint y = unit.Divide(x, denominator);
        Exact magnitude = unit.Format.Decode(y) with { Negative = false };
        return FloatUnit.Compare(magnitude, Exact.Integer(1)) > 0 ? bound : y;
    }
}
