namespace Sim.Mapper.Search;

/// <summary>Linear functions over all ways of a list.</summary>
internal static class Scan
{
    /// <summary>Index and value of the least way at prices by column; the first of equals.</summary>
    public static (int Index, double Value) Least(ChoiceList list, double[] prices)
    {
        double[] values = Values(list, prices);
        int best = 0;
        for (int i = 1; i < values.Length; i++)
            if (values[i] < values[best]) best = i;
        return (best, values[best]);
    }

    /// <summary>Values of all ways.</summary>
    public static double[] Values(ChoiceList list, double[] prices)
    {
        var values = new double[list.Count];
        for (int c = 0; c < prices.Length; c++)
        {
            if (prices[c] != 0) Blocks.AddScaled(list.Logs[c], prices[c], values);
        }
        return values;
    }
}
