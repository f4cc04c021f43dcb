using System.Collections.Immutable;
using Sim.Verification.Claims;
using Sim.Verification.Verdicts;
using Sim.Workloads.Integers;

namespace Sim.Verification.Provers;

/// <summary>A partial sum of a claim, and its extremes over independent inputs.</summary>
/// <param name="IsSubset">Whether it stands for the sums of all subsets of its products (any order).</param>
internal readonly record struct PartialSum(SumNode Node, bool IsSubset, Interval Range)
{
    /// <summary>The end that could overflow.</summary>
    internal Int128 End(bool highest) => highest ? Range.High : Range.Low;

    /// <summary>The interval that holds all sums of each register.</summary>
    internal static ImmutableArray<Interval> Hulls(IEnumerable<PartialSum> sums, int registers) =>
        [.. Enumerable.Range(0, registers)
            .Select(r => sums.Where(s => s.Node.Register == r).Select(s => s.Range).Aggregate((a, b) => a.Hull(b)))];

    /// <summary>Sums of a register that could exceed others, the largest interval end first; sums of equal ends in the order in which they
    /// come to be.</summary>
    internal static PartialSum[] Descending(IEnumerable<PartialSum> sums, int register, bool highest) =>
        [.. sums.Where(s => s.Node.Register == register).OrderByDescending(s => highest ? s.Range.High : -s.Range.Low)];

    /// <summary>Inputs as a witness of the largest (or least) sum that this stands for: of subsets, products of the right sign come
    /// first.</summary>
    internal Witness Reach(ChannelClaim claim, long[] inputs, bool highest)
    {
        ReadOnlySpan<int> weights = claim.Weights;
        Int128 value = Node.Bias ? claim.Bias : 0;
        if (!IsSubset)
        {
            for (int k = Node.From; k < Node.Until; k++) value += (Int128)weights[k] * inputs[k];
            return new([.. inputs], [], [], Node, value);
        }
        var first = new List<int>();
        var rest = new List<int>();
        for (int k = 0; k < inputs.Length; k++)
        {
            Int128 product = (Int128)weights[k] * inputs[k];
            bool part = highest ? product > 0 : product < 0;
            (part ? first : rest).Add(k);
            if (part) value += product;
        }
        return new([.. inputs], [], [.. first, .. rest], Node with { From = 0, Until = first.Count }, value);
    }
}
