using System.Collections.Immutable;

namespace Sim.Exploration.Studies;

/// <summary>One combination of axis values: Choices[a] is the index of the value that axis a takes. Workload is the index of the study's
/// workload.</summary>
public sealed record DesignPoint(int Index, int Workload, ImmutableArray<int> Choices);
