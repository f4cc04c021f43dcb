using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Sim.Mapper.Timing;
using Sim.Simulator.Nests;
using Spectre.Console;

namespace Sim.Cli.Verbs;

/// <summary>`sim run --machine` on a hierarchy: the network through the machine for nests, beside the estimate.</summary>
internal static class NestMachineReport
{
    /// <summary>Tables for people.</summary>
    public static void Print(ImmutableArray<NestMachineLayer> layers, NestDepth depth, Terminal terminal)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("layer");
        foreach (string column in new[] { "cycles", "compute", "stalls", "drain" }) table.AddColumn(new TableColumn(column).RightAligned());
        table.AddColumn("most stalls").AddColumn("operands").AddColumn("estimate");
        foreach (NestMachineLayer layer in layers)
        {
            if (layer.Layer is not { } run)
            {
                table.AddRow(Markup.Escape(layer.Name), $"{layer.Cycles}", "", "", "", "", "vector unit", "");
                continue;
            }
            NestCycles cycles = run.Run.Cycles;
            string most = cycles.Stalls.Length == 0 ? "" : cycles.Stalls.MaxBy(s => s.Cycles)!.Resource.ToString();
            table.AddRow(Markup.Escape(layer.Name), $"{cycles.Total}", $"{cycles.Compute}", $"{cycles.Stalled}", $"{cycles.Drain}",
                Markup.Escape(most), layer.HasValues ? "first sample" : "random", run.Differences.IsEmpty ? "equal" : "DIFFERS");
        }
        terminal.OutConsole.Write(table);
        terminal.OutConsole.WriteLine();
        long total = layers.Sum(l => l.Cycles);
        void Line(string what, string value) => terminal.Out.WriteLine($"{what,-12} {value}");
        void Share(string what, long cycles)
        {
            if (cycles > 0) Line("", string.Create(CultureInfo.InvariantCulture, $"{cycles,12}  {100.0 * cycles / total,5:F1} %  {what}"));
        }
        long vector = layers.Where(l => l.Layer is null).Sum(l => l.Cycles);
        NestCycles[] all = [.. layers.Select(l => l.Layer?.Run.Cycles).OfType<NestCycles>()];
        Line("machine", $"{depth.ToString().ToLowerInvariant()}: {total} cycles, of which the vector unit {vector}");
        Share("compute", all.Sum(c => c.Compute));
        foreach (IGrouping<string, NestStall> cause in all.SelectMany(c => c.Stalls).GroupBy(s => s.Resource.ToString())
            .OrderByDescending(g => g.Sum(s => s.Cycles)).ThenBy(g => g.Key, StringComparer.Ordinal))
            Share(cause.Key, cause.Sum(s => s.Cycles));
        Share("drain", all.Sum(c => c.Drain));
        string bits = depth == NestDepth.Registers ? ", result bits by the kernels" : "";
        Line("estimate", $"equal to the estimate in {layers.Count(l => l.Layer is { Differences.IsEmpty: true })} of {all.Length} layers "
            + $"(cycles, every count{bits})");
        foreach (NestMachineLayer layer in layers)
            foreach (string difference in layer.Layer?.Differences ?? [])
                terminal.Error.WriteLine($"layer '{layer.Name}': {difference}");
    }

    /// <summary>The same as JSON.</summary>
    public static JsonObject Json(ImmutableArray<NestMachineLayer> layers, NestDepth depth) => new()
    {
        ["schema"] = "sim.machine/1",
        ["depth"] = depth.ToString().ToLowerInvariant(),
        ["cycles"] = layers.Sum(l => l.Cycles),
        ["equal"] = IsEqual(layers),
        ["layers"] = new JsonArray([.. layers.Select(l => new JsonObject
        {
            ["name"] = l.Name,
            ["begin"] = l.Begin,
            ["cycles"] = l.Cycles,
            ["unit"] = l.Layer is null ? "vector" : "array",
            ["uses"] = l.Layer?.Run.Cycles is not { } c ? null : new JsonObject([KeyValuePair.Create<string, JsonNode?>("compute", c.Compute),
                .. c.Stalls.Select(s => KeyValuePair.Create<string, JsonNode?>(s.Resource.ToString(), s.Cycles)),
                KeyValuePair.Create<string, JsonNode?>("drain", c.Drain)]),
            ["operands"] = l.Layer is null ? null : l.HasValues ? "first sample" : "random",
            ["differences"] = new JsonArray([.. (l.Layer?.Differences ?? []).Select(d => (JsonNode)d)]),
        })]),
    };

    /// <summary>Whether machine and estimate agree everywhere.</summary>
    public static bool IsEqual(ImmutableArray<NestMachineLayer> layers) => layers.All(l => l.Layer is null or { Differences.IsEmpty: true });
}
