using Sim.Datapath.Formats;
using Sim.Datapath.Specs;

namespace Sim.Verification.Datapaths;

/// <summary>What is asked of a datapath: its invariants for sums of <see cref="Terms"/> products of finite operands.</summary>
public sealed class DatapathClaim
{
    private readonly Lazy<ProductSet?> _products;

    /// <param name="spec">A datapath that means something (<see cref="Sim.Datapath.Kernels.ReferenceKernel.RefusesDot"/>).</param>
    /// <param name="terms">Products of a sum, 1 or more.</param>
    /// <param name="activations">What activations can be; null: every finite number of the format.</param>
    /// <param name="weights">What weights can be, likewise.</param>
    public DatapathClaim(DatapathSpec spec, long terms, Interval<Dyadic>? activations = null, Interval<Dyadic>? weights = null)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentOutOfRangeException.ThrowIfLessThan(terms, 1);
        (Spec, Terms) = (spec, terms);
        (Activations, Weights) = (OperandSet.Of(spec.Activation, activations), OperandSet.Of(spec.Weight, weights));
        _products = new(() => Activations is { } a && Weights is { } w && !IsLogarithmic ? ProductSet.Of(spec, a, w) : null);
    }

    /// <summary>The datapath.</summary>
    public DatapathSpec Spec { get; }

    /// <summary>Products of a sum.</summary>
    public long Terms { get; }

    /// <summary>Activations; null when the box holds no number of the format.</summary>
    public OperandSet? Activations { get; }

    /// <summary>Weights, likewise.</summary>
    public OperandSet? Weights { get; }

    /// <summary>Products of them; null for logarithms, whose values are no dyadic numbers.</summary>
    public ProductSet? Products => _products.Value;

    /// <summary>Whether operands are logarithms.</summary>
    public bool IsLogarithmic => Spec.Activation is ICodeArithmetic || Spec.Weight is ICodeArithmetic;
}
