using System.Collections.Concurrent;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Every product of a multiplier of short codes as an integer number of units, and which are Inf or NaN. For sums that are never rounded:
/// their order does not matter.
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
    private readonly bool _isSigned, _isSignedTurned;

    // By bytes - 1 and activation code, the weights whose products take more bytes.
    private readonly CodeSet[][] _levels;

    private ExactProducts(Exact[] products, int activationBits, int weightBits, int unit)
    {
        (_weightBits, Unit) = (weightBits, unit);
        _values = new Int128[products.Length];
        for (int i = 0; i < products.Length; i++)
        {
            Exact p = products[i];
            if (p.Class == NumberClass.Finite) _values[i] = p.Negative ? -(Int128)Units(p, unit) : (Int128)Units(p, unit);
            else if (p.Class != NumberClass.Zero) (_specials ??= new byte[products.Length])[i] = p.Class == NumberClass.NaN ? IsNaN
                : p.Negative ? IsNegativeInfinity : IsPositiveInfinity;
            Largest = Int128.Max(Largest, Int128.Abs(_values[i]));
        }
        if (_specials is not null) _specialWeights =
            [.. _specials.Chunk(1 << weightBits).Select(row => row.Max() == 0 ? null : CodeSet.Where(w => w < row.Length && row[w] != 0))];
        Planes = Enumerable.Range(1, MostBits / 8 + 1).First(p => Largest <= Limit(p));
        _levels = [.. Enumerable.Range(1, Planes - 1)
            .Select(p => _values.Chunk(1 << weightBits).Select(row => CodeSet.Where(w => w < row.Length && Int128.Abs(row[w]) > Limit(p)))
            .ToArray())];
        _planes = new(() => new(Planes, 1 << activationBits, 1 << weightBits, (row, column) =>
            Biased(_values[row << weightBits | column])));
        _turned = new(() => new(Planes, 1 << weightBits, 1 << activationBits, (row, column) =>
            Biased(_values[column << weightBits | row])));
        bool IsOdd(int a, int w, int otherA, int otherW) => _values[a << weightBits | w] == -_values[otherA << weightBits | otherW];
        int activations = 1 << activationBits, weights = 1 << weightBits;
        _isSigned = weights == PlaneTile.Plane && Enumerable.Range(0, activations)
            .All(a => Enumerable.Range(0, 128).All(w => IsOdd(a, w, a, w | 0x80)));
        _isSignedTurned = activations == PlaneTile.Plane && Enumerable.Range(0, weights)
            .All(w => Enumerable.Range(0, 128).All(a => IsOdd(a, w, a | 0x80, w)));
    }

    /// <summary>Exponent of the power of two that is one unit.</summary>
    public int Unit { get; }

    /// <summary>Largest magnitude, in units.</summary>
    public Int128 Largest { get; }

    /// <summary>Bytes of a product.</summary>
    public int Planes { get; }

    /// <summary>Whether a product is Inf or NaN.</summary>
    public bool HasSpecials => _specials is not null;

    /// <summary>The products of a datapath; null when its codes are too long, it multiplies exactly, or the products span too many
    /// bits.</summary>
    public static ExactProducts? Of(DatapathSpec spec) =>
        spec.InexactMultiplier is { } multiplier && spec.Activation.Bits <= ProductTable.MaximumBits
        && spec.Weight.Bits <= ProductTable.MaximumBits && multiplier.Refuses(spec.Activation, spec.Weight) is null
        ? Cache.GetOrAdd((multiplier, spec.Activation, spec.Weight), key => Make(key.Item1, key.Item2, key.Item3)) : null;

    /// <summary>
    /// Biased products in bytes, by code of the broadcast operand and code of the lanes; <paramref name="turned"/>: activations fill the
    /// lanes. The bias is 0x80 in every byte, so that the lower bytes of small products are the small products, biased alike.
    /// </summary>
    public ProductPlanes Table(bool turned) => (turned ? _turned : _planes).Value;

    /// <summary>Whether the top bit of the lanes' code is the sign of the product.</summary>
    public bool IsSigned(bool turned) => turned ? _isSignedTurned : _isSigned;

    /// <summary>What was added to each product that is summed in its lower <paramref name="planes"/> bytes.</summary>
    public static Int128 Bias(int planes) => 0x80 * Ones(planes);

    /// <summary>1 in every byte: how much more than its negative a biased product with all bits turned lacks.</summary>
    public static Int128 Ones(int planes) => ((Int128.One << 8 * planes) - 1) / 255;

    /// <summary>Bytes that hold every product of these codes.</summary>
    public int PlanesFor(CodeSet activations, CodeSet weights)
    {
        int planes = 1;
        for (int a = 0; a < 256; a++)
            while (planes < Planes && activations.Has(a) && _levels[planes - 1][a].Meets(weights)) planes++;
        return planes;
    }

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

    private UInt128 Biased(Int128 value) => (UInt128)(value + Bias(Planes));

    // The largest product, of either sign, that so many biased bytes hold.
    private static Int128 Limit(int planes) => 0x7F * Ones(planes);

    private static UInt128 Units(in Exact p, int unit) =>
        p.Exponent >= unit ? p.Significand << p.Exponent - unit : p.Significand >> unit - p.Exponent;
}
