using Sim.Mapper.Checks;
using Sim.Mapper.Search;
using Sim.Mapper.Timing;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Answers;

/// <summary>A layer with its best mapping.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Result">The best mapping; of a front the one of least energy.</param>
/// <param name="Problem">What was searched.</param>
/// <param name="Time">Its cycles, in which transfers wait for each other.</param>
public sealed record MappedLayer(LoopLayer Layer, MapResult Result, MapProblem Problem, NestCycles Time)
{
    /// <summary>Where latency was made least: cycles that no mapping is below, by the certificate.</summary>
    public double? LeastOfAll { get; init; }

    /// <summary>How far the time may be above that of the fastest mapping: 0.01 is 1 %.</summary>
    public double? TimeGap => LeastOfAll is { } least ? Time.Total / least - 1 : null;

    /// <summary>All mappings that trade energy for cycles, when asked for.</summary>
    public MapFront? Front { get; init; }

    /// <summary>What was checked, when asked for.</summary>
    public MapCheck? Check { get; init; }
}
