using Sim.Foundation;

namespace Sim.ArchModel.Hierarchies;

/// <summary>
/// Costs of one instance that a file states by hand, in place of the technology's. Energies are pJ an action: of a memory a word read,
/// written or added to in place, of compute units a product (as <see cref="Read"/>), of a fabric a bit over one hop (as
/// <see cref="Read"/>). Null: the technology's price.
/// </summary>
/// <param name="Read">pJ of a word read, a product or a bit's hop.</param>
/// <param name="Write">pJ of a word written.</param>
/// <param name="Update">pJ of a word of sums that arrives; null: a write, with a read where no memory below keeps
/// outputs.</param>
/// <param name="Source">Where the energies come from; empty when none is stated.</param>
/// <param name="AreaSquareMicrometres">Area.</param>
/// <param name="LeakageMilliwatts">Static power.</param>
public sealed record StatedCosts(double? Read, double? Write, double? Update, string Source, Sourced<double>? AreaSquareMicrometres,
    Sourced<double>? LeakageMilliwatts)
{
    /// <summary>Nothing is stated.</summary>
    public static StatedCosts None { get; } = new(null, null, null, "", null, null);

    /// <summary>Energies alone: a word (or product, or hop) read, written and updated.</summary>
    public static StatedCosts Energy(double? read, double? write, double? update, string source) =>
        new(read, write, update, source, null, null);
}
