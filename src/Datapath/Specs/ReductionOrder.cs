namespace Sim.Datapath.Specs;

/// <summary>
/// The order in which a mapping adds K products. The reduction is cut into consecutive chunks of <see cref="Chunk"/> products;
/// each chunk is a chain that starts at zero and adds k ascending; each finished chunk is added to the running total (which starts at
/// the first chunk's result) with one accumulator step. Chunk = 0 means one chain over all K: an output-stationary PE.
/// A weight-stationary array of R rows is Chunk = R: the column chain, then the accumulator below the array.
/// </summary>
public readonly record struct ReductionOrder(int Chunk)
{
    /// <summary>One chain over all of K.</summary>
    public static ReductionOrder Sequential => default;

    /// <summary>The same order named once: a chunk at least as long as K is the sequential chain.</summary>
    public ReductionOrder Canonical(int k) => Chunk >= k ? Sequential : this;
}
