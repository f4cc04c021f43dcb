using System.Collections.Immutable;
using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Specs;

/// <summary>
/// Any product of two short codes, from a table: a published approximate multiplier, a logarithmic one, or a lookup-table PE. Row is the
/// activation code, column the weight code; every product is a finite binary32 number. Equal when the numbers are.
/// </summary>
public sealed record TableMultiplier : MultiplierSpec
{
    /// <summary>Most bits of both codes together.</summary>
    public const int MaximumBits = 16;

    private readonly int _hash;

    /// <param name="activationBits">Bits of an activation code.</param>
    /// <param name="weightBits">Bits of a weight code.</param>
    /// <param name="products">2^activationBits rows of 2^weightBits numbers.</param>
    public TableMultiplier(int activationBits, int weightBits, ImmutableArray<float> products)
    {
        if (activationBits < 1 || weightBits < 1 || activationBits
            + weightBits > MaximumBits) throw new ArgumentOutOfRangeException(nameof(activationBits),
            $"{activationBits} and {weightBits} bits address no table of at most 2^{MaximumBits}");
        if (products.Length != 1 << activationBits
            + weightBits) throw new ArgumentException($"{products.Length} products for 2^{activationBits} rows of 2^{weightBits}",
            nameof(products));
        if (products.Any(p => !float.IsFinite(p))) throw new ArgumentException("products of a table are finite", nameof(products));
        (ActivationBits, WeightBits, Products) = (activationBits, weightBits, products);
        var hash = new HashCode();
        foreach (float p in products) hash.Add(BitConverter.SingleToInt32Bits(p));
        _hash = hash.ToHashCode();
    }

    /// <summary>Bits of an activation code.</summary>
    public int ActivationBits { get; }

    /// <summary>Bits of a weight code.</summary>
    public int WeightBits { get; }

    /// <summary>Rows by activation code, columns by weight code.</summary>
    public ImmutableArray<float> Products { get; }

    /// <inheritdoc/>
    public override string Kind => "table";

    /// <inheritdoc/>
    public override string? Refuses(INumberFormat activation, INumberFormat weight) =>
        activation.Bits == ActivationBits && weight.Bits == WeightBits ? null
        : $"the table has 2^{ActivationBits} × 2^{WeightBits} products, but {activation.Name} × {weight.Name} needs 2^{activation.Bits} × 2^{weight.Bits}";

    /// <inheritdoc/>
    public override Exact Multiply(INumberFormat activation, INumberFormat weight, uint a, uint w) =>
        Exact.FromDouble(Products[(int)(a << WeightBits | w)]);

    /// <summary>The least float or fixed-point number that holds every product.</summary>
    public override ProductShape Product(OperandShape activation, OperandShape weight) => Number(Word);

    /// <summary>The table itself, for which a technology needs a price of its own.</summary>
    public override Structure Logic(OperandShape activation, OperandShape weight) => Structure.Empty
        .With("product table", PrimitiveKind.Table, ActivationBits + WeightBits, Word.StorageBits, onPath: true);

    /// <inheritdoc/>
    public bool Equals(TableMultiplier? other) =>
        other is not null && _hash == other._hash && ActivationBits == other.ActivationBits && WeightBits == other.WeightBits
        && Products.AsSpan().SequenceEqual(other.Products.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => _hash;

    /// <summary>The kind, sizes and a digest of the products: equal tables print alike, others do not.</summary>
    public override string ToString()
    {
        byte[] bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(Products.AsSpan()).ToArray();
        return FormattableString.Invariant($"table {ActivationBits}x{WeightBits} {Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes))}");
    }

    private OperandShape Word
    {
        get
        {
            int top = 0, unit = 0, low = int.MaxValue, width = 1;
            bool first = true, signed = false;
            foreach (float product in Products)
            {
                Exact p = Exact.FromDouble(product);
                if (p.Class != NumberClass.Finite) continue;
                int trailing = (int)UInt128.TrailingZeroCount(p.Significand);
                (top, unit) = first ? (p.LeadingExponent, p.Exponent + trailing)
                    : (Math.Max(top, p.LeadingExponent), Math.Min(unit, p.Exponent + trailing));
                low = Math.Min(low, p.LeadingExponent);
                width = Math.Max(width, p.Length - trailing);
                signed |= p.Negative;
                first = false;
            }
            if (first) return OperandShape.Fixed(1, 0, false);
            if (top - unit < 24) return OperandShape.Fixed(top - unit + 1 + (signed ? 1 : 0), -unit, signed);
            int exponentBits = System.Numerics.BitOperations.Log2((uint)(top - low) + 1) + 1;
            return new(width, exponentBits, top - low, low - width + 1, signed, false, width + exponentBits + (signed ? 1 : 0));
        }
    }
}
