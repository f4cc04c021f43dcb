using System.Globalization;
using System.Text.Json.Nodes;
using Sim.ArchModel.Hierarchies;
using Sim.Cli.Verbs.Maps;
using Sim.Foundation.Text;
using Sim.Mapper.Answers;
using Sim.Mapper.Checks;
using Sim.Mapper.Nests;
using Sim.Mapper.Search;
using Sim.Mapper.Timing;
using Sim.Workloads.Nests;
using Spectre.Console;

namespace Sim.Cli.Verbs;

/// <summary>Best mappings as text or as JSON.</summary>
internal static class MapReport
{
    /// <summary>Prints every layer, then totals.</summary>
    public static void Print(MapAnswer answer, Terminal terminal)
    {
        HierarchicalArchitecture architecture = answer.Target.Architecture;
        foreach ((MappedLayer row, int kind) in answer.Layers.Zip(answer.Kinds))
        {
            Print(answer.Target, row, terminal);
            if (answer.Advice is not { } advice || answer.Layers.Length == 1) continue;
            foreach (string line in AdviceReport.Lines(advice.Each[kind], answer.Objective, architecture.ClockHertz))
                terminal.Out.WriteLine("  " + line);
        }
        double energy = answer.Picojoules, cycles = answer.Cycles, macs = answer.Layers.Sum(r => (double)r.Layer.Macs);
        double stalls = answer.Layers.Sum(r => (double)r.Time.Stalled), drain = answer.Layers.Sum(r => (double)r.Time.Drain);
        terminal.Out.WriteLine($"total: {answer.Layers.Length} layers, {Count(macs, "MACs")}, {Si(energy * 1e-12)}J, "
            + $"{Count(cycles, "cycles")} ({Si(cycles / architecture.ClockHertz)}s), "
            + $"{Percent(macs / (cycles * answer.Target.Peak))} of the peak; least "
            + $"{answer.Objective.ToString().ToLowerInvariant()} of each layer, one after another");
        terminal.Out.WriteLine($"cycles: compute {Si(cycles - stalls - drain).TrimEnd()}{Waits(answer.Layers)}"
            + (drain > 0 ? $", drain {Si(drain).TrimEnd()}" : ""));
        if (answer.Advice is { Whole: var whole })
            foreach (string line in AdviceReport.Lines(whole, answer.Objective, architecture.ClockHertz)) terminal.Out.WriteLine(line);
    }

    // All layers' waits by resource, the longest first.
    private static string Waits(IEnumerable<MappedLayer> layers) => string.Concat(layers.SelectMany(l => l.Time.Stalls)
        .GroupBy(s => s.Resource.ToString()).Select(g => (Resource: g.Key, Cycles: g.Sum(s => (double)s.Cycles)))
        .OrderByDescending(s => s.Cycles).ThenBy(s => s.Resource, StringComparer.Ordinal)
        .Select(s => $", waits for {s.Resource} {Si(s.Cycles).TrimEnd()}"));

