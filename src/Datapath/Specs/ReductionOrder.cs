using System.Globalization;

namespace Sim.Datapath.Specs;

/// <summary>
/// The order in which a mapping adds K products. Without <see cref="Nested"/> the reduction is cut into consecutive chunks of
/// <see cref="Chunk"/> products; each chunk is a chain that starts at zero and adds k ascending; each finished chunk is added to the
/// running total (which starts at the first chunk's result) with one accumulator step. Chunk = 0 means one chain over all K: an
/// output-stationary PE. A weight-stationary array of R rows is Chunk = R: the column chain, then the accumulator below the array.
/// </summary>
public readonly record struct ReductionOrder(int Chunk)
{
    /// <summary>One chain over all of K.</summary>
    public static ReductionOrder Sequential => default;

    /// <summary>An order that is no list of equal chunks of k ascending; null: chunks. Orders that are equal are named once:
    /// <see cref="NestedOrder.Named"/>.</summary>
    public NestedOrder? Nested { get; init; }

    /// <summary>The same order named once: a chunk at least as long as K is the sequential chain.</summary>
    public ReductionOrder Canonical(int k) => Nested is null && Chunk >= k ? Sequential : this;

    /// <summary>Text that differs where orders do: the chunk, or the nested order.</summary>
    public string Key => Nested?.ToString() ?? Chunk.ToString(CultureInfo.InvariantCulture);
}
