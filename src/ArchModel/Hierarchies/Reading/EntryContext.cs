using Sim.ArchModel.Technologies;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Units;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Hierarchies.Reading;

/// <summary>What the rest of the file says, which entries need; null: that part is wrong and recorded.</summary>
internal sealed record EntryContext(Frequency Clock, DatapathSpec? Datapath, Technology? Technology)
{
    /// <summary>Bits that one element of an operand takes at least, its share of a block's scale included; 0: not known.</summary>
    public int ElementBits(Operand operand)
    {
        if (Datapath is null) return 0;
        (int bits, int elements) = operand switch
        {
            Operand.Activations => Datapath.ActivationStorage,
            Operand.Weights => Datapath.WeightStorage,
            _ => (Datapath.AccumulatorBits, 1),
        };
        return (bits + elements - 1) / elements;
    }

    /// <summary>Records CFG113 when the technology does not price a kind of off-chip memory and the file states no energy.</summary>
    public void CheckDramKind(YamlNode? node, string? kind, MemoryLevel level, DiagnosticBag bag)
    {
        if (kind is null || Technology is null || level.Stated.Read is not null) return;
        if (Technology.DramPicojoulesPerBit.ContainsKey(kind)) return;
        IEnumerable<string> kinds = Technology.DramPicojoulesPerBit.Keys;
        bag.Error(node!.Location, "CFG113",
            $"the technology '{Technology.Name}' has no price for the memory kind '{kind}'{NearestName.Hint(kind, kinds)} "
            + $"(known: {string.Join(", ", kinds)}); another kind needs 'energy'");
    }
}
