using System.Numerics;

namespace Sim.Checker.Claims;

/// <summary>One output channel: K weights, the boxes of its operands, its bias, and what independent operands make of each partial
/// sum.</summary>
internal sealed class Channel
{
    private readonly Range[] _prefix;
    private readonly Range _subset = Range.Of(0);

    /// <param name="weights">Ranges of one number where they are constant.</param>
    internal Channel(Order order, Range[] weights, Range[] inputs, BigInteger bias)
    {
        (Order, Weights, Inputs, Bias, Sums) = (order, weights, inputs, bias, order.Sums(weights.Length));
        _prefix = new Range[K + 1];
        _prefix[0] = Range.Of(0);
        for (int k = 0; k < K; k++)
        {
            Range term = Weights[k].Products(Inputs[k]);
            _prefix[k + 1] = _prefix[k] + term;
            _subset += term.Hull(Range.Of(0));
        }
    }

    internal Order Order { get; }

    internal Range[] Weights { get; }

    internal Range[] Inputs { get; }

    internal BigInteger Bias { get; }

    internal PartialSum[] Sums { get; }

    internal int K => Weights.Length;

    internal bool HasConstantWeights => Weights.All(w => w.Low == w.High);

    internal BigInteger Start(PartialSum sum) => sum.Bias ? Bias : 0;

    /// <summary>What a sum can be for independent operands; both ends are reached.</summary>
    internal Range Extremes(PartialSum sum)
    {
        Range products = sum.IsSubset ? _subset
            : new(_prefix[sum.Until].Low - _prefix[sum.From].Low, _prefix[sum.Until].High - _prefix[sum.From].High);
        return products + Range.Of(Start(sum));
    }

    /// <summary>Of each register the hull of its sums.</summary>
    internal Range[] Hulls(Func<PartialSum, Range> of)
    {
        var hulls = new Range?[Order.Registers];
        foreach (PartialSum s in Sums) hulls[s.Register] = hulls[s.Register]?.Hull(of(s)) ?? of(s);
        return [.. hulls.Select(h => h!.Value)];
    }

    /// <summary>The value that the register's sums reach for given inputs: the largest (or least) of all of them.</summary>
    internal BigInteger Reached(IReadOnlyList<BigInteger> inputs, int register, bool high)
    {
        var prefix = new BigInteger[K + 1];
        BigInteger subset = 0;
        for (int k = 0; k < K; k++)
        {
            BigInteger term = Weights[k].Low * inputs[k];
            prefix[k + 1] = prefix[k] + term;
            if (high ? term > 0 : term < 0) subset += term;
        }
        IEnumerable<BigInteger> values = Sums.Where(s => s.Register == register)
            .Select(s => Start(s) + (s.IsSubset ? subset : prefix[s.Until] - prefix[s.From]));
        return high ? values.Max() : values.Min();
    }
}
