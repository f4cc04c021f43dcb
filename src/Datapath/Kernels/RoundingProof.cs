using Sim.Datapath.Formats;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Whether summing in lanes of W significant bits, rounding to nearest, and then rounding to the accumulator's p bits equals one rounding.
/// Either every sum is exact in the lane: its bits lie between the unit of the products and the top of accumulator and product. Or the
/// first rounding is innocuous: a sum that W bits do not hold is a grid point of the accumulator plus something below 2^(e-W+w), w being
/// the width of the smaller addend. Products of at most p bits make w at most p and put the larger addend on the grid, and W ≥ 2p+2, which
/// the rounding trick asks for anyway, keeps that something below the half unit 2^(e-p) that would reach a tie.
/// </summary>
internal static class RoundingProof
{
    /// <summary>null when the lanes round like the accumulator; else why not.</summary>
    public static string? Refuses(FloatFormat acc, OperandRange product, bool chunked, int laneBits)
    {
        int p = acc.Precision;
        if (laneBits - p < p + 2) return $"lanes of {laneBits} bits leave no room to round to {p}";
        // A register at 2^(Top+p) has half a unit no product reaches: it grows no further. A chunk's result is an addend of that size.
        int grown = product.Top + p + (chunked ? p + 1 : 0);
        int top = Math.Max(Math.Min(acc.Maximum.LeadingExponent + 1, grown), product.Top) + 1;
        if (top - product.Unit <= laneBits) return null;
        return product.Width > p ? $"products of {product.Width} bits may end half way between two numbers of {acc.Name}" : null;
    }
}
