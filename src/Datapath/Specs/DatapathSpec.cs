using Sim.Datapath.Formats;

namespace Sim.Datapath.Specs;

/// <summary>
/// Everything that changes a bit or a gate of a multiply-accumulate datapath, and nothing else.
/// Operands are codes of <paramref name="Activation"/> and <paramref name="Weight"/>; products are exact unless the accumulator rounds them.
/// </summary>
/// <param name="Name">Name for reports; not part of its identity.</param>
/// <param name="Weight">Format of the stationary operand B.</param>
/// <param name="Activation">Format of the streamed operand A.</param>
/// <param name="Accumulator">The register that sums products and how each step is rounded.</param>
/// <param name="PipelineStages">Register stages inside the MAC, 0 or more: area and energy, not values.</param>
public sealed record DatapathSpec(string Name, INumberFormat Weight, INumberFormat Activation, AccumulatorSpec Accumulator, int PipelineStages = 0);
