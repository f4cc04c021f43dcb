using System.Globalization;
using Sim.ArchModel.Costs;
using Sim.Foundation;

namespace Sim.ArchModel.Hierarchies.Costs;

/// <summary>What one instance of a memory costs; of a partitioned one, the partition of one operand. Energies are pJ a word.</summary>
internal sealed record MemoryCost(double Read, double Write, double Update, string EnergySource, double Area, string AreaSource,
    double LeakageNanowatts, double? AccessNanoseconds)
{
    /// <summary>Prices a memory; null after telling why it has no price.</summary>
    /// <param name="level">The memory.</param>
    /// <param name="bits">Storage; null: unlimited.</param>
    /// <param name="share">Part of the stated area and leakage that falls to this partition.</param>
    /// <param name="addsInPlace">Whether sums that arrive are read and written here: no memory below keeps outputs. Else the sum was read
    /// back before, and an arriving one overwrites it.</param>
    /// <param name="model">Prices.</param>
    /// <param name="tell">Takes what is missing.</param>
    public static MemoryCost? Of(MemoryLevel level, long? bits, double share, bool addsInPlace, CostModel model, Action<string> tell)
    {
        StatedCosts stated = level.Stated;
        bool energyStated = stated is { Read: not null, Write: not null };
        double read = stated.Read ?? 0, write = stated.Write ?? 0;
        double Update() => stated.Update ?? (addsInPlace ? read + write : write);
        if (level.DramKind is { } kind)
        {
            if (!energyStated)
            {
                if (!model.Technology.DramPicojoulesPerBit.TryGetValue(kind, out Sourced<double>? bit))
                {
                    tell($"technology '{model.Technology.Name}' has no energy for the DRAM kind '{kind}'; known: "
                        + string.Join(", ", model.Technology.DramPicojoulesPerBit.Keys));
                    return null;
                }
                read = write = bit.Value * level.WordBits;
                stated = stated with { Source = bit.Source };
            }
            return new MemoryCost(read, write, Update(), stated.Source, 0, "", 0, null);
        }
        if (energyStated && (bits is null || stated is { AreaSquareMicrometres: not null, LeakageMilliwatts: not null }))
            return Stated(stated, new MemoryCost(read, write, Update(), stated.Source, 0, "", 0, null), share);
        if (bits is not { } storage)
        {
            tell($"memory '{level.Name}' is unlimited and has no price: give it a 'kind' that the technology knows, or 'energy'");
            return null;
        }
        var shape = new MemoryShape(level.Name, storage, level.WordBits, level.Banks, level.Ports.Read + level.Ports.Shared);
        if (!BufferCost.TryPrice(shape, model, out BufferCost? priced, out string problem))
        {
            tell($"memory '{level.Name}': {problem}; change its 'capacity', 'banks' or 'word', or state 'energy', 'area' and 'leakage'");
            return null;
        }
        if (!energyStated)
        {
            read = priced!.ReadPicojoulesPerAccess;
            write = priced.WritePicojoulesPerAccess;
            stated = stated with { Source = priced.Source };
        }
        return Stated(level.Stated, new MemoryCost(read, write, Update(), stated.Source, priced!.AreaSquareMicrometres, priced.Source,
            priced.LeakageNanowatts, priced.AccessNanoseconds), share);
    }

    /// <summary>pJ of one word.</summary>
    public double Of(AccessKind kind) => kind switch
    {
        AccessKind.Read => Read,
        AccessKind.Write => Write,
        _ => Update,
    };

    private static MemoryCost Stated(StatedCosts stated, MemoryCost cost, double share)
    {
        if (stated.AreaSquareMicrometres is { } area) cost = cost with { Area = area.Value * share, AreaSource = area.Source };
        if (stated.LeakageMilliwatts is { } leakage) cost = cost with { LeakageNanowatts = leakage.Value * share * 1e6 };
        return cost;
    }
}
