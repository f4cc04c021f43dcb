using System.Collections.Immutable;
using System.Globalization;

namespace Sim.Datapath.Nonlinear;

/// <summary>
/// Which implementation a vector unit has of which function; a function without one is computed in float32. DyadicBits: requantization of
/// integer layers multiplies by a <see cref="DyadicScale"/> of so many bits, 0 in float32. Equal programs compute equal bits.
/// </summary>
public sealed class VectorProgram : IEquatable<VectorProgram>
{
    /// <summary>A program; at most one implementation a function, in any order.</summary>
    public VectorProgram(IEnumerable<VectorFunction> functions, int dyadicBits = 0)
    {
        Functions = [.. functions.OrderBy(f => f.Kind)];
        DyadicBits = dyadicBits;
        Text = string.Join("; ", Functions.Select(f => $"{VectorFunctionCatalogue.NameOf(f.Kind)} {f.Text}").Concat(dyadicBits == 0 ? []
            : [string.Create(CultureInfo.InvariantCulture, $"dyadic_bits {dyadicBits}")]));
    }

    /// <summary>Everything in float32.</summary>
    public static VectorProgram None { get; } = new([]);

    /// <summary>The implementations, in the order of their kinds.</summary>
    public ImmutableArray<VectorFunction> Functions { get; }

    /// <summary>Bits of the dyadic multiplier, 0 for float32 requantization.</summary>
    public int DyadicBits { get; }

    /// <summary>Canonical text; empty for <see cref="None"/>.</summary>
    public string Text { get; }

    /// <summary>The implementation of a function; null when it is float32.</summary>
    public VectorFunction? Find(VectorFunctionKind kind) => Functions.FirstOrDefault(f => f.Kind == kind);

    /// <inheritdoc/>
    public bool Equals(VectorProgram? other) => other is not null && Text == other.Text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as VectorProgram);

    /// <inheritdoc/>
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Text.Length == 0 ? "float32" : Text;
}
