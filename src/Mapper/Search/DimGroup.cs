using System.Collections.Immutable;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Search;

/// <summary>Dimensions that are chosen together: one, or the two of a window of the input.</summary>
internal sealed class DimGroup
{
    /// <summary>One dimension, or the output and the filter dimension of a window.</summary>
    public required ImmutableArray<LoopDim> Dims { get; init; }

    /// <summary>What slides when it is a window; <see cref="Sliding.None"/> for a single dimension.</summary>
    public required Sliding Window { get; init; }

    /// <summary>By (dimension, place) column: the dimension's index in <see cref="Dims"/> and the place.</summary>
    public required ImmutableArray<(int Dim, int Place)> Columns { get; init; }

    /// <summary>The ways of a window; null for a single dimension.</summary>
    public ChoiceList? Windows { get; init; }

    /// <summary>The ways of a single dimension; null for a window.</summary>
    public Splits? Splits { get; init; }

    /// <summary>Logarithm of the size of a single dimension.</summary>
    public double Log { get; init; }

    /// <summary>By product and column: the power with which the column enters.</summary>
    public required double[][] Powers { get; init; }

    /// <summary>Columns of logarithms.</summary>
    public int Width => Windows?.Logs.Length ?? Columns.Length;

    /// <summary>Ways to choose.</summary>
    public UInt128 Ways => Splits?.Count ?? (UInt128)(uint)Windows!.Count;

    /// <summary>Counted steps of one look for the least way.</summary>
    public long Steps => Splits?.Steps ?? Windows!.Count * (long)Windows.Logs.Length / 4 + 1;

    /// <summary>A point amid the ways.</summary>
    public double[] Center() => Windows is { } list ? [.. list.Average] : [.. Columns.Select(_ => Log / Columns.Length)];

    /// <summary>The least value at prices by column; the logarithms of that way go to <paramref name="logs"/>.</summary>
    public double Least(double[] prices, double[] logs)
    {
        if (Splits is { } splits) return splits.Least(prices, logs);
        (int index, double value) = Scan.Least(Windows!, prices);
        for (int c = 0; c < logs.Length; c++) logs[c] = Windows!.Logs[c][index];
        return value;
    }

    /// <summary>Least and most of a product over the ways, as logarithms.</summary>
    public (double Least, double Most) Extremes(int product)
    {
        double[] powers = Powers[product];
        if (Splits is { } splits) return splits.Extremes(powers);
        if (powers.All(p => p == 0)) return (0, 0);
        double[] values = Scan.Values(Windows!, powers);
        return (values.Min(), values.Max());
    }

    /// <summary>The ways whose value at prices is below a limit.</summary>
    public ChoiceList Below(double[] prices, double limit, Func<bool> stop) => Windows ?? Splits!.Below(prices, limit, stop);
}