    private static void Print(MapTarget target, MappedLayer row, Terminal terminal)
    {
        HierarchicalArchitecture architecture = target.Architecture;
        (LoopLayer layer, MapResult result, MapProblem problem, _) = row;
        terminal.Out.WriteLine($"{layer.Name}: {Count(layer.Macs, "MACs")}, {Si(result.Cost.Picojoules * 1e-12)}J, "
            + $"{Count(row.Time.Total, "cycles")}, {Percent(layer.Macs / (row.Time.Total * target.Peak))} of the peak, bound by "
            + $"{result.Cost.Bound}");
        terminal.Out.WriteLine("  " + Time(row));
        foreach (string line in NestText.Lines(result.Nest, architecture.Hierarchy)) terminal.Out.WriteLine("  " + line);
        Table table = new Table().Border(TableBorder.None).AddColumns("  memory", "operand")
            .AddColumns(new[] { "read", "written", "accesses", "bytes", "least" }.Select(t => new TableColumn(t).RightAligned()).ToArray());
        foreach (StoreTraffic s in StoreTraffic.Of(result, problem))
            table.AddRow("  " + Markup.Escape(s.Memory), OperandNames.Of(s.Store.Operand), Si(s.Reads).TrimEnd(), Si(s.Writes).TrimEnd(),
                Si(s.Accesses).TrimEnd(), Si(s.Bytes) + "B", s.LeastBytes is { } least ? Si(least) + "B" : "");
        terminal.OutConsole.Write(table);
        MapCertificate c = result.Certificate;
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  {Proof(c)} {(double)c.Mapspace:G3} mappings: {(double)c.Candidates:G4} candidates, {c.Skeletons} parts looked into, of which ")
            + string.Create(CultureInfo.InvariantCulture, $"{(double)c.Evaluated:G4} evaluated and {c.Counted} counted; dropped ")
            + string.Create(CultureInfo.InvariantCulture,
                $"{(double)c.BySkeletonBound:G4} + {(double)c.ByWayBound:G4} + {(double)c.ByPartialBound:G4} by bounds, ")
            + string.Create(CultureInfo.InvariantCulture, $"{(double)c.ByDominance:G4} as dominated, {(double)c.ByLimit:G4} as too large"));
        if (row.Front is { } front) Print(front, architecture, terminal);
        if (row.Check is { } check) Print(check, terminal);
    }

    // Where the cycles go, beside the least that the busiest resource allows.
    private static string Time(MappedLayer row)
    {
        NestCycles time = row.Time;
        IEnumerable<string> parts = [$"compute {Si(time.Compute)}",
            .. time.Stalls.OrderByDescending(s => s.Cycles).Select(s => $"waits for {s.Resource} {Si(s.Cycles)}")];
        if (time.Drain > 0) parts = parts.Append($"drain {Si(time.Drain)}");
        return $"cycles: {string.Join(", ", parts.Select(p => p.TrimEnd()))}; at least {Si(row.Result.Cost.Cycles).TrimEnd()} by the "
            + "busiest resource"
            + (row is { LeastOfAll: { } least, TimeGap: { } gap }
                ? $"; every mapping at least {Si(least).TrimEnd()}: gap {Percent(gap)}" : "");
    }

    private static void Print(MapFront front, HierarchicalArchitecture architecture, Terminal terminal)
    {
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {front.Points.Length} mappings that trade energy for cycles")
            + (front.Whole ? "" : "; the search ended here, faster ones are missing"));
        var table = new Table { Border = TableBorder.None };
        foreach (string name in new[] { "  energy", "least cycles", "cycles" }) table.AddColumn(new TableColumn(name).RightAligned());
        table.AddColumn("nest");
        foreach (MapResult point in front.Points)
            table.AddRow(Si(point.Cost.Picojoules * 1e-12) + "J", Si(point.Cost.Cycles),
                Si(ArchitectureTiming.Of(point.Nest, architecture).Total),
                Markup.Escape(string.Join("; ", NestText.Lines(point.Nest, architecture.Hierarchy))));
        terminal.OutConsole.Write(table);
    }

    private static void Print(MapCheck check, Terminal terminal)
    {
        foreach (string line in check.Done) terminal.Out.WriteLine($"  checked: {line}");
        foreach (string line in check.Skipped) terminal.Out.WriteLine($"  not checked: {line}");
        foreach (string line in check.Wrong) terminal.Out.WriteLine($"  WRONG: {line}");
    }

    private static string Proof(MapCertificate c) => c.IsOptimal ? "best of" : string.Create(CultureInfo.InvariantCulture,
        $"within {100 * c.Gap:G3} % of the bound (--effort full proves more) on");

    /// <summary>The document `sim.map/1`.</summary>
    public static JsonObject Json(MapAnswer answer)
    {
        var document = new JsonObject
        {
            ["schema"] = "sim.map/1",
            ["architecture"] = answer.Target.Architecture.Name,
            ["workload"] = answer.Network,
            ["objective"] = answer.Pareto ? "pareto" : answer.Objective.ToString().ToLowerInvariant(),
            ["layers"] = new JsonArray([.. answer.Layers.Zip(answer.Kinds, (layer, kind) =>
            {
                JsonObject json = Json(answer.Target, layer);
                if (answer.Advice is { } advice) json["advice"] = AdviceReport.Json(advice.Each[kind], answer.Objective);
                return (JsonNode)json;
            })]),
            ["picojoules"] = answer.Picojoules,
            ["cycles"] = answer.Cycles,
            ["stall_cycles"] = answer.Layers.Sum(l => (double)l.Time.Stalled),
        };
        if (answer.Advice is { } all) document["advice"] = AdviceReport.Json(all.Whole, answer.Objective);
        return document;
    }

    private static JsonObject Json(MapTarget target, MappedLayer row)
    {
        JsonObject json = Body(target, row);
        if (row is not { LeastOfAll: { } least, TimeGap: { } gap }) return json;
        (json["every_mapping_least_cycles"], json["cycles_gap"]) = (least, gap);
        return json;
    }

    private static JsonObject Body(MapTarget target, MappedLayer row) => new()
    {
        ["layer"] = row.Layer.Name,
        ["macs"] = row.Layer.Macs,
        ["picojoules"] = row.Result.Cost.Picojoules,
        ["cycles"] = row.Time.Total,
        ["least_cycles"] = row.Result.Cost.Cycles,
        ["compute_cycles"] = row.Time.Compute,
        ["stalls"] = new JsonObject(row.Time.Stalls.Select(s => KeyValuePair.Create(s.Resource.ToString(), (JsonNode?)s.Cycles))),
        ["drain_cycles"] = row.Time.Drain,
        ["utilization"] = row.Layer.Macs / (row.Time.Total * target.Peak),
        ["bound"] = row.Result.Cost.Bound,
        ["nest"] = NestJson.Write(row.Result.Nest, target.Architecture.Hierarchy),
        ["stores"] = new JsonArray([.. StoreTraffic.Of(row.Result, row.Problem).Select(s => (JsonNode)new JsonObject
        {
            ["memory"] = s.Memory,
            ["operand"] = OperandNames.Of(s.Store.Operand),
            ["tile_words"] = s.Store.Peak,
            ["reads"] = s.Reads,
            ["writes"] = s.Writes,
            ["accesses"] = s.Accesses,
            ["bytes"] = s.Bytes,
            ["least_bytes"] = s.LeastBytes,
        })]),
        ["certificate"] = Json(row.Result.Certificate),
        ["front"] = row.Front is not { } front ? null : new JsonObject
        {
            ["whole"] = front.Whole,
            ["points"] = new JsonArray([.. front.Points.Select(p => (JsonNode)new JsonObject
            {
                ["picojoules"] = p.Cost.Picojoules,
                ["least_cycles"] = p.Cost.Cycles,
                ["cycles"] = ArchitectureTiming.Of(p.Nest, target.Architecture).Total,
                ["nest"] = NestJson.Write(p.Nest, target.Architecture.Hierarchy),
            })]),
        },
        ["check"] = row.Check is not { } check ? null : new JsonObject
        {
            ["equal"] = Texts(check.Done),
            ["not_checked"] = Texts(check.Skipped),
            ["different"] = Texts(check.Wrong),
        },
    };

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(t => (JsonNode)t)]);

    private static JsonObject Json(MapCertificate c) => new()
    {
        ["mapspace"] = c.Mapspace.ToString(CultureInfo.InvariantCulture),
        ["skeletons"] = c.Skeletons,
        ["candidates"] = c.Candidates.ToString(CultureInfo.InvariantCulture),
        ["dropped_by_skeleton_bound"] = c.BySkeletonBound.ToString(CultureInfo.InvariantCulture),
        ["dropped_by_way_bound"] = c.ByWayBound.ToString(CultureInfo.InvariantCulture),
        ["dropped_by_partial_bound"] = c.ByPartialBound.ToString(CultureInfo.InvariantCulture),
        ["dropped_by_dominance"] = c.ByDominance.ToString(CultureInfo.InvariantCulture),
        ["dropped_by_limit"] = c.ByLimit.ToString(CultureInfo.InvariantCulture),
        ["evaluated"] = c.Evaluated.ToString(CultureInfo.InvariantCulture),
        ["counted"] = c.Counted,
        ["optimal"] = c.IsOptimal,
        ["lower_bound"] = c.Bound,
        ["gap"] = c.Gap,
        ["effort"] = c.Effort,
    };

    private static string Percent(double part) => string.Create(CultureInfo.InvariantCulture, $"{100 * part:F1} %");

    private static string Count(double value, string what) => $"{Si(value).TrimEnd()} {what}";

    private static string Si(double value) => SiNumber.Of(value);
}
