using System.Collections.Immutable;
using Sim.Datapath.Structures;
using Sim.Foundation;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Units;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Technologies;

/// <summary>Reads technology files (`schema: sim.technology/1`). Units are in the key names; every number stands beside its
/// source.</summary>
public static class TechnologyReader
{
    private static readonly YamlField<string> Name = YamlField.Required("name", YamlTypes.Text, "Name for reports.");
    private static readonly YamlField<double> Node = YamlField.Required("node_nm",
        YamlTypes.Number(0, PrimitivesYaml.Largest, exclusive: true), "Node of the logic in nm.");
    private static readonly YamlField<double> Voltage = YamlField.Required("voltage_v",
        YamlTypes.Number(0, PrimitivesYaml.Largest, exclusive: true), "Supply of the logic in volts.");
    private static readonly YamlField<string> Activity = YamlField.Required("activity", YamlTypes.Text,
        "In words: the switching activity at which the energies were measured.");
    private static readonly YamlField<Sourced<double>> Glitch = YamlField.Required("glitch_factor",
        SourcedNumber(YamlTypes.Number(1, PrimitivesYaml.Largest)),
        "Factor on the energy of combinational logic for transitions that a cycle takes back; 1 is none.");
    private static readonly YamlField<Sourced<double>> PathBase = YamlField.Required("path_base_ns",
        SourcedNumber(YamlTypes.Number(0, PrimitivesYaml.Largest)),
        "Delay of a unit beside that of its primitives, in ns.");
    private static readonly YamlField<ImmutableSortedDictionary<PrimitiveKind, PrimitivePrice>> Primitives =
        YamlField.Required("primitives", PrimitivesYaml.Type, "Laws of each primitive over its widths.");
    private static readonly YamlField<SramTable> Sram = YamlField.Required("sram", SramYaml.Type, "Known SRAM macros.");
    private static readonly YamlField<Sourced<int>> RegisterFile = YamlField.Required("register_file_limit_bytes",
        SourcedNumber(YamlTypes.Integer(0, 1 << 20)),
        "Banks up to this size are built of flip-flops.");
    private static readonly YamlField<ImmutableArray<(string Kind, Sourced<double> Energy)>> Dram =
        YamlField.Required("dram", YamlTypes.List(DramKind(), 1), "Off-chip energy by kind of memory.");

    /// <summary>The keys of a technology file.</summary>
    public static YamlSchema Schema
        { get; } = new("technology", "What primitives, memories and off-chip bits cost in one technology, each with its source.",
        [Name, Node, Voltage, Activity, Glitch, PathBase, Primitives, Sram, RegisterFile, Dram], "sim.technology/1");

    /// <summary>Reads a file; null after recording why not.</summary>
    public static Technology? Load(string path, DiagnosticBag bag) =>
        YamlDocument.Load(path, bag) is { } document ? Read(document.Root, bag) : null;

    /// <summary>Reads a mapping, the root of a file or an inline one; null after recording why not.</summary>
    public static Technology? Read(YamlMap map, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(bag);
        int before = bag.ErrorCount;
        Schema.CheckKeys(map, bag);
        var read = new
        {
            Name = Name.Read(map, bag), Node = Node.Read(map, bag), Voltage = Voltage.Read(map, bag), Activity = Activity.Read(map, bag),
            Glitch = Glitch.Read(map, bag), PathBase = PathBase.Read(map, bag), Primitives = Primitives.Read(map, bag),
                Sram = Sram.Read(map, bag),
            RegisterFile = RegisterFile.Read(map, bag), Dram = Dram.Read(map, bag),
        };
        if (bag.ErrorCount > before) return null;
        ImmutableSortedDictionary<string, Sourced<double>>.Builder dram = ImmutableSortedDictionary.CreateBuilder<string,
            Sourced<double>>(StringComparer.Ordinal);
        foreach ((string kind, Sourced<double> energy) in read.Dram)
        {
            if (!dram.TryAdd(kind, energy)) bag.Error(Dram.Place(map), "CFG005", $"the DRAM kind '{kind}' is given twice");
        }
        return bag.ErrorCount > before ? null
            : new Technology(read.Name, read.Node, read.Voltage, read.Activity, read.Primitives, read.PathBase, read.Glitch,
            read.Sram, read.RegisterFile, dram.ToImmutable());
    }

    private static YamlType<Sourced<T>> SourcedNumber<T>(YamlType<T> number) => YamlQuantities.Sourced(number);

    private static YamlType<(string Kind, Sourced<double> Energy)> DramKind()
    {
        YamlField<string> kind = YamlField.Required("kind", YamlTypes.Text, "Name that architectures use, e.g. LPDDR4.");
        YamlField<Energy> energy = YamlField.Required("energy", YamlQuantities.EnergyPerBit, "Energy of one bit read or written.");
        YamlField<string> source = YamlField.Required("source", YamlTypes.Text, "Where the number comes from.");
        return YamlTypes.Map(new YamlSchema("DRAM kind", "One kind of off-chip memory.", [kind, energy, source]),
            (YamlMap map, DiagnosticBag bag, out (string, Sourced<double>) value) =>
            {
                bool good = kind.TryRead(map, bag, out string name) & energy.TryRead(map, bag, out Energy bit)
                    & source.TryRead(map, bag, out string where);
                if (good && bit.Picojoules > PrimitivesYaml.Largest) bag.Error(energy.Place(map), "CFG002",
                    $"'energy' must be at most {PrimitivesYaml.Largest} pJ/bit");
                value = good ? (name, new Sourced<double>(bit.Picojoules, where)) : default;
                return good;
            });
    }
}
