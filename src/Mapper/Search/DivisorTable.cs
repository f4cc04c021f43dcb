namespace Sim.Mapper.Search;

/// <summary>Divisors of a size with the ways to take one out of another.</summary>
internal sealed class DivisorTable
{
    /// <summary>Of a size.</summary>
    public DivisorTable(long size)
    {
        Divisors = Factorizations.Divisors(size);
        Logs = [.. Divisors.Select(d => Math.Log(d))];
        var index = new Dictionary<long, int>();
        for (int i = 0; i < Divisors.Length; i++) index[Divisors[i]] = i;
        Taken = new (int Divisor, int Left)[Divisors.Length][];
        for (int i = 0; i < Divisors.Length; i++)
            Taken[i] = [.. Enumerable.Range(0, i + 1).Where(d => Divisors[i] % Divisors[d] == 0)
                .Select(d => (d, index[Divisors[i] / Divisors[d]]))];
    }

    /// <summary>Divisors in rising order.</summary>
    public long[] Divisors { get; }

    /// <summary>Their natural logarithms.</summary>
    public double[] Logs { get; }

    /// <summary>By what is left: a divisor of it, rising, and what is left then.</summary>
    public (int Divisor, int Left)[][] Taken { get; }
}
