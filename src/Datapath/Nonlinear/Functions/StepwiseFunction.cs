using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Nonlinear.Functions;

/// <summary>
/// Elementwise functions from rounded steps in one format, in this order. sigmoid: e = exp(-x), d = 1 + e, 1/d. tanh: e = exp(-2|x|), (1 -
/// e)/(1 + e), sign of x.
/// silu: x/d with sigmoid's d. gelu: e = erf(x·c) with c the rounded 1/√2, d = 1 + e, h = x/2, h·d.
/// </summary>
internal sealed class StepwiseFunction : VectorFunction
{
    private readonly FloatUnit _unit;
    private readonly uint _half, _rootHalf;

    private StepwiseFunction(FloatUnit unit)
    {
        _unit = unit;
        _half = unit.Of(Exact.Integer(1, -1));
        _rootHalf = unit.Of(ElementarySpecials.SquareRoot(Exact.Integer(1, -1)));
    }

    public static VectorMethod Method { get; } = new("steps", "[format=FORMAT]", "every operation rounded on its way",
        [VectorFunctionKind.Sigmoid, VectorFunctionKind.Tanh, VectorFunctionKind.Gelu, VectorFunctionKind.Silu],
        (kind, name, options) => new StepwiseFunction(new FloatUnit(options.Float("format", "fp32")))
            { Kind = kind, Text = $"{name} {options.Canonical}" });

    public override INumberFormat Input => _unit.Format;

    public override Structure? Structure => FloatUnitStructures.Exp(_unit) is not { } table ? null
        : table + FloatUnitStructures.Adder(_unit) + FloatUnitStructures.Divider(_unit)
            + (Kind == VectorFunctionKind.Gelu ? FloatUnitStructures.Multiplier(_unit) : Structure.Empty);

    public override void Apply(ReadOnlySpan<uint> row, Span<uint> result)
    {
        for (int i = 0; i < row.Length; i++) result[i] = Compute(row[i]);
    }

    private uint Compute(uint x)
    {
        if (_unit.Format.Decode(x).Class == NumberClass.NaN) return _unit.Of(Exact.NaN);
        switch (Kind)
        {
            case VectorFunctionKind.Sigmoid: return _unit.Divide(_unit.One, Denominator(x));
            case VectorFunctionKind.Silu: return _unit.Divide(x, Denominator(x));
            case VectorFunctionKind.Tanh:
                bool negative = _unit.Format.Decode(x).Negative;
                uint magnitude = negative ? _unit.Negate(x) : x;
                uint e = _unit.Apply(ElementaryKind.Exp, _unit.Negate(_unit.Add(magnitude, magnitude)));
                uint t = _unit.Divide(_unit.Subtract(_unit.One, e), _unit.Add(_unit.One, e));
                return negative ? _unit.Negate(t) : t;
            default:
                uint d = _unit.Add(_unit.One, _unit.Apply(ElementaryKind.Erf, _unit.Multiply(x, _rootHalf)));
                return _unit.Multiply(_unit.Multiply(x, _half), d);
        }
    }

    private uint Denominator(uint x) => _unit.Add(_unit.One, _unit.Apply(ElementaryKind.Exp, _unit.Negate(x)));
}
