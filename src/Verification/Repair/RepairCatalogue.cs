using System.Collections.Immutable;

namespace Sim.Verification.Repair;

/// <summary>The repair methods: to add one, add a line.</summary>
public static class RepairCatalogue
{
    /// <summary>All methods, in the order of messages.</summary>
    public static ImmutableArray<IRepairMethod> All { get; } =
    [
        new SignSplit(),
        new A2q(),
        new A2qPlus(),
        new EpInit(),
        new Gpfq(),
        new Optq(),
    ];

    /// <summary>The method of a name; null when there is none.</summary>
    public static IRepairMethod? Find(string name) => All.FirstOrDefault(m => m.Name == name);
}
