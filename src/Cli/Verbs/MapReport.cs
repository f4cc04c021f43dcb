using System.Globalization;
using System.Text.Json.Nodes;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Checks;
using Sim.Mapper.Nests;
using Sim.Mapper.Search;
using Sim.Mapper.Timing;
using Sim.Workloads.Nests;
using Spectre.Console;

namespace Sim.Cli.Verbs;

/// <summary>A layer with its best mapping.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Result">The best mapping; of a front the one of least energy.</param>
/// <param name="Problem">What was searched.</param>
/// <param name="Time">Its cycles, in which transfers wait for each other.</param>
internal sealed record MappedLayer(LoopLayer Layer, MapResult Result, MapProblem Problem, NestCycles Time)
{
    /// <summary>All mappings that trade energy for cycles, when asked for.</summary>
    public MapFront? Front { get; init; }

    /// <summary>What was checked, when asked for.</summary>
    public MapCheck? Check { get; init; }
}

/// <summary>Best mappings as text or as JSON.</summary>
internal static class MapReport
{
    private static readonly string[] Small = ["", "k", "M", "G", "T", "P", "E"];

    /// <summary>Prints every layer, then totals.</summary>
    public static void Print(HierarchicalArchitecture architecture, MapObjective objective, List<MappedLayer> rows, Terminal terminal)
    {
        foreach (MappedLayer row in rows) Print(architecture, row, terminal);
        double energy = rows.Sum(r => r.Result.Cost.Picojoules), cycles = rows.Sum(r => (double)r.Time.Total);
        double macs = rows.Sum(r => (double)r.Layer.Macs);
        terminal.Out.WriteLine($"total: {rows.Count} layers, {Si(macs)} MACs, {Si(energy * 1e-12)}J, {Si(cycles)} cycles "
            + $"({Si(cycles / architecture.ClockHertz)}s), {Percent(macs / (cycles * Peak(architecture)))} of the peak; least "
            + $"{objective.ToString().ToLowerInvariant()} of each layer, one after another");
    }

