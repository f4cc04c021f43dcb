namespace Sim.Datapath.Specs;

/// <summary>
/// What one accumulating register takes, in order: products, a step at a time, and the sums of other registers. A register that has taken
/// nothing becomes the first sum that it is given; so does a chain of sums, a tree of them or a store of partial sums.
/// </summary>
public sealed class SumExpression
{
    private List<(int[]? Products, SumExpression? Sum)> _items = [];

    /// <summary>Whether nothing was taken.</summary>
    public bool IsEmpty => _items.Count == 0;

    /// <summary>In order: the products of a step, or another register's sum.</summary>
    internal IReadOnlyList<(int[]? Products, SumExpression? Sum)> Items => _items;

    /// <summary>One step: the products of these k.</summary>
    public void Step(params int[] products)
    {
        ArgumentNullException.ThrowIfNull(products);
        if (products.Length > 0) _items.Add((products, null));
    }

    /// <summary>Adds the sum of another register, which is empty afterwards.</summary>
    public void Add(SumExpression other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.IsEmpty) return;
        if (IsEmpty)
        {
            (_items, other._items) = (other._items, _items);
            return;
        }
        var sum = new SumExpression();
        (sum._items, other._items) = (other._items, sum._items);
        _items.Add((null, sum));
    }
}
