using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Nonlinear;

/// <summary>What a vector unit computes beside multiplying and adding. Softmax and the norms take rows; so do forms of GELU that share a
/// row's maximum.</summary>
public enum VectorFunctionKind : byte { Exp, Sigmoid, Tanh, Erf, Gelu, Silu, Softmax, LayerNorm, RmsNorm }

/// <summary>
/// One implementation of one function, bit for bit: rows of codes in, rows of codes out. A code c of <see cref="Input"/> stands for
/// Input(c)·InputScale, one of
/// <see cref="Output"/> for Output(c)·OutputScale.
/// </summary>
public abstract class VectorFunction
{
    /// <summary>The function.</summary>
    public required VectorFunctionKind Kind { get; init; }

    /// <summary>Canonical text in the grammar of <see cref="VectorFunctionCatalogue"/>: equal texts compute equal bits.</summary>
    public required string Text { get; init; }

    /// <summary>Format of the row's codes.</summary>
    public abstract INumberFormat Input { get; }

    /// <summary>What a unit of <see cref="Input"/> stands for.</summary>
    public virtual double InputScale => 1;

    /// <summary>Format of the result's codes.</summary>
    public virtual INumberFormat Output => Input;

    /// <summary>What a unit of <see cref="Output"/> stands for.</summary>
    public virtual double OutputScale => 1;

    /// <summary>Whether each element's result depends on that element alone.</summary>
    public virtual bool IsElementwise => true;

    /// <summary>Hardware of one lane, which works on one element a step; null when the method is a definition without a circuit of its
    /// own.</summary>
    public virtual Structure? Structure => null;

    /// <summary>Computes a row; <paramref name="result"/> is as long as <paramref name="row"/>.</summary>
    public abstract void Apply(ReadOnlySpan<uint> row, Span<uint> result);

    /// <summary>The same function for a norm whose epsilon the network gives; others are themselves.</summary>
    public virtual VectorFunction WithEpsilon(float epsilon) => this;
}
