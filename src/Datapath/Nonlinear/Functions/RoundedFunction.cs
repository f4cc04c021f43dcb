using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Nonlinear.Functions;

/// <summary>The whole elementwise function rounded once: the best that any circuit of the format can do. Hardware up to 16 bits: a table of
/// every result.</summary>
internal sealed class RoundedFunction(ElementaryKind function, FloatUnit unit) : VectorFunction
{
    private const int MostTableBits = 16;

    public static VectorMethod Method { get; } = new("exact", "[format=FORMAT], gelu also [form=erf|tanh]",
        "the true value, correctly rounded (Ziv)",
        [VectorFunctionKind.Exp, VectorFunctionKind.Sigmoid, VectorFunctionKind.Tanh, VectorFunctionKind.Erf, VectorFunctionKind.Gelu,
            VectorFunctionKind.Silu],
        (kind, name, options) =>
        {
            FloatFormat format = options.Float("format", "fp32");
            bool tanh = kind == VectorFunctionKind.Gelu && options.Choice("form", "erf", "tanh") == "tanh";
            return new RoundedFunction(tanh ? ElementaryKind.GeluTanh : Of(kind), new FloatUnit(format))
                { Kind = kind, Text = $"{name} {options.Canonical}" };
        });

    public override INumberFormat Input => unit.Format;

    public override Structure? Structure => unit.Format.Bits > MostTableBits ? null
        : FloatUnitStructures.Table("function table", unit.Format.Bits, unit.Format.Bits);

    public override void Apply(ReadOnlySpan<uint> row, Span<uint> result)
    {
        for (int i = 0; i < row.Length; i++) result[i] = unit.Apply(function, row[i]);
    }

    /// <summary>The elementary function of that kind.</summary>
    public static ElementaryKind Of(VectorFunctionKind kind) => kind switch
    {
        VectorFunctionKind.Exp => ElementaryKind.Exp,
        VectorFunctionKind.Sigmoid => ElementaryKind.Sigmoid,
        VectorFunctionKind.Tanh => ElementaryKind.Tanh,
        VectorFunctionKind.Erf => ElementaryKind.Erf,
        VectorFunctionKind.Gelu => ElementaryKind.Gelu,
        VectorFunctionKind.Silu => ElementaryKind.Silu,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not an elementwise function"),
    };
}
