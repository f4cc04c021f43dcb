using System.Globalization;
using System.Text.Json.Nodes;
using Sim.Foundation;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Units;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Hierarchies.Dram;

/// <summary>Reads the timings of an off-chip memory (`schema: sim.dram/1`); every number stands beside its source.</summary>
public static class DramTimingReader
{
    /// <summary>Folder of `configs/` that holds them.</summary>
    public const string Folder = "memories";

    private static readonly YamlField<string> Name = YamlField.Required("name", YamlTypes.Text, "Name for reports, e.g. DDR4-2400.");
    private static readonly YamlField<string> Description = YamlField.Optional("description", YamlTypes.Text,
        "Free text: what was found where, and what was not.");
    private static readonly YamlField<Sourced<Bits>> Bus = Of("bus", YamlQuantities.DataSize, "Data lines of a channel, e.g. 64 bit.");
    private static readonly YamlField<Sourced<double>> Rate = Of("rate", YamlQuantities.Of("transfers a second such as '2400 MT/s'",
        [("MT/s", 1e6), ("GT/s", 1e9)], (double v, out double t) => (t = v) > 0, zero: false), "Transfers of the bus a second.");
    private static readonly YamlField<Sourced<int>> Burst = Of("burst", YamlTypes.Integer(1, 256), "Transfers of one access.");
    private static readonly YamlField<Sourced<int>> Banks = Of("banks", YamlTypes.Integer(1, 1024), "Banks of a channel.");
    private static readonly YamlField<Sourced<Bits>> Row = Of("row", YamlQuantities.DataSize, "An open row, all devices together.");
    private static readonly YamlField<Sourced<Duration>> RowToColumn = Time("t_rcd", "A row opens until its columns can be read.");
    private static readonly YamlField<Sourced<Duration>> Precharge = Time("t_rp", "An open row closes.");
    private static readonly YamlField<Sourced<Duration>> ColumnLatency = Time("t_cl", "A column is read until its first data.");
    private static readonly YamlField<Sourced<Duration>> RowActive = Time("t_ras", "Least time that a row stays open.");
    private static readonly YamlField<Sourced<Duration>> RefreshCycle = Time("t_rfc", "A refresh of all banks.");
    private static readonly YamlField<Sourced<Duration>> RefreshInterval = Time("t_refi", "From one refresh to the next.");
    private static readonly YamlField<Sourced<Duration>> RowToRow = Time("t_rrd", "Between openings of rows in two banks.");
    private static readonly YamlField<Sourced<Duration>> FourRows = Time("t_faw", "Window in which at most four rows open.");

    /// <summary>Key table of the file.</summary>
    public static YamlSchema Schema { get; } = new("DRAM timings",
        "A channel of off-chip memory as banks and rows, each number with its source.",
        [Name, Description, Bus, Rate, Burst, Banks, Row, RowToColumn, Precharge, ColumnLatency, RowActive, RefreshCycle, RefreshInterval,
            RowToRow, FourRows], "sim.dram/1");

    /// <summary>The type of a key that takes timings: inline mapping, catalogue name or file path.</summary>
    public static YamlType<DramTiming> Reference { get; } = new ReferenceType();

    /// <summary>Timings by catalogue name or path; null after recording what is wrong.</summary>
    public static DramTiming? Load(string pathOrName, DiagnosticBag bag) =>
        ConfigCatalogue.Open(pathOrName, Folder, bag) is { } document ? Read(document.Root, bag) : null;

