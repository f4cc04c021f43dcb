using Sim.Datapath.Structures;

namespace Sim.ArchModel.Technologies;

/// <summary>
/// The laws of one primitive in a technology. Energy is per operation (per clock edge for a register) at the switching activity of
/// <see cref="Technology.Activity"/>, without glitches; leakage is proportional to area.
/// </summary>
/// <param name="Area">µm² of one copy.</param>
/// <param name="FloorPerBit">Least µm² a bit of width: a library cell that the primitive cannot do without, for widths where the fitted
/// line falls below it.</param>
/// <param name="Delay">ns that the primitive adds to a path through it; null where the technology does not know.</param>
/// <param name="EnergyPerArea">fJ for each µm² and operation.</param>
/// <param name="LeakagePerArea">nW for each µm².</param>
/// <param name="Source">Where the laws come from.</param>
public sealed record PrimitivePrice(CostLaw Area, double FloorPerBit, CostLaw? Delay, double EnergyPerArea, double LeakagePerArea,
    string Source)
{
    /// <summary>µm² of one copy, never below the floor.</summary>
    public double AreaOf(Primitive primitive) => Math.Max(Area.At(primitive), FloorPerBit * primitive.Width);
}
