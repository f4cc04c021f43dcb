namespace Sim.Mapper.Search;

/// <summary>The ways of one group that are left, least dual value first, with their products.</summary>
internal sealed class TreeLevel
{
    /// <summary>Index of the group.</summary>
    public required int Group { get; init; }

    /// <summary>The list that the ways are of.</summary>
    public required ChoiceList Choices { get; init; }

    /// <summary>Indices of the ways in the list.</summary>
    public required int[] Ways { get; init; }

    /// <summary>Their dual values, rising.</summary>
    public required double[] Duals { get; init; }

    /// <summary>Whether what a way moves depends on the order of the loops around it.</summary>
    public required bool[] Unsure { get; init; }

    /// <summary>Products by product and way.</summary>
    public required double[][] Values { get; init; }

    /// <summary>Least of each product over the ways.</summary>
    public double[] Least { get; private set; } = [];

    /// <summary>Most of each product.</summary>
    public double[] Most { get; private set; } = [];

    /// <summary>The first ways only.</summary>
    public TreeLevel First(int count) => new TreeLevel
    {
        Group = Group,
        Choices = Choices,
        Ways = Ways[..Math.Min(count, Ways.Length)],
        Duals = Duals,
        Unsure = Unsure,
        Values = Values,
    }.Measured();

    /// <summary>Fills in least and most.</summary>
    public TreeLevel Measured()
    {
        Least = new double[Values.Length];
        Most = new double[Values.Length];
        for (int f = 0; f < Values.Length; f++)
        {
            (double least, double most) = (double.PositiveInfinity, double.NegativeInfinity);
            for (int i = 0; i < Ways.Length; i++) (least, most) = (Math.Min(least, Values[f][i]), Math.Max(most, Values[f][i]));
            (Least[f], Most[f]) = (least, most);
        }
        return this;
    }

    /// <summary>Takes the ways whose dual value is below a limit.</summary>
    public static TreeLevel Of(DimGroup group, int index, double[] prices, double limit, int products, SearchEffort effort,
        Func<bool> stop)
    {
        ChoiceList choices = group.Below(prices, limit, stop);
        effort.Add(8L * choices.Count * choices.Logs.Length);
        double[] duals = Scan.Values(choices, prices);
        int[] ways = [.. Enumerable.Range(0, duals.Length).Where(i => duals[i] < limit).OrderBy(i => duals[i]).ThenBy(i => i)];
        var values = new double[products][];
        for (int f = 0; f < products; f++) values[f] = Products(group, choices, ways, f, choices.Logs);
        effort.Add(4L * ways.Length * products);
        int windowColumns = choices.Logs.Length - group.Columns.Length;
        bool[] unsure = [.. ways.Select(i => choices.Most is { } most && Enumerable.Range(0, windowColumns)
            .Any(c => most[c][i] > choices.Logs[group.Columns.Length + c][i] + 1e-12))];
        return new() { Group = index, Choices = choices, Ways = ways, Duals = [.. ways.Select(i => duals[i])], Unsure = unsure,
            Values = values };
    }

    private static double[] Products(DimGroup group, ChoiceList choices, int[] ways, int product, double[][] logs)
    {
        double[] powers = group.Powers[product];
        var values = new double[ways.Length];
        for (int w = 0; w < ways.Length; w++)
        {
            double whole = 1, log = 0;
            for (int c = 0; c < powers.Length; c++)
            {
                if (powers[c] == 0) continue;
                if (c >= group.Columns.Length) log += logs[c][ways[w]];
                else if (powers[c] > 0) whole *= choices.Counts[c][ways[w]];
                else whole /= choices.Counts[c][ways[w]];
            }
            values[w] = log == 0 ? whole : whole * Math.Round(Math.Exp(log));
        }
        return values;
    }

    /// <summary>Drops every way that another one is at most equal to in all products: those with prices below zero equal. Where what a
    /// window's tiles share depends on the loops around, <paramref name="keeps"/> says whether one way leaves as much to share as
    /// another.</summary>
    public TreeLevel Undominated(DimGroup group, bool[] relevant, bool[] negative, Func<int, int, bool>? keeps, SearchEffort effort,
        Func<bool> stop)
    {
        int count = Ways.Length;
        int[] products = [.. Enumerable.Range(0, Values.Length).Where(f => relevant[f])];
        double[][] most = Values;
        if (Choices.Most is { } upper)
        {
            double[][] logs = [.. Choices.Logs[..group.Columns.Length], .. upper];
            most = new double[Values.Length][];
            foreach (int f in products) most[f] = Products(group, Choices, Ways, f, logs);
        }
        var dropped = new bool[count];
        for (int b = 0; b < count && !stop(); b++)
        {
            effort.Add(6L * count);
            for (int a = 0; a < count && !dropped[b]; a++)
            {
                if (a == b || dropped[a]) continue;
                bool better = true, strictly = a < b;
                foreach (int f in products)
                {
                    double difference = negative[f] ? Values[f][b] - Values[f][a] : most[f][a] - Values[f][b];
                    if (difference > 0 || (negative[f] && difference != 0)) { better = false; break; }
                    strictly |= difference < 0;
                }
                dropped[b] = better && strictly && (keeps is null || keeps(Ways[a], Ways[b]));
            }
        }
        return Where(i => !dropped[i]);
    }

    /// <summary>The ways that a rule keeps.</summary>
    public TreeLevel Where(Func<int, bool> rule)
    {
        int[] kept = [.. Enumerable.Range(0, Ways.Length).Where(rule)];
        return new()
        {
            Group = Group,
            Choices = Choices,
            Ways = [.. kept.Select(i => Ways[i])],
            Duals = [.. kept.Select(i => Duals[i])],
            Unsure = [.. kept.Select(i => Unsure[i])],
            Values = [.. Values.Select(row => kept.Select(i => row[i]).ToArray())],
        };
    }
}
