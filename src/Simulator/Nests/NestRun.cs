using System.Collections.Immutable;
using Sim.Datapath.Kernels;
using Sim.Mapper.Nests;
using Sim.Mapper.Timing;

namespace Sim.Simulator.Nests;

/// <summary>How much of the machine moves.</summary>
public enum NestDepth
{
    /// <summary>Every word in every store, every product and every register.</summary>
    Registers,

    /// <summary>Tiles as sets; values by the GEMM kernels in the nest's order.</summary>
    Tiles,
}

/// <summary>What the machine did with a layer.</summary>
/// <param name="Cycles">Cycles, stalls by cause, work of every port.</param>
/// <param name="Stores">Words at every store, in the order of the nest.</param>
/// <param name="Macs">Multiplications.</param>
/// <param name="Steps">Steps of the multiply-adders.</param>
/// <param name="Results">Outputs [n, g, m, p, q] as <see cref="IGemmKernel.Run"/> writes them.</param>
/// <param name="Events">Overflows and NaN.</param>
public sealed record NestRun(NestCycles Cycles, ImmutableArray<StoreCounts> Stores, long Macs, long Steps, ImmutableArray<long> Results,
    GemmEvents Events);
