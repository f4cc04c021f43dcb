using System.Collections.Immutable;
using Sim.Verification.Claims;
using Sim.Workloads.Integers;

namespace Sim.Verification.Repair;

/// <summary>The rows of weights of which no sum can leave its register: exactly those. With an inner register, each tile of consecutive
/// products has limits of its own.</summary>
/// <param name="Whole">Limits of the outer register.</param>
/// <param name="Inner">Limits of the inner register; null: there is none.</param>
/// <param name="TileSize">Products of a tile; 0 without an inner register.</param>
public sealed record FeasibleSet(SumLimits Whole, SumLimits? Inner = null, int TileSize = 0)
{
    /// <summary>The set of a row of a layer for registers of given widths (outer, then inner).</summary>
    /// <param name="bias">The row's bias in units of the products.</param>
    /// <exception cref="NotSupportedException">No weights fit, or the claim is about more than S⁺ and S⁻.</exception>
    public static FeasibleSet Of(IntegerLayer layer, int row, long bias, VerifyOptions options, ImmutableArray<int> widths)
    {
        ArgumentNullException.ThrowIfNull(layer);
        ArgumentNullException.ThrowIfNull(options);
        if (options.ZeroPoints != ZeroPoints.Folded) throw new NotSupportedException("repair takes operands without their zero points (folded)");
        if (layer.Inputs.Length != 1) throw new NotSupportedException("the inputs have boxes of their own; repair takes what the data type holds");
        Interval box = layer.Input(row, 0, ZeroPoints.Folded);
        SumLimits whole = SumLimits.Of(box, widths[0], bias, options.Bias);
        int tile = options.Order switch
        {
            TiledOrder tiles => tiles.Size,
            TreeOrder tree => tree.Lanes,
            _ => 0,
        };
        return tile == 0 ? new(whole) : new(whole, SumLimits.Of(box, widths[1]), tile);
    }

    /// <summary>Whether no sum of these weights can leave its register.</summary>
    public bool Holds(ReadOnlySpan<int> weights)
    {
        if (!Whole.Holds(weights)) return false;
        for (int from = 0; Inner is not null && from < weights.Length; from += TileSize)
            if (!Inner.Holds(Tile(weights, from))) return false;
        return true;
    }

    /// <summary>The tile that starts at a position.</summary>
    internal ReadOnlySpan<T> Tile<T>(ReadOnlySpan<T> row, int from) => row.Slice(from, Math.Min(TileSize, row.Length - from));

    /// <summary>
    /// Steps weights towards 0, one unit at a time and each time the one that moves away least from <paramref name="wanted"/>, until the
    /// set holds them. Weights that it holds already stay.
    /// </summary>
    public void PullIn(Span<int> weights, ReadOnlySpan<double> wanted)
    {
        for (int from = 0; Inner is not null && from < weights.Length; from += TileSize)
        {
            int length = Math.Min(TileSize, weights.Length - from);
            PullIn(weights.Slice(from, length), wanted.Slice(from, length), Inner);
        }
        PullIn(weights, wanted, Whole);
    }

    private static void PullIn(Span<int> weights, ReadOnlySpan<double> wanted, SumLimits limits)
    {
        (long positive, long negative) = SumLimits.Signed(weights);
        while (!limits.Holds(positive, negative))
        {
            bool high = positive * limits.Box.High - negative * limits.Box.Low > limits.High;
            // A positive weight adds x_max to the upper sum and −x_min to the lower one, a negative weight the other way round.
            bool positiveHelps = (high ? limits.Box.High : -limits.Box.Low) > 0,
                negativeHelps = (high ? -limits.Box.Low : limits.Box.High) > 0;
            int best = -1;
            double least = double.PositiveInfinity;
            for (int k = 0; k < weights.Length; k++)
            {
                if (weights[k] == 0 || !(weights[k] > 0 ? positiveHelps : negativeHelps)) continue;
                double now = weights[k] - wanted[k], then = now - Math.Sign(weights[k]), cost = then * then - now * now;
                if (cost < least) (best, least) = (k, cost);
            }
            if (weights[best] > 0) positive--;
            else negative--;
            weights[best] -= Math.Sign(weights[best]);
        }
    }
}
