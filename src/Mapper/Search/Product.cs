namespace Sim.Mapper.Search;

/// <summary>
/// A product over all dimensions of a nest: something that moves or is held, without its price. Powers of the counts at each place by
/// dimension, and for the two windows the index of a column of the window's list, or -1.
/// </summary>
internal sealed record Product(sbyte[][] Powers, int RowsColumn, int ColumnsColumn)
{
    /// <summary>The same text for equal products.</summary>
    public string Key
    {
        get
        {
            int places = Powers[0].Length;
            Span<char> key = stackalloc char[Powers.Length * places + 2];
            for (int d = 0; d < Powers.Length; d++)
                for (int q = 0; q < places; q++) key[d * places + q] = (char)(ushort)(Powers[d][q] + 8);
            (key[^2], key[^1]) = ((char)(RowsColumn + 1), (char)(ColumnsColumn + 1));
            return new(key);
        }
    }
}

/// <summary>A sum of products with prices.</summary>
internal sealed class PricedSum
{
    /// <summary>Exact: the constant and the price of each product.</summary>
    public double Constant { get; set; }

    /// <summary>Prices by product.</summary>
    public Dictionary<int, double> Prices { get; } = [];

    /// <summary>A sum that is never more, whose prices are all ≥ 0 and that has no constant.</summary>
    public Dictionary<int, double> AtLeast { get; } = [];

    /// <summary>The part of a negative constant that the lower prices make up for: every product is at least 1.</summary>
    public double Excess { get; set; }

    /// <summary>Adds to both.</summary>
    public void Add(int product, double price) => Add(product, price, price);

    /// <summary>Adds with another price for the lower sum.</summary>
    public void Add(int product, double price, double least)
    {
        if (price != 0) Prices[product] = Prices.GetValueOrDefault(product) + price;
        if (least > 0) AtLeast[product] = AtLeast.GetValueOrDefault(product) + least;
    }
}