    /// <summary>Reads a mapping; null after recording why not.</summary>
    public static DramTiming? Read(YamlMap map, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(bag);
        int before = bag.ErrorCount;
        Schema.CheckKeys(map, bag);
        Description.TryRead(map, bag, out _);
        string name = Name.Read(map, bag);
        Sourced<Bits> bus = Bus.Read(map, bag), row = Row.Read(map, bag);
        Sourced<double> rate = Rate.Read(map, bag);
        Sourced<int> burst = Burst.Read(map, bag), banks = Banks.Read(map, bag);
        Sourced<long> Picoseconds(YamlField<Sourced<Duration>> field) => field.TryRead(map, bag, out Sourced<Duration> time)
            ? new Sourced<long>((long)Math.Round(Math.Min(time.Value.Nanoseconds, 1e12) * 1000), time.Source) : null!;
        (Sourced<long> rcd, Sourced<long> rp, Sourced<long> cl) =
            (Picoseconds(RowToColumn), Picoseconds(Precharge), Picoseconds(ColumnLatency));
        (Sourced<long> ras, Sourced<long> rfc, Sourced<long> refi) =
            (Picoseconds(RowActive), Picoseconds(RefreshCycle), Picoseconds(RefreshInterval));
        (Sourced<long> rrd, Sourced<long> faw) = (Picoseconds(RowToRow), Picoseconds(FourRows));
        if (bag.ErrorCount > before) return null;
        long burstBits = bus.Value.Count * burst.Value;
        if (burstBits % 8 != 0 || bus.Value.Count > 65536) bag.Error(Bus.Place(map), "CFG137",
            "a burst ('bus' × 'burst') must be whole bytes, 'bus' at most 65536 bits");
        else if (row.Value.Count % burstBits != 0 || row.Value.Count > 1L << 30) bag.Error(Row.Place(map), "CFG137",
            $"'row' must be whole bursts of {burstBits} bits and at most 128 MiB, found {row.Value.Count} bits");
        if (refi.Value <= rp.Value + rfc.Value + rcd.Value) bag.Error(RefreshInterval.Place(map), "CFG137",
            "'t_refi' must be longer than 't_rp' + 't_rfc' + 't_rcd', or the memory does nothing but refresh");
        if (burst.Value * 1e12 / rate.Value is < 1 or > 1e12) bag.Error(Rate.Place(map), "CFG137",
            "'rate' must give bursts of 1 ps to 1 s");
        return bag.ErrorCount > before ? null : new DramTiming(name, new((int)bus.Value.Count, bus.Source), rate, burst, banks,
            new((int)row.Value.Bytes, row.Source), rcd, rp, cl, ras, rfc, refi, rrd, faw);
    }

    /// <summary>Timings as an inline mapping.</summary>
    public static JsonObject ToNode(DramTiming timing)
    {
        ArgumentNullException.ThrowIfNull(timing);
        var node = new JsonObject { ["name"] = timing.Name };
        void Add(YamlField field, object value, string unit, string source) => node[field.Name] =
            new JsonObject { ["value"] = string.Create(CultureInfo.InvariantCulture, $"{value}{unit}"), ["source"] = source };
        void AddTime(YamlField field, Sourced<long> time) => Add(field, time.Value, " ps", time.Source);
        Add(Bus, timing.BusBits.Value, " bit", timing.BusBits.Source);
        Add(Rate, timing.TransfersPerSecond.Value / 1e6, " MT/s", timing.TransfersPerSecond.Source);
        Add(Burst, timing.BurstLength.Value, "", timing.BurstLength.Source);
        Add(Banks, timing.Banks.Value, "", timing.Banks.Source);
        Add(Row, timing.RowBytes.Value, " B", timing.RowBytes.Source);
        (YamlField, Sourced<long>)[] times = [(RowToColumn, timing.RowToColumn), (Precharge, timing.Precharge),
            (ColumnLatency, timing.ColumnLatency), (RowActive, timing.RowActive), (RefreshCycle, timing.RefreshCycle),
            (RefreshInterval, timing.RefreshInterval), (RowToRow, timing.RowToRow), (FourRows, timing.FourRows)];
        foreach ((YamlField field, Sourced<long> time) in times) AddTime(field, time);
        return node;
    }

    private static YamlField<Sourced<Duration>> Time(string name, string description) => Of(name, YamlQuantities.Duration, description);

    private static YamlField<Sourced<T>> Of<T>(string name, YamlType<T> type, string description) =>
        YamlField.Required(name, YamlQuantities.Sourced(type), description);

    private sealed class ReferenceType : YamlType<DramTiming>
    {
        /// <inheritdoc/>
        public override string Expectation => "DRAM timings: an inline mapping, a name from configs/memories or a path to a .yaml file";

        /// <inheritdoc/>
        public override JsonObject JsonSchema() =>
            new() { ["oneOf"] = new JsonArray(new JsonObject { ["type"] = "string" }, (Schema with { Id = null }).JsonSchema()) };

        /// <inheritdoc/>
        public override bool TryRead(YamlNode node, string key, DiagnosticBag bag, out DramTiming value)
        {
            value = (ConfigCatalogue.Resolve(node, Folder, key, bag) is { } map ? Read(map, bag) : null)!;
            return value is not null;
        }
    }
}
