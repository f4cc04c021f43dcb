using System.Collections.Immutable;
using Sim.Datapath.Specs;
using Sim.Mapper;

namespace Sim.Simulator;

/// <summary>What the values of a network depend on, as designs state it: two designs with equal ones have equal values. Names, clocks,
/// buffers and pipelines are not in it.</summary>
internal sealed record ValueInputs(string Workload, DatapathSpec Datapath, string Orders, string Vector, string Recipe)
{
    public static ValueInputs Of(DesignInputs design, ImmutableArray<Mapping> mappings) => new(design.Workload.Digest,
        design.Architecture.Architecture.Datapath with { Name = "", PipelineStages = 0 },
        string.Join(',', mappings.Select(m => m.Order.Key)),
        design.Architecture.Architecture.Vector.Program.Text, design.Recipe.Canonical);
}
