using Sim.Workloads.Integers;

namespace Sim.Verification.Relations;

/// <summary>
/// Operands at one depth of a chain of layers, each once, and how the sums that make them hang together with the operands one layer earlier
/// (edges). Operands of the last level have boxes instead.
/// </summary>
internal sealed class ChainLevel
{
    /// <summary>Index in the network of the layer that multiplies these operands.</summary>
    internal required int Consumer { get; init; }

    /// <summary>Channel of each operand.</summary>
    internal required int[] Channel { get; init; }

    /// <summary>What each operand can be, as its consumer takes it; padding counts where the consumer pads.</summary>
    internal required Interval[] Box { get; init; }

    /// <summary>Of operand n: edges Start[n] to Start[n + 1] − 1; empty at the last level.</summary>
    internal int[] Start { get; set; } = [];

    /// <summary>Of an edge: the operand of the next level.</summary>
    internal int[] Input { get; set; } = [];

    /// <summary>Of an edge: the weight.</summary>
    internal int[] Weight { get; set; } = [];

    /// <summary>Bias of the sum that makes each operand.</summary>
    internal long[] Bias { get; set; } = [];

    /// <summary>Of each operand: the staircase that lines above lie on.</summary>
    internal Staircase[] Above { get; set; } = [];

    /// <summary>Of each operand: the staircase that lines below lie on. The two differ where a place may be padding, which is 0 whatever
    /// the sum would be.</summary>
    internal Staircase[] Below { get; set; } = [];

    /// <summary>Slopes are p / 2^Shift.</summary>
    internal int Shift { get; set; }

    /// <summary>Operands.</summary>
    internal int Count => Channel.Length;

    /// <summary>Whether the next level makes the operands.</summary>
    internal bool IsMade => Start.Length > 0;
}
