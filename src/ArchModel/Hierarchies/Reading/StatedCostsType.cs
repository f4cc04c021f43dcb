using Sim.Foundation;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Units;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Hierarchies.Reading;

/// <summary>Costs that an entry of a hierarchy states by hand: `energy`, `area` and `leakage`, each with its source.</summary>
internal static class StatedCostsType
{
    private static readonly YamlField<string> Source = YamlField.Required("source", YamlTypes.Text,
        "Where the numbers come from: paper and table, data sheet, synthesis run.");

    private static readonly YamlField<Energy> Read = YamlField.Required("read", YamlQuantities.Energy, "Of one word read.");
    private static readonly YamlField<Energy> Write = YamlField.Required("write", YamlQuantities.Energy, "Of one word written.");
    private static readonly YamlField<Energy> Update = YamlField.Optional("update", YamlQuantities.Energy,
        "Of one word of sums that arrives. Left out: a write, with a read where no memory below keeps outputs.");

    /// <summary>Energies of a memory.</summary>
    public static YamlField<StatedCosts> WordEnergy { get; } = YamlField.Optional("energy", YamlTypes.Map<StatedCosts>(
        new YamlSchema("stated energies", "Energies of a word, in place of the technology's.", [Read, Write, Update, Source]),
        (YamlMap map, DiagnosticBag bag, out StatedCosts value) =>
        {
            bool good = Read.TryRead(map, bag, out Energy read) & Write.TryRead(map, bag, out Energy write)
                & Source.TryRead(map, bag, out string source);
            double? update = Update.TryRead(map, bag, out Energy adding) ? adding.Picojoules : null;
            value = StatedCosts.Energy(read.Picojoules, write.Picojoules, update, source);
            return good;
        }), "Energies of a word read and written. Left out: the technology's price.");

    /// <summary>Energy of a product.</summary>
    public static YamlField<Sourced<Energy>> ProductEnergy { get; } = YamlField.Optional("energy",
        YamlQuantities.Sourced(YamlQuantities.Energy), "Of one product, its addition included. Left out: the technology's price.");

    /// <summary>Energy of a hop.</summary>
    public static YamlField<Sourced<Energy>> HopEnergy { get; } = YamlField.Optional("hop_energy",
        YamlQuantities.Sourced(YamlQuantities.EnergyPerBit),
        "Of one bit over one hop. Left out: the registers of systolic links; wires are not priced.");

    /// <summary>Area of one instance.</summary>
    public static YamlField<Sourced<Area>> Area { get; } = YamlField.Optional("area", YamlQuantities.Sourced(YamlQuantities.Area),
        "Of one instance. Left out: the technology's price.");

    /// <summary>Static power of one instance.</summary>
    public static YamlField<Sourced<Power>> Leakage { get; } = YamlField.Optional("leakage", YamlQuantities.Sourced(YamlQuantities.Power),
        "Static power of one instance. Left out: the technology's price.");

    /// <summary>What an entry states; energies as given.</summary>
    public static StatedCosts With(StatedCosts energies, YamlMap map, DiagnosticBag bag) => energies with
    {
        AreaSquareMicrometres = Area.TryRead(map, bag, out Sourced<Area> area)
            ? new Sourced<double>(area.Value.SquareMicrometres, area.Source) : null,
        LeakageMilliwatts = Leakage.TryRead(map, bag, out Sourced<Power> power)
            ? new Sourced<double>(power.Value.Milliwatts, power.Source) : null,
    };

    /// <summary>One energy with its source as <see cref="StatedCosts.Read"/>.</summary>
    public static StatedCosts One(YamlField<Sourced<Energy>> field, YamlMap map, DiagnosticBag bag) =>
        field.TryRead(map, bag, out Sourced<Energy> energy) ? StatedCosts.Energy(energy.Value.Picojoules, null, null, energy.Source)
            : StatedCosts.None;
}
