using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sim.ArchModel.Costs;
using Sim.ArchModel.Hierarchies.Costs;
using Sim.ArchModel.Technologies;
using Sim.Datapath.Specs;

namespace Sim.Cli.Verbs;

/// <summary>The answer of `sim cost` as JSON; the text form is laid out from the same document, so both say the same.</summary>
internal sealed class CostReport
{
    private static readonly JsonSerializerOptions Indented = new()
        { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly JsonObject _document;

    private CostReport(JsonObject document) => _document = document;

    /// <summary>One MAC, or one dot unit with all its lanes: logic and registers.</summary>
    public static CostReport Datapath(DatapathSpec datapath, CostModel model)
    {
        StructureCost logic = model.Price(datapath.MacLogic), registers = model.Price(datapath.MacRegisters),
            converter = model.Price(datapath.Accumulator.OutputConverter(datapath.Product));
        return new CostReport(new JsonObject
        {
            ["datapath"] = datapath.Name,
            ["technology"] = Describe(model.Technology),
            ["totals"] = new JsonObject
            {
                ["area_um2"] = Round(logic.AreaSquareMicrometres + registers.AreaSquareMicrometres),
                ["logic_area_um2"] = Round(logic.AreaSquareMicrometres),
                ["register_area_um2"] = Round(registers.AreaSquareMicrometres),
                ["energy_per_mac_pj"] = Round(datapath.CyclesPerMac * (logic.EnergyFemtojoules + registers.EnergyFemtojoules)
                    / datapath.Lanes / 1000),
                ["delay_ns"] = Round(logic.DelayNanoseconds),
                ["delay_per_stage_ns"] = Round(logic.DelayNanoseconds / (datapath.PipelineStages + 1)),
                ["leakage_nw"] = Round(logic.LeakageNanowatts + registers.LeakageNanowatts),
                ["accumulator_bits"] = datapath.AccumulatorBits,
                ["lanes"] = datapath.Lanes,
                ["cycles_per_mac"] = datapath.CyclesPerMac,
            },
            ["items"] = new JsonArray([.. Items("mac", logic), .. Items("registers", registers),
                .. Items("output converter (one a column, not in the totals)", converter)]),
            ["not_modelled"] = NotModelled,
        });
    }

    /// <summary>A whole accelerator.</summary>
    public static CostReport Architecture(ArchitectureCost cost, Technology technology) => new(new JsonObject
    {
        ["architecture"] = cost.Architecture.Name,
        ["technology"] = Describe(technology),
        ["totals"] = new JsonObject
        {
            ["area_mm2"] = Round(cost.AreaSquareMicrometres * 1e-6),
            ["leakage_mw"] = Round(cost.LeakageMilliwatts),
            ["mac_delay_per_stage_ns"] = Round(cost.MacDelayNanoseconds),
            ["clock_period_ns"] = Round(1e9 / cost.Architecture.ClockHertz),
            ["critical_path_ns"] = Round(cost.Clock.Critical.Nanoseconds),
            ["slack_ns"] = Round(cost.Clock.PeriodNanoseconds - cost.Clock.Critical.Nanoseconds),
            ["fmax_mhz"] = Round(1e3 / cost.Clock.Critical.Nanoseconds),
            ["pipeline_stages"] = cost.Clock.PipelineStages,
        },
        ["components"] = Components(cost.Area, cost.AreaSquareMicrometres),
        ["items"] = AreaItems(cost.Area),
        ["actions"] = new JsonArray([.. cost.Actions.Select(a => new JsonObject
        {
            ["component"] = a.Component, ["action"] = a.Action, ["energy_pj"] = Round(a.Price.Picojoules), ["source"] = a.Price.Source,
        })]),
        ["warnings"] = new JsonArray([.. cost.Warnings.Select(w => (JsonNode)w)]),
        ["not_modelled"] = NotModelled,
    });

    /// <summary>A whole accelerator of version 2.</summary>
    public static CostReport Hierarchy(HierarchyCost cost, Technology technology) => new(new JsonObject
    {
        ["architecture"] = cost.Architecture.Name,
        ["technology"] = Describe(technology),
        ["totals"] = new JsonObject
        {
            ["area_mm2"] = Round(cost.AreaSquareMicrometres * 1e-6),
            ["leakage_mw"] = Round(cost.LeakageMilliwatts),
            ["compute_units"] = cost.Architecture.Units,
            ["products_at_once"] = cost.Architecture.ProductsAtOnce,
            ["peak_gmac_per_s"] = Round(cost.Architecture.PeakProductsPerSecond * 1e-9),
            ["clock_period_ns"] = Round(cost.Clock.PeriodNanoseconds),
            ["critical_path_ns"] = Round(cost.Clock.Critical.Nanoseconds),
            ["slack_ns"] = Round(cost.Clock.PeriodNanoseconds - cost.Clock.Critical.Nanoseconds),
            ["fmax_mhz"] = Round(1e3 / cost.Clock.Critical.Nanoseconds),
            ["pipeline_stages"] = cost.Clock.PipelineStages,
        },
        ["components"] = Components(cost.Area, cost.AreaSquareMicrometres),
        ["items"] = AreaItems(cost.Area),
        ["actions"] = new JsonArray([.. cost.Actions.Select(a => new JsonObject
        {
            ["component"] = a.Component, ["action"] = a.Action, ["per"] = a.Unit, ["energy_pj"] = Round(a.Price.Picojoules),
                ["source"] = a.Price.Source,
        })]),
        ["warnings"] = new JsonArray([.. cost.Warnings.Select(w => (JsonNode)w)]),
        ["not_modelled"] = NotModelled,
    });

    private static JsonArray Components(ImmutableArray<AreaItem> area, double total) => new([.. area.GroupBy(a => a.Component).Select(g =>
        new JsonObject { ["component"] = g.Key, ["area_um2"] = Round(g.Sum(a => a.SquareMicrometres)),
            ["share_percent"] = Round(100 * g.Sum(a => a.SquareMicrometres) / total) })]);

    private static JsonArray AreaItems(ImmutableArray<AreaItem> area) => new([.. area.Select(a => new JsonObject
    {
        ["component"] = a.Component, ["role"] = a.Role, ["primitive"] = a.Primitive, ["count"] = a.Count,
            ["area_um2"] = Round(a.SquareMicrometres), ["source"] = a.Source,
    })]);

    private const string NotModelled = "wires, clock tree, control logic, pads, off-chip leakage (docs/guide/costs.md)";

    /// <summary>Writes the document, or tables of it; warnings go to stderr.</summary>
    public void Write(bool json, Terminal terminal)
    {
        if (json) terminal.Out.WriteLine(_document.ToJsonString(Indented));
        else WriteText(terminal.Out);
        if (_document["warnings"] is JsonArray warnings)
            foreach (JsonNode? warning in warnings) terminal.Error.WriteLine($"warning {warning}");
    }

    private void WriteText(TextWriter writer)
    {
        foreach ((string key, JsonNode? node) in _document)
        {
            switch (node)
            {
                case JsonArray { Count: > 0 } rows when rows[0] is JsonObject: WriteTable(writer, key, rows); break;
                case JsonObject values:
                    writer.WriteLine($"\n{key}");
                    foreach ((string name, JsonNode? value) in values) writer.WriteLine($"  {name,-22} {value}");
                    break;
                case JsonArray: break;
                default: writer.WriteLine($"{key}: {node}"); break;
            }
        }
    }

    // Columns as wide as their widest cell, numbers to the right; sources are numbered below so that lines stay readable.
    private static void WriteTable(TextWriter writer, string title, JsonArray rows)
    {
        var sources = new List<string>();
        string[] columns = [.. ((JsonObject)rows[0]!).Select(p => p.Key)];
        string Cell(JsonNode? row, string column)
        {
            string text = row![column]!.ToString();
            if (column != "source") return text;
            if (!sources.Contains(text)) sources.Add(text);
            return $"[{sources.IndexOf(text) + 1}]";
        }
        string[][] cells = [.. rows.Select(r => columns.Select(c => Cell(r, c)).ToArray())];
        int[] widths = [.. columns.Select((c, i) => Math.Max(c.Length, cells.Max(r => r[i].Length)))];
        bool[] numeric = [.. columns.Select(c => rows[0]![c]!.GetValueKind() == JsonValueKind.Number)];
        string Line(string[] row) => "  "
            + string.Join("  ", row.Select((t, i) => numeric[i] ? t.PadLeft(widths[i]) : t.PadRight(widths[i]))).TrimEnd();
        writer.WriteLine($"\n{title}");
        writer.WriteLine(Line(columns));
        foreach (string[] row in cells) writer.WriteLine(Line(row));
        for (int i = 0; i < sources.Count; i++) writer.WriteLine($"  [{i + 1}] {sources[i]}");
    }

    private static IEnumerable<JsonNode> Items(string part, StructureCost cost) => cost.Items.Select(i => (JsonNode)new JsonObject
    {
        ["part"] = part, ["role"] = i.Item.Role, ["primitive"] = PrimitiveText.Of(i.Item.Primitive), ["count"] = i.Item.Count,
            ["area_um2"] = Round(i.AreaSquareMicrometres),
        ["energy_fj"] = Round(i.EnergyFemtojoules), ["delay_ns"] = Round(i.DelayNanoseconds), ["leakage_nw"] = Round(i.LeakageNanowatts),
            ["source"] = i.Source,
    });

    private static JsonObject Describe(Technology technology) => new()
    {
        ["name"] = technology.Name, ["node_nm"] = technology.NodeNanometres, ["voltage_v"] = technology.Voltage,
            ["activity"] = technology.Activity,
        ["glitch_factor"] = technology.Glitch.Value, ["glitch_source"] = technology.Glitch.Source,
    };

    private static double Round(double value) =>
        double.Parse(value.ToString("G6", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
