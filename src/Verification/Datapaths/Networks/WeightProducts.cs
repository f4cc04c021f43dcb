using System.Collections.Concurrent;
using Sim.Datapath.Arithmetic;
using Sim.Datapath.Specs;

namespace Sim.Verification.Datapaths.Networks;

/// <summary>What the product of one weight can be over all activations, and which activations make its ends.</summary>
/// <param name="Finest">An activation whose product has the lowest last place; null when every product is 0.</param>
/// <param name="Unit">Every product is a multiple of 2^Unit, which Finest's is an odd multiple of.</param>
/// <param name="Special">A finite activation whose product is Inf or NaN.</param>
internal readonly record struct WeightProducts(Interval<Dyadic> Range, uint Low, uint High, uint? Finest, int Unit, uint? Special);

/// <summary>Those of every weight code, found once a code.</summary>
internal sealed class WeightProductTable(DatapathSpec spec, OperandSet activations)
{
    private readonly ConcurrentDictionary<uint, WeightProducts> _known = new();

    internal WeightProducts Of(uint weight) => _known.GetOrAdd(weight, Find);

    internal Exact Product(uint activation, uint weight)
    {
        RoundingFlags flags = RoundingFlags.None;
        return spec.InexactMultiplier is { } multiplier ? multiplier.Multiply(spec.Activation, spec.Weight, activation, weight)
            : ExactArithmetic.Multiply(spec.Activation.Decode(activation), spec.Weight.Decode(weight), ref flags);
    }

    private WeightProducts Find(uint weight)
    {
        // An exact product is monotone in the activation; its last place is that of both operands together.
        IEnumerable<uint> candidates = spec.InexactMultiplier is null
            ? [activations.LowCode, activations.HighCode, .. activations.FinestCode is { } f ? [f] : Array.Empty<uint>()]
            : activations.Codes;
        (Dyadic Low, Dyadic High, uint LowCode, uint HighCode)? ends = null;
        uint? finest = null, special = null;
        int unit = int.MaxValue;
        foreach (uint a in candidates)
        {
            Exact product = Product(a, weight);
            if (product.Class is NumberClass.NaN or NumberClass.Infinity)
            {
                special ??= a;
                continue;
            }
            Dyadic value = Dyadic.Of(product);
            if (ends is not { } e) ends = (value, value, a, a);
            else if (value < e.Low) ends = e with { Low = value, LowCode = a };
            else if (value > e.High) ends = e with { High = value, HighCode = a };
            if (value.Sign != 0 && value.Exponent < unit) (finest, unit) = (a, value.Exponent);
        }
        return ends is { } found ? new(new(found.Low, found.High), found.LowCode, found.HighCode, finest, unit, special)
            : new(default, 0, 0, null, 0, special);
    }
}
