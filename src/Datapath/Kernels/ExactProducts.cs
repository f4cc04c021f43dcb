using System.Collections.Concurrent;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Every product of a multiplier of short codes as an integer number of units, and which are Inf or NaN. For sums that are never rounded: their order does not matter.
/// Row by activation code, column by weight code.
/// </summary>
internal sealed class ExactProducts
{
    /// <summary>What a product that is no number is.</summary>
    public const byte IsNaN = 1, IsPositiveInfinity = 2, IsNegativeInfinity = 4;

    // What is left of 128 bits pays for the sum.
    private const int MostBits = 96;

    private static readonly ConcurrentDictionary<(MultiplierSpec, INumberFormat, INumberFormat), ExactProducts?> Cache = new();

    private readonly int _weightBits;
    private readonly Int128[] _values;
    private readonly byte[]? _specials;

    // By activation code, the weights with which its product is no number.
    private readonly CodeSet?[]? _specialWeights;
    private readonly Lazy<ProductPlanes> _planes, _turned;

    private ExactProducts(Exact[] products, int activationBits, int weightBits, int unit)
    {
        (_weightBits, Unit) = (weightBits, unit);
        _values = new Int128[products.Length];
        for (int i = 0; i < products.Length; i++)
        {
            Exact p = products[i];
            if (p.Class == NumberClass.Finite) _values[i] = p.Negative ? -(Int128)Units(p, unit) : (Int128)Units(p, unit);
            else if (p.Class != NumberClass.Zero) (_specials ??= new byte[products.Length])[i] = p.Class == NumberClass.NaN ? IsNaN : p.Negative ? IsNegativeInfinity : IsPositiveInfinity;
            (Least, Most) = (Int128.Min(Least, _values[i]), Int128.Max(Most, _values[i]));
        }
        if (_specials is not null) _specialWeights = [.. _specials.Chunk(1 << weightBits).Select(row => row.Max() == 0 ? null : CodeSet.Where(w => w < row.Length && row[w] != 0))];
        // An offset makes all of them positive.
        int planes = (Length((UInt128)(Most - Least)) + 7) / 8;
        _planes = new(() => new(Math.Max(1, planes), 1 << activationBits, 1 << weightBits, (row, column) => (UInt128)(_values[row << weightBits | column] - Least)));
        _turned = new(() => new(Math.Max(1, planes), 1 << weightBits, 1 << activationBits, (row, column) => (UInt128)(_values[column << weightBits | row] - Least)));
    }

    /// <summary>Exponent of the power of two that is one unit.</summary>
    public int Unit { get; }

    /// <summary>The lowest product and 0, in units: what was taken off the entries of <see cref="Planes"/>.</summary>
    public Int128 Least { get; }

    /// <summary>The highest product and 0, in units.</summary>
    public Int128 Most { get; }

    /// <summary>Largest magnitude, in units.</summary>
    public Int128 Largest => Int128.Max(Most, -Least);

    /// <summary>Whether a product is Inf or NaN.</summary>
    public bool HasSpecials => _specials is not null;

    /// <summary>The products of a datapath; null when its codes are too long, it multiplies exactly, or the products span too many bits.</summary>
    public static ExactProducts? Of(DatapathSpec spec) => spec.InexactMultiplier is { } multiplier && spec.Activation.Bits <= ProductTable.MaximumBits
        && spec.Weight.Bits <= ProductTable.MaximumBits && multiplier.Refuses(spec.Activation, spec.Weight) is null
        ? Cache.GetOrAdd((multiplier, spec.Activation, spec.Weight), key => Make(key.Item1, key.Item2, key.Item3)) : null;

    /// <summary>Products less <see cref="Least"/> in bytes, by code of the broadcast operand and code of the lanes; <paramref name="turned"/>: activations fill the lanes.</summary>
    public ProductPlanes Planes(bool turned) => (turned ? _turned : _planes).Value;

    /// <summary>What products of a row and a column are no numbers: <see cref="IsNaN"/> and the others.</summary>
    public byte Specials(ReadOnlySpan<byte> a, int row, int rows, ReadOnlySpan<byte> b, int column, int columns, bool turned)
    {
        byte found = 0;
        for (int i = row, j = column; i < a.Length; i += rows, j += columns)
            found |= turned ? _specials![b[j] << _weightBits | a[i]] : _specials![a[i] << _weightBits | b[j]];
        return found;
    }

    /// <summary>Whether an activation and a weight of these give a product that is no number.</summary>
    public bool MaySpecial(CodeSet activations, CodeSet weights)
    {
        for (int a = 0; a < _specialWeights!.Length; a++)
            if (activations.Has(a) && _specialWeights[a] is { } special && special.Meets(weights)) return true;
        return false;
    }

    private static ExactProducts? Make(MultiplierSpec multiplier, INumberFormat activation, INumberFormat weight)
    {
        var products = new Exact[1 << activation.Bits + weight.Bits];
        int unit = int.MaxValue, top = int.MinValue;
        for (int i = 0; i < products.Length; i++)
        {
            Exact p = products[i] = multiplier.Multiply(activation, weight, (uint)(i >> weight.Bits), (uint)(i & (1 << weight.Bits) - 1));
            if (p.Class != NumberClass.Finite) continue;
            unit = Math.Min(unit, p.Exponent + (int)UInt128.TrailingZeroCount(p.Significand));
            top = Math.Max(top, p.LeadingExponent);
        }
        if (top == int.MinValue) unit = top = 0;
        return top - unit < MostBits ? new(products, activation.Bits, weight.Bits, unit) : null;
    }

    private static UInt128 Units(in Exact p, int unit) => p.Exponent >= unit ? p.Significand << p.Exponent - unit : p.Significand >> unit - p.Exponent;

    private static int Length(UInt128 value) => 128 - (int)UInt128.LeadingZeroCount(value);
}
