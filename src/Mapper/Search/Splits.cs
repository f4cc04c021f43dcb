namespace Sim.Mapper.Search;

/// <summary>
/// All ways to split a size over places with limits, without a list of them: the number of ways, the least one at prices and those below
/// a value come from one table of (place, what is left), as a sum over the places has no other terms.
/// </summary>
internal sealed class Splits
{
    private readonly DivisorTable _table;
    private readonly long[] _limits;
    private readonly double[][] _least;
    private readonly int[][] _first;
    private readonly Dictionary<UInt128, (double Least, double Most)> _extremes = [];

    /// <summary>Of a size over places.</summary>
    public Splits(DivisorTable table, long[] limits)
    {
        (_table, _limits) = (table, limits);
        int rests = table.Divisors.Length;
        _least = [.. Enumerable.Range(0, limits.Length + 1).Select(_ => new double[rests])];
        _first = [.. Enumerable.Range(0, limits.Length).Select(_ => new int[rests])];
        Array.Fill(_least[^1], double.PositiveInfinity);
        _least[^1][0] = 0;
        var ways = new UInt128[rests];
        ways[0] = 1;
        foreach (long limit in limits.Reverse())
        {
            var next = new UInt128[rests];
            for (int rest = 0; rest < rests; rest++)
                foreach ((int divisor, int left) in table.Taken[rest])
                    if (table.Divisors[divisor] <= limit) next[rest] += ways[left];
            ways = next;
        }
        Count = ways[^1];
        Steps = 2L * limits.Length * table.Taken.Sum(t => t.Length);
    }

    /// <summary>Ways.</summary>
    public UInt128 Count { get; }

    /// <summary>What one look for the least costs.</summary>
    public long Steps { get; }

    /// <summary>The least way at prices of the logarithms by place, whose logarithms go to <paramref name="logs"/>.</summary>
    public double Least(double[] prices, double[] logs)
    {
        Fill(prices);
        int rest = _table.Divisors.Length - 1;
        for (int q = 0; q < _limits.Length; q++)
        {
            int divisor = _first[q][rest];
            logs[q] = _table.Logs[divisor];
            foreach ((int taken, int left) in _table.Taken[rest])
                if (taken == divisor) { rest = left; break; }
        }
        return _least[0][^1];
    }

    /// <summary>Least and most of a product with these powers (-2 to 1), as logarithms.</summary>
    public (double Least, double Most) Extremes(double[] powers)
    {
        UInt128 key = 1;
        foreach (double power in powers) key = key << 2 | (UInt128)(byte)((int)power & 3);
        if (powers.Length < 60 && _extremes.TryGetValue(key, out (double Least, double Most) known)) return known;
        var logs = new double[powers.Length];
        known = (Least(powers, logs), -Least([.. powers.Select(p => -p)], logs));
        if (powers.Length < 60) _extremes[key] = known;
        return known;
    }

    /// <summary>Every way whose value at prices is below a limit, in the order of their counts.</summary>
    public ChoiceList Below(double[] prices, double limit, Func<bool> stop)
    {
        Fill(prices);
        var rows = new List<int[]>();
        var row = new int[_limits.Length];
        Descend(0, _table.Divisors.Length - 1, 0);
        return new()
        {
            Count = rows.Count,
            Counts = [.. Enumerable.Range(0, _limits.Length).Select(q => rows.Select(r => _table.Divisors[r[q]]).ToArray())],
            Logs = [.. Enumerable.Range(0, _limits.Length).Select(q => rows.Select(r => _table.Logs[r[q]]).ToArray())],
        };

        void Descend(int q, int rest, double value)
        {
            if (q == _limits.Length)
            {
                rows.Add([.. row]);
                return;
            }
            foreach ((int divisor, int left) in _table.Taken[rest])
            {
                if (_table.Divisors[divisor] > _limits[q] || stop()) break;
                double with = value + prices[q] * _table.Logs[divisor];
                // Not below the limit, or no way at all.
                double bound = with + _least[q + 1][left];
                if (!(bound < limit) || double.IsPositiveInfinity(_least[q + 1][left])) continue;
                row[q] = divisor;
                Descend(q + 1, left, with);
            }
        }
    }

    private void Fill(double[] prices)
    {
        for (int q = _limits.Length - 1; q >= 0; q--)
        {
            double[] below = _least[q + 1], here = _least[q];
            for (int rest = 0; rest < here.Length; rest++)
            {
                double least = double.PositiveInfinity;
                int first = 0;
                foreach ((int divisor, int left) in _table.Taken[rest])
                {
                    if (_table.Divisors[divisor] > _limits[q]) break;
                    double value = prices[q] * _table.Logs[divisor] + below[left];
                    if (value < least) (least, first) = (value, divisor);
                }
                (here[rest], _first[q][rest]) = (least, first);
            }
        }
    }
}