    private static void Print(HierarchicalArchitecture architecture, MappedLayer row, Terminal terminal)
    {
        (LoopLayer layer, MapResult result, MapProblem problem, _) = row;
        NestCounts counts = result.Counts;
        terminal.Out.WriteLine($"{layer.Name}: {Si(layer.Macs)} MACs, {Si(result.Cost.Picojoules * 1e-12)}J, "
            + $"{Si(row.Time.Total)} cycles, {Percent(layer.Macs / (row.Time.Total * Peak(architecture)))} of the peak, bound by "
            + $"{result.Cost.Bound}");
        terminal.Out.WriteLine("  " + Time(row));
        foreach (string line in NestText.Lines(result.Nest, architecture.Hierarchy)) terminal.Out.WriteLine("  " + line);
        Table table = new Table().Border(TableBorder.None).AddColumns("  memory", "operand")
            .AddColumns(new[] { "reads", "writes", "bytes", "least bytes" }.Select(t => new TableColumn(t).RightAligned()).ToArray());
        foreach (StoreCounts s in counts.Stores)
        {
            (double reads, double writes) = Accesses(s, problem.Costs);
            double bytes = Bytes(s, problem.Costs);
            double least = s.Level == 0 ? Compulsory(layer, s.Operand, problem.Costs) : double.NaN;
            table.AddRow("  " + architecture.Hierarchy.Levels[s.Level].Name, OperandNames.Of(s.Operand), Si(reads), Si(writes), Si(bytes)
                + "B",
                double.IsNaN(least) ? "" : Si(least) + "B");
        }
        terminal.OutConsole.Write(table);
        MapCertificate c = result.Certificate;
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  {Proof(c)} {(double)c.Mapspace:G3} mappings: {(double)c.Candidates:G4} candidates in {c.Skeletons} skeletons, of which ")
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
            + "busiest resource";
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
    public static JsonObject Json(string network, HierarchicalArchitecture architecture, string objective,
        List<MappedLayer> rows) => new()
    {
        ["schema"] = "sim.map/1",
        ["architecture"] = architecture.Name,
        ["workload"] = network,
        ["objective"] = objective,
        ["layers"] = new JsonArray([.. rows.Select(r => (JsonNode)Json(architecture, r))]),
        ["picojoules"] = rows.Sum(r => r.Result.Cost.Picojoules),
        ["cycles"] = rows.Sum(r => (double)r.Time.Total),
    };

    private static JsonObject Json(HierarchicalArchitecture architecture, MappedLayer row) => new()
    {
        ["layer"] = row.Layer.Name,
        ["macs"] = row.Layer.Macs,
        ["picojoules"] = row.Result.Cost.Picojoules,
        ["cycles"] = row.Time.Total,
        ["least_cycles"] = row.Result.Cost.Cycles,
        ["compute_cycles"] = row.Time.Compute,
        ["stalls"] = new JsonObject(row.Time.Stalls.Select(s => KeyValuePair.Create(s.Resource.ToString(), (JsonNode?)s.Cycles))),
        ["drain_cycles"] = row.Time.Drain,
        ["utilization"] = row.Layer.Macs / (row.Time.Total * Peak(architecture)),
        ["bound"] = row.Result.Cost.Bound,
        ["nest"] = NestJson.Write(row.Result.Nest, architecture.Hierarchy),
        ["stores"] = new JsonArray([.. row.Result.Counts.Stores.Select(s =>
        {
            (double reads, double writes) = Accesses(s, row.Problem.Costs);
            return (JsonNode)new JsonObject
            {
                ["memory"] = architecture.Hierarchy.Levels[s.Level].Name,
                ["operand"] = OperandNames.Of(s.Operand),
                ["tile_words"] = s.Peak,
                ["reads"] = reads,
                ["writes"] = writes,
                ["bytes"] = Bytes(s, row.Problem.Costs),
            };
        })]),
        ["certificate"] = Json(row.Result.Certificate),
        ["front"] = row.Front is not { } front ? null : new JsonObject
        {
            ["whole"] = front.Whole,
            ["points"] = new JsonArray([.. front.Points.Select(p => (JsonNode)new JsonObject
            {
                ["picojoules"] = p.Cost.Picojoules,
                ["least_cycles"] = p.Cost.Cycles,
                ["cycles"] = ArchitectureTiming.Of(p.Nest, architecture).Total,
                ["nest"] = NestJson.Write(p.Nest, architecture.Hierarchy),
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

    private static (double Reads, double Writes) Accesses(StoreCounts s, MapCosts costs) => s.Operand == Operand.Outputs
        ? (s.Reads + (costs.DrainReads ? s.Writes : 0), (double)s.Updates + s.ReadBackMembers) : (s.Reads, s.Fills);

    // Complete results at the outermost memory are narrower than partial sums.
    private static double Bytes(StoreCounts s, MapCosts costs)
    {
        (double reads, double writes) = Accesses(s, costs);
        double complete = s is { Level: 0, Operand: Operand.Outputs } ? s.Distinct : 0;
        return ((reads + writes - complete) * costs.Levels[s.Level][s.Operand].Bits + complete * costs.CompleteOutputs.Bits) / 8;
    }

    // What has to move at least once: the operand itself.
    private static double Compulsory(LoopLayer layer, Operand operand, MapCosts costs)
    {
        NestNode[] none = [new StoreNode(Operand.Activations, 0), new StoreNode(Operand.Weights, 0), new StoreNode(Operand.Outputs, 0)];
        var hierarchy = new Hierarchy("whole", [new MemoryLevel("whole", null, default, 1, 1, default, null, 0, 0,
            PerOperand.Of(_ => Keeping.Must), default)]);
        IEnumerable<NestNode> loops = Enum.GetValues<LoopDim>().Where(d => layer.Size(d) > 1).Select(d => new LoopNode(d, layer.Size(d),
            1));
        double elements = NestCounts.Of(new(layer, [.. none, .. loops]), hierarchy).At(operand, 0)!.Distinct;
        return elements * (operand == Operand.Outputs ? costs.CompleteOutputs.Bits : costs.Levels[0][operand].Bits) / 8;
    }

    private static double Peak(HierarchicalArchitecture architecture) => architecture.ProductsAtOnce / architecture.Compute.Cycles.Value;

    private static string Percent(double part) => string.Create(CultureInfo.InvariantCulture, $"{100 * part:F1} %");

    // 1234 as `1.23 k`, 0.00123 as `1.23 m`.
    private static string Si(double value)
    {
        if (value == 0) return "0 ";
        int power = (int)Math.Floor(Math.Log10(Math.Abs(value)) / 3);
        power = Math.Clamp(power, -5, Small.Length - 1);
        string prefix = power >= 0 ? Small[power] : new[] { "m", "µ", "n", "p", "f" }[-power - 1];
        double scaled = value / Math.Pow(1000, power);
        return string.Create(CultureInfo.InvariantCulture, $"{scaled:G4} {prefix}");
    }
}
