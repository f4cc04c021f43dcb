using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution;

/// <summary>One application of an operator: its node, the model's opset, its input values; checked access to inputs and
/// attributes.</summary>
internal class OperatorCall(Node node, int opset, Tensor?[] inputs)
{
    internal Node Node { get; } = node;

    internal int Opset { get; } = opset;

    internal int InputCount => inputs.Length;

    internal int OutputCount => Node.Outputs.Length;

    /// <summary>A required input.</summary>
    internal Tensor Input(int index) => Optional(index) ?? throw Fail($"input {index} is missing");

    /// <summary>An optional input; null when absent.</summary>
    internal virtual Tensor? Optional(int index) => index < inputs.Length ? inputs[index] : null;

    internal bool Has(string attribute) => Node.Attributes.ContainsKey(attribute);

    internal long Int(string name, long absent) =>
        !Node.Attributes.TryGetValue(name, out NodeAttribute? a) ? absent : a.Integer ?? throw Wrong(name, "an integer");

    internal bool Flag(string name, bool absent) => Int(name, absent ? 1 : 0) switch
    {
        0 => false,
        1 => true,
        long other => throw Fail($"attribute '{name}' is {other}; allowed are 0 and 1"),
    };

    /// <summary>The element type that an attribute names by ONNX's code; null when it is absent or 0.</summary>
    internal ElementType? Type(string name)
    {
        int code = Small(Int(name, 0), name);
        return code == 0 ? null : ElementTypes.FromOnnx(code)
            ?? throw Fail($"attribute '{name}' names {ElementTypes.OnnxName(code)}, which is not supported");
    }


    internal float Real(string name, float absent) =>
        !Node.Attributes.TryGetValue(name, out NodeAttribute? a) ? absent : a.Real ?? throw Wrong(name, "a float");

    internal string Text(string name, string absent) =>
        !Node.Attributes.TryGetValue(name, out NodeAttribute? a) ? absent : a.Text ?? throw Wrong(name, "a string");

    /// <summary>A float list attribute; null when absent.</summary>
    internal float[]? Reals(string name) => !Node.Attributes.TryGetValue(name, out NodeAttribute? a) ? null
        : a.Reals.IsDefault ? throw Wrong(name, "a list of floats") : [.. a.Reals];

    /// <summary>An integer list attribute as ints; null when absent.</summary>
    internal int[]? Ints(string name) => Longs(name) is { } list ? Array.ConvertAll(list, v => Small(v, name)) : null;

    /// <summary>An integer list attribute; null when absent.</summary>
    internal long[]? Longs(string name)
    {
        if (!Node.Attributes.TryGetValue(name, out NodeAttribute? a)) return null;
        return a.Integers.IsDefault ? throw Wrong(name, "a list of integers") : [.. a.Integers];
    }

    /// <summary>An integer list that newer opsets take as input <paramref name="index"/> and older ones as an attribute; null when
    /// absent.</summary>
    internal int[]? IntsFromInputOr(int index, string attribute) =>
        Optional(index) is { } t ? Array.ConvertAll(Integers(t, index), v => Small(v, attribute)) : Ints(attribute);

    /// <summary>Values of an integer input.</summary>
    internal long[] Integers(Tensor t, int index) =>
        t.Type.IsReal() ? throw Fail($"input {index} must hold integers, found {t.Type}") : t.Integers;

    internal int Small(long value, string what) =>
        value is >= int.MinValue and <= int.MaxValue ? (int)value : throw Fail($"{what} {value} is outside the range of 32-bit integers");

    /// <summary>An axis in [-rank, rank) as one in [0, rank).</summary>
    internal int Axis(long axis, int rank) =>
        axis >= -rank && axis < rank ? (int)(axis < 0 ? axis + rank : axis) : throw Fail($"axis {axis} is outside a tensor of rank {rank}");

    /// <summary>Checks that an input is float32 or float16 and gives its values.</summary>
    internal float[] Floats(Tensor t, string what)
    {
        RequireFloats(t.Type, what);
        return t.Floats;
    }

    /// <summary>Checks that values are held as float32.</summary>
    internal void RequireFloats(ElementType type, string what)
    {
        if (type is not (ElementType.Float32 or ElementType.Float16
            or ElementType.BFloat16)) throw Fail($"{what} must be float32, float16 or bfloat16, found {type}");
    }

    internal NetworkException Fail(string what) => new(Node, what);

    private NetworkException Wrong(string name, string expected) => Fail($"attribute '{name}' must be {expected}");
}
