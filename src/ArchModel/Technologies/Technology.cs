using System.Collections.Immutable;
using Sim.Datapath.Structures;
using Sim.Foundation;

namespace Sim.ArchModel.Technologies;

/// <summary>
/// One manufacturing technology: what primitives, memories and off-chip bits cost, each with its source. All of it is data of one YAML
/// file.
/// What is not listed is not known, and asking for it is an error.
/// </summary>
/// <param name="Name">Name for reports.</param>
/// <param name="NodeNanometres">Node of the logic.</param>
/// <param name="Voltage">Supply of the logic in volts.</param>
/// <param name="Activity">In words: the switching activity at which energies were measured.</param>
/// <param name="Primitives">Laws by primitive kind.</param>
/// <param name="PathBase">Delay in ns that a unit has beside its primitives' (input buffers, control).</param>
/// <param name="Glitch">Factor ≥ 1 on the energy of combinational logic for transitions that a cycle takes back.</param>
/// <param name="Sram">On-chip memories of one bank each.</param>
/// <param name="RegisterFileLimitBytes">Banks up to this size are built of flip-flops.</param>
/// <param name="DramPicojoulesPerBit">Off-chip energy by kind, e.g. `LPDDR4`.</param>
public sealed record Technology(
    string Name,
    double NodeNanometres,
    double Voltage,
    string Activity,
    ImmutableSortedDictionary<PrimitiveKind, PrimitivePrice> Primitives,
    Sourced<double> PathBase,
    Sourced<double> Glitch,
    SramTable Sram,
    Sourced<int> RegisterFileLimitBytes,
    ImmutableSortedDictionary<string, Sourced<double>> DramPicojoulesPerBit)
{
    /// <summary>The laws of a primitive.</summary>
    /// <exception cref="KeyNotFoundException">The technology does not list it.</exception>
    public PrimitivePrice PriceOf(PrimitiveKind kind) => Primitives.TryGetValue(kind, out PrimitivePrice? price) ? price
        : throw new KeyNotFoundException($"technology '{Name}' has no price for the primitive '{kind}'");
}
