using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Nonlinear.Functions;

/// <summary>
/// A table of chords. Breakpoints b0 &lt; … &lt; bN, given or N equal segments of [from, to], are rounded into the format; segment i holds
/// b_i ≤ x &lt; b_(i+1):
/// slope s_i = round(round(f(b_(i+1)) - f(b_i)) / round(b_(i+1) - b_i)), intercept t_i = round(f(b_i) - s_i·b_i), f correctly rounded; y =
/// round(s_i·x + t_i), one rounding.
/// Below b0: f(b0), and 0 for gelu and silu; from bN on: f(bN), and x for gelu and silu. NaN stays NaN.
/// </summary>
internal sealed class PiecewiseLinear : VectorFunction
{
    private readonly FloatUnit _unit;
    private readonly uint[] _points, _slopes, _intercepts;
    private readonly uint _below, _above;
    private readonly bool _identityAbove;

    private PiecewiseLinear(VectorFunctionKind kind, FloatUnit unit, uint[] points)
    {
        _unit = unit;
        _points = points;
        ElementaryKind function = RoundedFunction.Of(kind);
        _slopes = new uint[points.Length - 1];
        _intercepts = new uint[points.Length - 1];
        for (int i = 0; i < _slopes.Length; i++)
        {
            uint at = unit.Apply(function, points[i]), rise = unit.Subtract(unit.Apply(function, points[i + 1]), at);
            _slopes[i] = unit.Divide(rise, unit.Subtract(points[i + 1], points[i]));
            _intercepts[i] = unit.MultiplyAdd(unit.Negate(_slopes[i]), points[i], at);
        }
        _identityAbove = kind is VectorFunctionKind.Gelu or VectorFunctionKind.Silu;
        _below = _identityAbove ? unit.Zero : unit.Apply(function, points[0]);
        _above = unit.Apply(function, points[^1]);
    }

    public static VectorMethod Method
        { get; } = new("pwl", "[format=FORMAT] [segments=N from=NUMBER to=NUMBER | breakpoints=NUMBER,NUMBER,...]",
        "piecewise-linear table",
        [VectorFunctionKind.Exp, VectorFunctionKind.Sigmoid, VectorFunctionKind.Tanh, VectorFunctionKind.Erf, VectorFunctionKind.Gelu,
            VectorFunctionKind.Silu], Build);

    public override INumberFormat Input => _unit.Format;

    /// <inheritdoc/>
    public override Structure? Structure
    {
        get
        {
            int bits = _unit.Format.Bits, address = Math.Max(1, 32 - int.LeadingZeroCount(_slopes.Length));
            var product = new ProductShape(_unit.Format.Shape, _unit.Format.Shape);
            return Structure.Empty
                .With("breakpoint comparison", PrimitiveKind.Comparator, bits, count: _points.Length, onPath: false)
                .With("end selection", PrimitiveKind.Mux, bits, count: 2)
                + FloatUnitStructures.Table("slope and intercept table", address, 2 * bits) + product.Multiplier()
                    + FloatUnits.FusedStep(product, _unit.Format.Shape, _unit.Rounding.Mode);
        }
    }

    public override void Apply(ReadOnlySpan<uint> row, Span<uint> result)
    {
        for (int i = 0; i < row.Length; i++) result[i] = Compute(row[i]);
    }

    private static PiecewiseLinear? Build(VectorFunctionKind kind, string name, MethodOptions options)
    {
        var unit = new FloatUnit(options.Float("format", "fp32"));
        double[] given = options.Numbers("breakpoints");
        if (given.Length == 0)
        {
            int segments = options.Integer("segments", 1, 4096, 16);
            double from = options.Number("from", kind == VectorFunctionKind.Exp ? -8 : -4, false),
                to = options.Number("to", kind == VectorFunctionKind.Exp ? 0 : 4, false);
            if (from >= to) options.Fail("'from' must be below 'to'");
            // Powers of two as segment counts make these sums exact; others are rounded into the format right after.
            given = [.. Enumerable.Range(0, segments + 1).Select(i => from + (to - from) * i / segments)];
        }
        else if (given.Length < 2)
            options.Fail("'breakpoints' needs at least two numbers");
        uint[] points = [.. given.Select(v => unit.Of(Exact.FromDouble(v)))];
        for (int i = 1; i < points.Length; i++)
            if (FloatUnit.Compare(unit.Format.Decode(points[i - 1]), unit.Format.Decode(points[i])) >= 0 && options.Problem.Length == 0)
                options.Fail($"breakpoints {given[i - 1]:R} and {given[i]:R} are one number in {unit.Format.Name}");
        foreach (uint point in points)
            if (unit.Format.Decode(point).Class == NumberClass.Infinity
                && options.Problem.Length == 0) options.Fail($"a breakpoint lies beyond {unit.Format.Name}");
        return options.Problem.Length > 0 ? null
            : new PiecewiseLinear(kind, unit, points) { Kind = kind, Text = $"{name} {options.Canonical}" };
    }

    private uint Compute(uint code)
    {
        Exact x = _unit.Format.Decode(code);
        if (x.Class == NumberClass.NaN) return _unit.Of(Exact.NaN);
        if (x.Class == NumberClass.Zero) x = Exact.Zero();
        int low = -1, high = _points.Length;
        while (high - low > 1)
        {
            int middle = (low + high) / 2;
            Exact point = _unit.Format.Decode(_points[middle]);
            if (FloatUnit.Compare(point.Class == NumberClass.Zero ? Exact.Zero() : point, x) <= 0) low = middle;
            else high = middle;
        }
        if (low < 0) return _below;
        if (low == _slopes.Length) return _identityAbove ? code : _above;
        return _unit.MultiplyAdd(_slopes[low], code, _intercepts[low]);
    }
}
