using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Nonlinear.Functions;

/// <summary>
/// Softmax in one float format, three passes: m = max x; e = round(exp(round(x - m))); s = Σ e; y = round(e/s), or with the reciprocal r =
/// round(1/s), y = round(e·r). A NaN, or an infinite maximum, makes the whole row NaN.
/// </summary>
internal sealed class SoftmaxFunction(FloatUnit unit, bool tree, bool reciprocal) : VectorFunction
{
    public static VectorMethod Method { get; } = new("exact", "[format=FORMAT] [order=sequential|tree] [division=divide|reciprocal]",
        "maximum, exponentials, sum, quotients; every operation rounded",
        [VectorFunctionKind.Softmax],
        (kind, name, options) => new SoftmaxFunction(new FloatUnit(options.Float("format", "fp32")),
            options.Choice("order", "sequential", "tree") == "tree",
            options.Choice("division", "divide", "reciprocal") == "reciprocal") { Kind = kind, Text = $"{name} {options.Canonical}" });

    public override INumberFormat Input => unit.Format;

    public override bool IsElementwise => false;

    public override Structure? Structure => FloatUnitStructures.Exp(unit) is not { } table ? null
        : FloatUnitStructures.Maximum(unit) + FloatUnitStructures.Adder(unit) + table + FloatUnitStructures.Divider(unit)
            + (reciprocal ? FloatUnitStructures.Multiplier(unit) : Structure.Empty)
            + Structure.Empty.With("sum register", PrimitiveKind.Register, unit.Format.Bits);

    public override void Apply(ReadOnlySpan<uint> row, Span<uint> result)
    {
        if (row.IsEmpty) return;
        uint maximum = row[0];
        foreach (uint x in row[1..]) maximum = unit.Maximum(maximum, x);
        for (int i = 0; i < row.Length; i++) result[i] = unit.Apply(ElementaryKind.Exp, unit.Subtract(row[i], maximum));
        uint sum = unit.Sum(result, tree), inverse = reciprocal ? unit.Divide(unit.One, sum) : 0;
        for (int i = 0; i < row.Length; i++) result[i] = reciprocal ? unit.Multiply(result[i], inverse) : unit.Divide(result[i], sum);
    }
}
