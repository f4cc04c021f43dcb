namespace Sim.Verification.Claims;

/// <summary>
/// Which partial sums exist and which register holds each. Register 0 ends with the result; orders of two stages have register 1 for their
/// inner sums.
/// A preloaded bias is in every sum of register 0 and in its start value; a bias added after is in the last sum alone.
/// </summary>
public abstract record SumOrder
{
    /// <summary>The name that <see cref="SumOrderCatalogue.Parse"/> reads.</summary>
    public abstract string Text { get; }

    /// <summary>Registers: 1, or 2 with an inner one.</summary>
    public virtual int Registers => 1;

    /// <summary>Whether the sum of every subset of the products exists: any order, any grouping. <see cref="Nodes"/> then lists only the
    /// whole sums.</summary>
    public virtual bool EverySubset => false;

    /// <summary>All partial sums of K products, in the order in which they come to be. Without products a register that no sum reaches
    /// holds the empty one, 0.</summary>
    public abstract IEnumerable<SumNode> Nodes(int k, BiasPlacement bias);

    /// <summary>Partial sums that hold, register by register, all others of <see cref="Nodes"/> as subsets: enough where every operand can
    /// be 0.</summary>
    public abstract IEnumerable<SumNode> Maximal(int k, BiasPlacement bias);

    /// <inheritdoc/>
    public sealed override string ToString() => Text;

    // What the two registers of an order of two stages hold without products, beside a bias.
    private protected static IEnumerable<SumNode> Empty(BiasPlacement bias) =>
        bias == BiasPlacement.None ? [new(0, 0, false, 1), new(0, 0, false, 0)] : [new(0, 0, false, 1)];

    // The sums that hold the whole, the bias in its place.
    private protected static IEnumerable<SumNode> Whole(int k, BiasPlacement bias)
    {
        if (bias == BiasPlacement.Preloaded) yield return new(0, 0, true, 0);
        if (bias != BiasPlacement.Preloaded) yield return new(0, k, false, 0);
        if (bias != BiasPlacement.None) yield return new(0, k, true, 0);
    }
}

/// <summary>One chain, k ascending: an output-stationary PE.</summary>
public sealed record SequentialOrder : SumOrder
{
    /// <inheritdoc/>
    public override string Text => "sequential";

    /// <inheritdoc/>
    public override IEnumerable<SumNode> Nodes(int k, BiasPlacement bias)
    {
        bool preloaded = bias == BiasPlacement.Preloaded;
        if (preloaded) yield return new(0, 0, true, 0);
        for (int until = 1; until <= k; until++) yield return new(0, until, preloaded, 0);
        if (k == 0 && bias == BiasPlacement.None) yield return new(0, 0, false, 0);
        if (bias == BiasPlacement.AddedAfter) yield return new(0, k, true, 0);
    }

    /// <inheritdoc/>
    public override IEnumerable<SumNode> Maximal(int k, BiasPlacement bias) => Whole(k, bias);
}

/// <summary>Every order and every grouping: each subset of the products is a partial sum.</summary>
public sealed record AnyOrder : SumOrder
{
    /// <inheritdoc/>
    public override string Text => "any";

    /// <inheritdoc/>
    public override bool EverySubset => true;

    /// <inheritdoc/>
    public override IEnumerable<SumNode> Nodes(int k, BiasPlacement bias) => Whole(k, bias);

    /// <inheritdoc/>
    public override IEnumerable<SumNode> Maximal(int k, BiasPlacement bias) => Whole(k, bias);
}

/// <summary>Only the result counts: wrapping hardware is right whenever the final sum fits, whatever happens inside.</summary>
public sealed record FinalOrder : SumOrder
{
    /// <inheritdoc/>
    public override string Text => "final";

    /// <inheritdoc/>
    public override IEnumerable<SumNode> Nodes(int k, BiasPlacement bias) => [new(0, k, bias != BiasPlacement.None, 0)];

    /// <inheritdoc/>
    public override IEnumerable<SumNode> Maximal(int k, BiasPlacement bias) => Nodes(k, bias);
}

/// <summary>Consecutive tiles of Size products: each summed from 0 in the inner register, k ascending, then added to the outer one
/// (multi-stage accumulation, a weight-stationary fold).</summary>
public sealed record TiledOrder(int Size) : SumOrder
{
    /// <inheritdoc/>
    public override string Text => FormattableString.Invariant($"tiles:{Size}");

    /// <inheritdoc/>
    public override int Registers => 2;

    /// <inheritdoc/>
    public override IEnumerable<SumNode> Nodes(int k, BiasPlacement bias) => Tiles(k, bias, all: true);

    /// <inheritdoc/>
    public override IEnumerable<SumNode> Maximal(int k, BiasPlacement bias) => Tiles(k, bias, all: false);

    private IEnumerable<SumNode> Tiles(int k, BiasPlacement bias, bool all)
    {
        bool preloaded = bias == BiasPlacement.Preloaded;
        if (preloaded) yield return new(0, 0, true, 0);
        if (k == 0) foreach (SumNode empty in Empty(bias)) yield return empty;
        for (int from = 0; from < k; from += Size)
        {
            int end = Math.Min(k, from + Size);
            for (int until = all ? from + 1 : end; until <= end; until++) yield return new(from, until, false, 1);
            if (all || end == k) yield return new(0, end, preloaded, 0);
        }
        if (bias == BiasPlacement.AddedAfter) yield return new(0, k, true, 0);
    }
}

/// <summary>Groups of Lanes products in a balanced adder tree, every node of which counts (register 1), each root added to the accumulator
/// (register 0).</summary>
public sealed record TreeOrder(int Lanes) : SumOrder
{
    /// <inheritdoc/>
    public override string Text => FormattableString.Invariant($"tree:{Lanes}");

    /// <inheritdoc/>
    public override int Registers => 2;

    /// <inheritdoc/>
    public override IEnumerable<SumNode> Nodes(int k, BiasPlacement bias) => Groups(k, bias, all: true);

    /// <inheritdoc/>
    public override IEnumerable<SumNode> Maximal(int k, BiasPlacement bias) => Groups(k, bias, all: false);

    private IEnumerable<SumNode> Groups(int k, BiasPlacement bias, bool all)
    {
        bool preloaded = bias == BiasPlacement.Preloaded;
        if (preloaded) yield return new(0, 0, true, 0);
        if (k == 0) foreach (SumNode empty in Empty(bias)) yield return empty;
        for (int from = 0; from < k; from += Lanes)
        {
            int end = Math.Min(k, from + Lanes);
            // Leaves pairwise, pairs pairwise, …: widths 1, 2, 4, … up to the group.
            for (int width = all ? 1 : Lanes; ; width = Math.Min(2 * width, Lanes))
            {
                for (int start = from; start < end; start += width) yield return new(start, Math.Min(end, start + width), false, 1);
                if (width >= Lanes) break;
            }
            if (all || end == k) yield return new(0, end, preloaded, 0);
        }
        if (bias == BiasPlacement.AddedAfter) yield return new(0, k, true, 0);
    }
}
