using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Nonlinear.Functions;

/// <summary>
/// Norms in one float format, n and epsilon rounded into it first. layer_norm: m = round(Σx / n); d = round(x - m); v = round(Σ round(d²) /
/// n); y = round(d / round(√round(v + ε))). rms_norm: the same with d = x. The network's scale and bias are not part of it.
/// </summary>
internal sealed class NormFunction(FloatUnit unit, bool tree, double epsilon) : VectorFunction
{
    public static VectorMethod Method { get; } = new("exact", "[format=FORMAT] [order=sequential|tree] [epsilon=NUMBER]",
        "mean, variance, square root, quotients; every operation rounded",
        [VectorFunctionKind.LayerNorm, VectorFunctionKind.RmsNorm],
        (kind, name, options) => new NormFunction(new FloatUnit(options.Float("format", "fp32")),
            options.Choice("order", "sequential", "tree") == "tree",
            options.Number("epsilon", 1e-5)) { Kind = kind, Text = $"{name} {options.Canonical}" });

    public override INumberFormat Input => unit.Format;

    public override bool IsElementwise => false;

    public override Structure? Structure =>
        FloatUnitStructures.Adder(unit).Times(2) + FloatUnitStructures.Multiplier(unit) + FloatUnitStructures.Divider(unit)
        + FloatUnitStructures.SquareRoot(unit) + Structure.Empty.With("sum register", PrimitiveKind.Register, unit.Format.Bits);

    public override VectorFunction WithEpsilon(float epsilon) => new NormFunction(unit, tree, epsilon) { Kind = Kind, Text = Text };

    public override void Apply(ReadOnlySpan<uint> row, Span<uint> result)
    {
        if (row.IsEmpty) return;
        uint count = unit.Of(Exact.Integer(row.Length));
        if (Kind == VectorFunctionKind.LayerNorm)
        {
            uint mean = unit.Divide(unit.Sum(row, tree), count);
            for (int i = 0; i < row.Length; i++) result[i] = unit.Subtract(row[i], mean);
        }
        else
            row.CopyTo(result);
        uint[] squares = new uint[row.Length];
        for (int i = 0; i < row.Length; i++) squares[i] = unit.Multiply(result[i], result[i]);
        uint variance = unit.Divide(unit.Sum(squares, tree), count);
        uint deviation = unit.Apply(ElementaryKind.SquareRoot, unit.Add(variance, unit.Of(Exact.FromDouble(epsilon))));
        for (int i = 0; i < row.Length; i++) result[i] = unit.Divide(result[i], deviation);
    }
}
