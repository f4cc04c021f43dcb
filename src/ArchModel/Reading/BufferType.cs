using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Units;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Reading;

/// <summary>One entry of `buffers`, and the checks that need no other part of the architecture.</summary>
internal static class BufferType
{
    // Names of a ledger's other components.
    private static readonly ImmutableArray<string> Reserved = [ActionNames.Pe, ActionNames.Accumulator, ActionNames.Dram,
        ActionNames.Vector];

    private static readonly YamlField<string> Name = YamlField.Required("name", YamlTypes.Text, "Unique name, used in counts and reports.");
    private static readonly YamlField<Bits> Capacity = YamlField.Required("capacity", YamlQuantities.DataSize,
        "Storage of all banks together.");
    private static readonly YamlField<Bits> Port = YamlField.Required("port", YamlQuantities.DataSize, "Width of one access of one bank.");
    private static readonly YamlField<int> Banks = YamlField.Optional("banks", YamlTypes.Integer(1, 65536), 1, "1",
        "Equal banks that work side by side.");
    private static readonly YamlField<bool> DoubleBuffered = YamlField.Optional("double_buffered", YamlTypes.Boolean, false, "false",
        "Half is filled while the other half is used: loads overlap compute, half the capacity holds a tile.");
    private static readonly YamlField<ImmutableArray<Operands>> Keeps = YamlField.Required("keeps",
        YamlTypes.List(YamlTypes.Choice(("activations", Operands.Activations), ("weights", Operands.Weights),
            ("outputs", Operands.Outputs)), 1), "Operands that live here.");

    /// <summary>The type of an entry.</summary>
    public static YamlType<BufferLevel> Instance { get; } = YamlTypes.Map<BufferLevel>(
        new YamlSchema("buffer", "An on-chip memory.", [Name, Capacity, Port, Banks, DoubleBuffered, Keeps]), Read);

    /// <summary>A bandwidth, or the word `unlimited` (null).</summary>
    public static YamlType<Bandwidth?> BandwidthOrUnlimited { get; } = new UnlimitedType();

    private static bool Read(YamlMap map, DiagnosticBag bag, out BufferLevel value)
    {
        int before = bag.ErrorCount;
        bool named = Name.TryRead(map, bag, out string name);
        bool sized = Capacity.TryRead(map, bag, out Bits capacity) & Port.TryRead(map, bag, out Bits port)
            & Banks.TryRead(map, bag, out int banks)
            & DoubleBuffered.TryRead(map, bag, out bool doubled);
        bool kept = Keeps.TryRead(map, bag, out ImmutableArray<Operands> keeps);
        if (named && Reserved.Contains(name))
            bag.Error(Name.Place(map), "CFG110",
                $"a buffer cannot be named '{name}': that is the name of another component (reserved: {string.Join(", ", Reserved)})");
        if (sized) CheckSizes(map, capacity, port, banks, doubled, bag);
        if (kept && keeps.Distinct().Count() != keeps.Length) bag.Error(Keeps.Place(map), "CFG111", "'keeps' names an operand twice");
        value = null!;
        if (bag.ErrorCount > before) return false;
        value = new BufferLevel(name, capacity.Bytes, checked((int)port.Count), banks, doubled,
            keeps.Aggregate(Operands.None, (a, b) => a | b));
        return true;
    }

    private static void CheckSizes(YamlMap map, Bits capacity, Bits port, int banks, bool doubled, DiagnosticBag bag)
    {
        if (capacity.Count % (8L * banks) != 0)
        {
            bag.Error(Capacity.Place(map), "CFG112",
                $"'capacity' must be a whole number of bytes in each of {banks} bank(s), found {capacity.Count} bits in all");
            return;
        }
        long perBank = capacity.Count / banks / (doubled ? 2 : 1);
        if (port.Count > 65536)
            bag.Error(Port.Place(map), "CFG112", $"'port' must be at most 65536 bits, found {port.Count}");
        else if (port.Count > perBank)
            bag.Error(Port.Place(map), "CFG112",
                $"'port' ({port.Count} bits) must not exceed {(doubled ? "half of a bank (the buffer is double-buffered)" : "a bank")}, which is {perBank} bits");
    }

    private sealed class UnlimitedType : YamlType<Bandwidth?>
    {
        /// <inheritdoc/>
        public override string Expectation => YamlQuantities.Bandwidth.Expectation + " or 'unlimited'";

        /// <inheritdoc/>
        public override JsonObject JsonSchema() =>
            new() { ["oneOf"] = new JsonArray(new JsonObject { ["const"] = "unlimited" }, YamlQuantities.Bandwidth.JsonSchema()) };

        /// <inheritdoc/>
        public override bool TryRead(YamlNode node, string key, DiagnosticBag bag, out Bandwidth? value)
        {
            value = null;
            if (node is YamlScalar { Text: "unlimited" }) return true;
            bool good = YamlQuantities.Bandwidth.TryRead(node, key, bag, out Bandwidth read);
            value = read;
            return good;
        }
    }
}
