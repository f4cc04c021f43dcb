using System.Collections.Immutable;
using Sim.ArchModel.Reading;
using Sim.Simulator.Accelerators;
using Sim.Simulator.Inputs;
using Sim.Workloads.Quantization;

namespace Sim.Simulator;

/// <summary>Everything that a design's record depends on. Parameters are the axis values of a study, empty for a single run.</summary>
public sealed record DesignInputs(IAccelerator Accelerator, LoadedWorkload Workload, Recipe Recipe,
    ImmutableSortedDictionary<string, string> Parameters)
{
    /// <summary>A design outside a study.</summary>
    public DesignInputs(IAccelerator accelerator, LoadedWorkload workload, Recipe recipe)
        : this(accelerator, workload, recipe, ImmutableSortedDictionary<string, string>.Empty) { }

    /// <summary>A design of a systolic array.</summary>
    public DesignInputs(LoadedArchitecture architecture, LoadedWorkload workload, Recipe recipe)
        : this(new ArrayAccelerator(architecture), workload, recipe) { }

    /// <summary>A systolic array of a study.</summary>
    public DesignInputs(LoadedArchitecture architecture, LoadedWorkload workload, Recipe recipe,
        ImmutableSortedDictionary<string, string> parameters)
        : this(new ArrayAccelerator(architecture), workload, recipe, parameters) { }
}
