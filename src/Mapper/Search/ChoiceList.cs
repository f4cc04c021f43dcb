namespace Sim.Mapper.Search;

/// <summary>
/// All ways to split the dimensions of a group over the places open to them, as structure of arrays: a column for each (dimension,
/// place) with the logarithm of the count there, then columns of traffic and footprints of a window.
/// </summary>
internal sealed class ChoiceList
{
    /// <summary>Ways.</summary>
    public required int Count { get; init; }

    /// <summary>Counts by (dimension, place) column and way.</summary>
    public required long[][] Counts { get; init; }

    /// <summary>Natural logarithms by column and way; of windows what is moved at least.</summary>
    public required double[][] Logs { get; init; }

    /// <summary>The same for what is moved at most; null where the list has no window.</summary>
    public double[][]? Most { get; init; }

    /// <summary>Average of each column.</summary>
    public double[] Average => _average ??= [.. Logs.Select(column => column.Length == 0 ? 0 : column.Average())];

    private double[]? _average;
}
