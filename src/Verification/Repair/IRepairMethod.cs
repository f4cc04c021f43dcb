using Sim.Workloads.Integers;

namespace Sim.Verification.Repair;

/// <summary>Makes integer weights of which no sum can leave its register. An implementation is one file and one line of
/// <see cref="RepairCatalogue"/>.</summary>
public interface IRepairMethod
{
    /// <summary>Name on the command line and in provenance.</summary>
    string Name { get; }

    /// <summary>Whether it needs what the inputs of the layer are like on data (<see cref="RowProblem.Inputs"/>).</summary>
    bool NeedsData { get; }

    /// <summary>Integer weights within <see cref="RowProblem.Range"/> that <see cref="RowProblem.Set"/> holds.</summary>
    int[] Repair(RowProblem problem);
}

/// <summary>One output channel to repair.</summary>
/// <param name="Wanted">The weights in integer units, not rounded: w / scale.</param>
/// <param name="Set">The weights that fit.</param>
/// <param name="Range">What integer weights can be, the zero point subtracted.</param>
/// <param name="Inputs">How the inputs vary together on data; null when there are none.</param>
public sealed record RowProblem(double[] Wanted, FeasibleSet Set, Interval Range, InputMoments? Inputs = null);
