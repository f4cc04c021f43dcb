using Sim.Datapath.Specs;
using Sim.Simulator.Accelerators;

namespace Sim.Simulator;

/// <summary>What the values of a network depend on, as designs state it: two designs with equal ones have equal values. Names, clocks,
/// buffers and pipelines are not in it.</summary>
internal sealed record ValueInputs(string Workload, DatapathSpec Datapath, string Orders, string Vector, string Recipe)
{
    public static ValueInputs Of(DesignInputs design, MappedNetwork mapped) => new(design.Workload.Digest,
        design.Accelerator.Datapath with { Name = "", PipelineStages = 0 },
        string.Join(',', mapped.Orders.Select(m => m.Order.Key)),
        design.Accelerator.Vector.Program.Text, design.Recipe.Canonical);
}
