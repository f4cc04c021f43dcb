using System.Collections.Immutable;
using Sim.Datapath.Nonlinear.Functions;

namespace Sim.Datapath.Nonlinear;

/// <summary>One way to compute functions.</summary>
/// <param name="Name">First word of its text.</param>
/// <param name="Options">Grammar of the words behind it.</param>
/// <param name="Description">What it is, with its source.</param>
/// <param name="Kinds">The functions it computes.</param>
/// <param name="Build">Makes the function; it reads its options and may note what is wrong with them.</param>
public sealed record VectorMethod(string Name, string Options, string Description, ImmutableArray<VectorFunctionKind> Kinds,
    Func<VectorFunctionKind, string, MethodOptions, VectorFunction?> Build);

/// <summary>
/// Every implementation, one line each. A text is a method's name and `key=value` words, e.g. `two_pass format=fp16`; options left out have
/// defaults, and the canonical text names them all.
/// </summary>
public static class VectorFunctionCatalogue
{
    /// <summary>The methods in the order in which they are listed.</summary>
    public static ImmutableArray<VectorMethod> Methods { get; } =
    [
        RoundedFunction.Method,
        StepwiseFunction.Method,
        SoftmaxFunction.Method,
        TwoPassSoftmax.Method,
        NormFunction.Method,
        PiecewiseLinear.Method,
        PadeApproximant.Method,
        IntegerBertExp.Method,
        IntegerBertGelu.Method,
        IntegerBertSoftmax.Method,
        IntegerBertNorm.Method,
        Shiftmax.Method,
        ShiftGelu.Method,
        ShiftNorm.Method,
    ];

    /// <summary>Names of the functions as written in files and on command lines.</summary>
    public static ImmutableArray<(string Name, VectorFunctionKind Kind)> Kinds { get; } =
    [
        ("exp", VectorFunctionKind.Exp), ("sigmoid", VectorFunctionKind.Sigmoid), ("tanh", VectorFunctionKind.Tanh),
            ("erf", VectorFunctionKind.Erf),
        ("gelu", VectorFunctionKind.Gelu), ("silu", VectorFunctionKind.Silu), ("softmax", VectorFunctionKind.Softmax),
        ("layer_norm", VectorFunctionKind.LayerNorm), ("rms_norm", VectorFunctionKind.RmsNorm),
    ];

    /// <summary>A function's name.</summary>
    public static string NameOf(VectorFunctionKind kind) => Kinds.First(k => k.Kind == kind).Name;

    /// <summary>The implementation that a text asks for; else null and what is wrong and allowed.</summary>
    public static VectorFunction? Parse(VectorFunctionKind kind, string text, out string problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string name = words.Length == 0 ? "" : words[0];
        VectorMethod? method = Methods.FirstOrDefault(m => m.Name == name && m.Kinds.Contains(kind));
        if (method is null)
        {
            IEnumerable<VectorMethod> able = Methods.Where(m => m.Kinds.Contains(kind));
            problem = $"unknown method '{name}' for {NameOf(kind)}; allowed are {string.Join(", ", able.Select(m => $"{m.Name} {m.Options}".TrimEnd()))}";
            return null;
        }
        var options = new MethodOptions(words.Skip(1));
        VectorFunction? function = method.Build(kind, name, options);
        problem = options.Problem.Length == 0 ? "" : $"{NameOf(kind)} '{text}': {options.Problem}";
        return problem.Length == 0 ? function : null;
    }
}
