using Sim.Workloads.Graph;

namespace Sim.Workloads.Generators;

/// <summary>What one run of a language network does.</summary>
public enum Phase : byte
{
    /// <summary>All tokens of a sequence at once, without what a cache needs.</summary>
    Encode,

    /// <summary>New tokens at once; keys and values go to the cache.</summary>
    Prefill,

    /// <summary>One new token a sample, which attends to the cache.</summary>
    Decode,
}

/// <summary>How much one run does.</summary>
/// <param name="Batch">Samples.</param>
/// <param name="Training">Forward, backward and update instead of inference.</param>
/// <param name="Phase">Of a language network.</param>
/// <param name="Sequence">New tokens of a sample.</param>
/// <param name="Context">Tokens attended to, the new ones included.</param>
/// <param name="CausalRows">Rows of a block of causal attention, each over the columns up to its last row; null: the whole
/// rectangle.</param>
/// <param name="AllLogits">Logits of all tokens instead of the last of each sample.</param>
public sealed record RunSizes(int Batch = 1, bool Training = false, Phase Phase = Phase.Encode, int Sequence = 0, int Context = 0,
    int? CausalRows = null, bool AllLogits = true);

/// <summary>The sizes of a network, from which its layers follow.</summary>
public abstract record NetworkSizes
{
    /// <summary>The forward layers of a run.</summary>
    internal abstract NetworkLayers Generate(RunSizes run);
}
