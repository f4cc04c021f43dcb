using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Specs;

/// <summary>
/// Both codes together address a table of exact products in the PE (DeepGEMM, arXiv 2304.09049): no decoding, no multiplier, whatever the
/// codes mean. The table delivers fixed-point numbers, so float codes need no aligner before a fixed-point register.
/// </summary>
public sealed record LookupMultiplier : ExactMultiplier
{
    /// <summary>Most bits of both codes together: 4096 products.</summary>
    public const int MaximumBits = 12;

    private const int WidestProduct = 40;

    /// <inheritdoc/>
    public override string Kind => "lookup";

    /// <inheritdoc/>
    public override string? Refuses(INumberFormat activation, INumberFormat weight)
    {
        ArgumentNullException.ThrowIfNull(activation);
        ArgumentNullException.ThrowIfNull(weight);
        int bits = activation.Bits + weight.Bits;
        if (bits > MaximumBits) return $"a table of 2^{bits} products ({activation.Name} × {weight.Name}) is too large; both codes together have at most {MaximumBits} bits";
        foreach (INumberFormat format in new[] { activation, weight })
            for (uint code = 0; code < 1u << format.Bits; code++)
                if (format.Decode(code).Class is NumberClass.Infinity or NumberClass.NaN)
                    return $"a product table has finite numbers, but {format.Name} has {format.Decode(code).Class} (code {code})";
        int width = Entry(activation.Shape, weight.Shape);
        return width <= WidestProduct ? null
            : $"products of {activation.Name} × {weight.Name} span {width} bits; a table delivers at most {WidestProduct}";
    }

    /// <inheritdoc/>
    public override ProductShape Product(OperandShape activation, OperandShape weight) =>
        Number(OperandShape.Fixed(Entry(activation, weight), -new ProductShape(activation, weight).LeastExponent, activation.Signed
            || weight.Signed));

    /// <inheritdoc/>
    public override Structure Logic(OperandShape activation, OperandShape weight) =>
        ConstantTable.Of(activation.StorageBits + weight.StorageBits, Entry(activation, weight));

    private static int Entry(OperandShape activation, OperandShape weight)
    {
        var exact = new ProductShape(activation, weight);
        return exact.WindowBits + (exact.IsFloat && (activation.Signed || weight.Signed) ? 1 : 0);
    }
}
