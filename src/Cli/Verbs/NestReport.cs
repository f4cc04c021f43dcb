using System.Globalization;
using System.Text.Json.Nodes;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Mapper.Nests.Orders;
using Sim.Mapper.Timeloop;
using Spectre.Console;

namespace Sim.Cli.Verbs;

/// <summary>Counts of a nest as a table or as JSON.</summary>
internal static class NestReport
{
    /// <summary>Prints exact counts.</summary>
    public static void Print(NestCounts counts, Hierarchy hierarchy, Terminal terminal)
    {
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{counts.Nest.Layer.Name}: {counts.Macs} multiply-accumulates in {counts.Steps} steps; words of all instances"));
        Table table = Columns("instances", "tile", "fills", "reads", "updates", "writes", "read back");
        foreach (StoreCounts s in counts.Stores)
            Row(table, hierarchy, s.Level, s.Operand, s.Instances, s.Peak, s.Fills, s.Reads, s.Updates, s.Writes, s.ReadBacks);
        terminal.OutConsole.Write(table);
    }

    /// <summary>Prints counts by Timeloop's rules.</summary>
    public static void Print(TimeloopCounts counts, Hierarchy hierarchy, Terminal terminal)
    {
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{counts.Nest.Layer.Name}: {counts.Computes} computes; words per instance by Timeloop's rules"));
        Table table = Columns("instances", "capacity", "fills", "reads", "updates", "reductions", "addresses");
        foreach (TimeloopStoreCounts s in counts.Stores)
            Row(table, hierarchy, s.Level, s.Operand, s.Instances, s.Capacity, s.Fills, s.Reads, s.Updates, s.TemporalReductions,
                s.AddressGenerations);
        terminal.OutConsole.Write(table);
    }

    /// <summary>Exact counts.</summary>
    public static JsonObject Json(NestCounts counts, Hierarchy hierarchy) => new()
    {
        ["schema"] = "sim.nest-counts/1",
        ["layer"] = counts.Nest.Layer.Name,
        ["macs"] = counts.Macs,
        ["steps"] = counts.Steps,
        ["stores"] = new JsonArray([.. counts.Stores.Select(s => (JsonNode)new JsonObject
        {
            ["level"] = hierarchy.Levels[s.Level].Name,
            ["operand"] = OperandNames.Of(s.Operand),
            ["instances"] = s.Instances,
            ["tile_words"] = s.Peak,
            ["distinct_words"] = s.Distinct,
            ["fills"] = s.Fills,
            ["reads"] = s.Reads,
            ["updates"] = s.Updates,
            ["writes"] = s.Writes,
            ["read_backs"] = s.ReadBacks,
            ["read_back_members"] = s.ReadBackMembers,
        })]),
    };

    /// <summary>Counts by Timeloop's rules.</summary>
    public static JsonObject Json(TimeloopCounts counts, Hierarchy hierarchy) => new()
    {
        ["schema"] = "sim.timeloop-counts/1",
        ["layer"] = counts.Nest.Layer.Name,
        ["computes"] = counts.Computes,
        ["stores"] = new JsonArray([.. counts.Stores.Select(s => (JsonNode)new JsonObject
        {
            ["level"] = hierarchy.Levels[s.Level].Name,
            ["operand"] = OperandNames.Of(s.Operand),
            ["utilized_instances"] = s.Instances,
            ["utilized_capacity"] = s.Capacity,
            ["scalar_reads"] = s.Reads,
            ["scalar_fills"] = s.Fills,
            ["scalar_updates"] = s.Updates,
            ["temporal_reductions"] = s.TemporalReductions,
            ["address_generations"] = s.AddressGenerations,
        })]),
    };

    /// <summary>The order of additions of the first output: products in sequence, chunk lengths where they say all, and the tree.</summary>
    public static JsonObject Json(NestOrder order) => new()
    {
        ["schema"] = "sim.order/1",
        ["chunk"] = order.Chunks is { } chunks ? chunks.Chunk == 0 ? order.Permutation.Length : chunks.Chunk : null,
        ["permutation"] = new JsonArray([.. order.Permutation.Select(k => (JsonNode)k)]),
        ["tree"] = order.ToString(),
    };

    private static Table Columns(params string[] numbers)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("memory").AddColumn("operand");
        foreach (string name in numbers) table.AddColumn(new TableColumn(name).RightAligned());
        return table;
    }

    private static void Row(Table table, Hierarchy hierarchy, int level, Operand operand, params long[] numbers) =>
        table.AddRow([Markup.Escape(hierarchy.Levels[level].Name), OperandNames.Of(operand),
            .. numbers.Select(n => n.ToString(CultureInfo.InvariantCulture))]);
}
