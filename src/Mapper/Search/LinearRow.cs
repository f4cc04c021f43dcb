namespace Sim.Mapper.Search;

/// <summary>A priced sum over products in linear form.</summary>
internal sealed class LinearRow
{
    /// <summary>From a sum.</summary>
    public LinearRow(PricedSum sum)
    {
        KeyValuePair<int, double>[] kept = [.. sum.Prices.Where(p => p.Value != 0).OrderBy(p => p.Key)];
        (Constant, Products, Prices) = (sum.Constant, [.. kept.Select(p => p.Key)], [.. kept.Select(p => p.Value)]);
    }

    /// <summary>What is added to the products.</summary>
    public double Constant { get; }

    /// <summary>Products.</summary>
    public int[] Products { get; }

    /// <summary>Their prices.</summary>
    public double[] Prices { get; }

    /// <summary>A lower bound: products times the least of what is still to be chosen, those with negative prices times the most.</summary>
    public double Least(double[] partial, double[] least, double[] most)
    {
        double sum = Constant;
        for (int i = 0; i < Products.Length; i++)
            sum += Prices[i] * partial[Products[i]] * (Prices[i] < 0 ? most[Products[i]] : least[Products[i]]);
        return sum;
    }

    /// <summary>Values for a block of ways of the last group.</summary>
    public void Values(double[] partial, double[][] ways, int from, Span<double> values)
    {
        values.Fill(Constant);
        for (int i = 0; i < Products.Length; i++)
        {
            Blocks.AddScaled(ways[Products[i]].AsSpan(from, values.Length), Prices[i] * partial[Products[i]], values);
        }
    }
}
