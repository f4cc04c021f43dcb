using Sim.ArchModel.Hierarchies;
using Sim.Mapper;
using Sim.Mapper.Timing;

namespace Sim.Simulator.Accelerators;

/// <summary>The widths and rates of a hierarchy as timing takes them.</summary>
internal static class HierarchyWidths
{
    /// <summary>Bits of stored elements; results leave the chip at the activations' width.</summary>
    public static NestWidths Of(HierarchicalArchitecture architecture)
    {
        ElementWidths widths = ElementWidths.Of(architecture.Datapath);
        return new NestWidths(widths.Activation, widths.Weight, widths.Sum, widths.Output, widths.PartsPerBit);
    }

    /// <summary>Cycles of a product.</summary>
    public static ComputeRate Rate(HierarchicalArchitecture architecture) =>
        new(architecture.Compute.Cycles.Numerator, architecture.Compute.Cycles.Denominator);
}
