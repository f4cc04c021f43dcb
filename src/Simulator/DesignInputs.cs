using System.Collections.Immutable;
using Sim.ArchModel.Reading;
using Sim.Simulator.Inputs;
using Sim.Workloads.Quantization;

namespace Sim.Simulator;

/// <summary>Everything that a design's record depends on. Parameters are the axis values of a study, empty for a single run.</summary>
public sealed record DesignInputs(LoadedArchitecture Architecture, LoadedWorkload Workload, Recipe Recipe,
    ImmutableSortedDictionary<string, string> Parameters)
{
    /// <summary>A design outside a study.</summary>
    public DesignInputs(LoadedArchitecture architecture, LoadedWorkload workload, Recipe recipe)
        : this(architecture, workload, recipe, ImmutableSortedDictionary<string, string>.Empty) { }
}
