namespace Sim.Foundation;

/// <summary>A number with where it comes from: a paper and table, a data sheet, a synthesis run. Source is never empty.</summary>
public sealed record Sourced<T>(T Value, string Source)
{
    /// <summary>Where <see cref="Value"/> comes from.</summary>
    public string Source { get; } = string.IsNullOrWhiteSpace(Source)
        ? throw new ArgumentException("a value needs its source", nameof(Source)) : Source;
}
