using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;

namespace Sim.Mapper.Timing;

/// <summary>Cycles of nests on a whole accelerator, at its datapath's formats.</summary>
public static class ArchitectureTiming
{
    /// <summary>Cycles of a legal nest; overflow throws.</summary>
    public static NestCycles Of(LoopNest nest, HierarchicalArchitecture architecture)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        ElementWidths bits = ElementWidths.Of(architecture.Datapath);
        Rational cycles = architecture.Compute.Cycles;
        return NestTiming.Of(nest, architecture.Hierarchy,
            new NestWidths(bits.Activation, bits.Weight, bits.Sum, bits.Output, bits.PartsPerBit),
            new ComputeRate(cycles.Numerator, cycles.Denominator));
    }
}
