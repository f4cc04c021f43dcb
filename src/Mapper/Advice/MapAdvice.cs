using System.Collections.Immutable;
using Sim.Mapper.Search;

namespace Sim.Mapper.Advice;

/// <summary>Energy and cycles (with waits) of one mapping, or of layers one after another.</summary>
/// <param name="Picojoules">Energy.</param>
/// <param name="Cycles">Cycles.</param>
/// <param name="IsProved">Whether every search behind it ended with a proof.</param>
public readonly record struct AdviceCost(double Picojoules, double Cycles, bool IsProved)
{
    /// <summary>What an objective makes least.</summary>
    public double Value(MapObjective objective) => objective switch
    {
        MapObjective.Energy => Picojoules,
        MapObjective.Latency => Cycles,
        _ => Picojoules * Cycles,
    };

    /// <summary>One after the other.</summary>
    public AdviceCost Plus(AdviceCost other, int times) => new(Picojoules + times * other.Picojoules, Cycles + times * other.Cycles,
        IsProved && other.IsProved);
}

/// <summary>What one change was found to do.</summary>
/// <param name="Change">The change.</param>
/// <param name="Before">Without it.</param>
/// <param name="After">With it: the better of the mapping before and of what a new search found.</param>
/// <param name="Bound">What binds the cycles with it; null: of several layers.</param>
/// <param name="AreaBefore">µm² on chip without it.</param>
/// <param name="AreaAfter">µm² on chip with it; null: its part has no price.</param>
/// <param name="AreaIsLeast">Whether the price of its part is a lower bound.</param>
/// <param name="MissesClock">Whether a path that fits the clock without it does not with it.</param>
public sealed record AdviceRow(ArchitectureChange Change, AdviceCost Before, AdviceCost After, string? Bound, double AreaBefore,
    double? AreaAfter, bool AreaIsLeast, bool MissesClock)
{
    /// <summary>How many times better the objective is: 1 = nothing gained.</summary>
    public double Gain(MapObjective objective) => Before.Value(objective) / After.Value(objective);

    /// <summary>Whether both sides are proved to be the best of their searches.</summary>
    public bool IsProved => Before.IsProved && After.IsProved;
}

/// <summary>Single changes of an accelerator, each tried by a search: the greatest gain first, of equal gains the least area.</summary>
/// <param name="Rows">What was tried.</param>
/// <param name="NotTried">Changes without an answer, and why.</param>
/// <param name="Effort">Most steps of each search.</param>
/// <param name="BetterFound">Whether a mapping better than the given one was found on the way; gains are then against it.</param>
public sealed record MapAdvice(ImmutableArray<AdviceRow> Rows, ImmutableArray<(string Change, string Reason)> NotTried, long Effort,
    bool BetterFound)
{
    /// <summary>A gain below this is none.</summary>
    public const double LeastGain = 1.001;

    /// <summary>The change that helps most and meets the clock; null: none helps.</summary>
    public AdviceRow? Best(MapObjective objective) => Rows.FirstOrDefault(r => !r.MissesClock && r.Gain(objective) >= LeastGain);
}
