using System.Text.Json.Nodes;

namespace Sim.Mapper.Networks;

/// <summary>A schedule as the document `sim.schedule/1`.</summary>
public static class ScheduleJson
{
    /// <summary>Schema name and version.</summary>
    public const string Schema = "sim.schedule/1";

    /// <summary>The document.</summary>
    public static JsonObject Write(NetworkSchedule schedule, double clockHertz)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        BestSchedule best = schedule.Best;
        return new JsonObject
        {
            ["schema"] = Schema,
            ["architecture"] = schedule.Architecture,
            ["workload"] = schedule.Workload,
            ["objective"] = schedule.Objective.ToString().ToLowerInvariant(),
            ["fuse"] = schedule.Fused,
            ["memory"] = schedule.Memory,
            ["room_bytes"] = Bytes(schedule.RoomBits),
            ["costs"] = schedule.Basis,
            ["layers"] = new JsonArray([.. Layers(schedule)]),
            ["items"] = new JsonArray([.. schedule.Items.Select(i => (JsonNode)Item(schedule, i))]),
            ["stays"] = new JsonArray([.. schedule.Staying.Select(t => (JsonNode)new JsonObject
                { ["tensor"] = t.Name, ["bytes"] = Bytes(t.Bits), ["from"] = t.From, ["to"] = t.To })]),
            ["dram_bytes_alone"] = Bytes(schedule.DramBitsAlone),
            ["dram_bytes"] = Bytes(schedule.DramBits),
            ["dram_bytes_least"] = Bytes(schedule.CompulsoryBits),
            ["picojoules"] = schedule.Picojoules,
            ["cycles_one_after_the_other"] = schedule.SequentialCycles,
            ["cycles"] = schedule.Timeline.Cycles,
            ["cycles_least"] = schedule.Timeline.Bound,
            ["seconds"] = schedule.Timeline.Cycles / clockHertz,
            ["busy"] = new JsonObject
            {
                ["array"] = schedule.Timeline.ArrayCycles,
                ["vector"] = schedule.Timeline.VectorCycles,
                ["dram"] = schedule.Timeline.DramCycles,
            },
            ["certificate"] = new JsonObject
            {
                ["value"] = best.Value, ["bound"] = best.Bound, ["gap"] = double.IsFinite(schedule.Gap) ? schedule.Gap : null,
                ["states"] = best.States, ["states_dropped"] = best.Dropped,
            },
            ["cores"] = schedule.Cores is not { } cores ? null : Cores(schedule, cores),
        };
    }

    private static IEnumerable<JsonNode> Layers(NetworkSchedule schedule)
    {
        for (int i = 0; i < schedule.Items.Length; i++)
            for (int l = schedule.Items[i].Item.First; l <= schedule.Items[i].Item.Last; l++)
                yield return new JsonObject
                {
                    ["name"] = schedule.Layers[l].Name, ["type"] = schedule.Layers[l].OpType, ["item"] = i,
                    ["cycles"] = schedule.Layers[l].Cost.Cycles, ["start"] = schedule.Items[i].Time.Start,
                    ["end"] = schedule.Items[i].Time.End,
                };
    }

    private static JsonObject Item(NetworkSchedule schedule, ScheduledItem scheduled)
    {
        (ScheduleItem item, ItemTime time) = (scheduled.Item, scheduled.Time);
        return new JsonObject
        {
            ["first"] = schedule.Layers[item.First].Name,
            ["last"] = schedule.Layers[item.Last].Name,
            ["start"] = time.Start,
            ["end"] = time.End,
            ["dram_start"] = time.DramStart,
            ["dram_end"] = time.DramEnd,
            ["array_cycles"] = item.Choice.ArrayCycles,
            ["vector_cycles"] = item.Choice.VectorCycles,
            ["picojoules"] = item.Picojoules,
            ["read_bytes"] = Bytes(item.Choice.ReadBits),
            ["write_bytes"] = Bytes(item.Choice.WriteBits),
            ["tile_bytes"] = Bytes(item.Choice.RoomBits),
            ["on_chip"] = Names(schedule, item.OnChip),
            ["loaded"] = Names(schedule, item.Loaded),
            ["tile"] = scheduled.Tiling is not { } t ? null : new JsonObject
            {
                ["samples"] = t.Samples, ["rows"] = t.Rows, ["filters"] = t.Filters, ["channels"] = t.Channels,
                ["loops"] = new JsonArray([.. t.Order.Select(o => (JsonNode)o.ToString().ToLowerInvariant())]),
            },
            ["fusion"] = scheduled.Fusion is not { } f ? null : new JsonObject
            {
                ["rows"] = f.TileRows, ["tiles"] = f.Tiles, ["halo"] = f.KeepsHalo ? "kept" : "recomputed",
                ["weights"] = f.KeepsWeights ? "kept" : "reloaded", ["extra_macs"] = f.ExtraMacs,
            },
        };
    }

    private static JsonObject Cores(NetworkSchedule schedule, CorePlan plan) => new()
    {
        ["count"] = plan.Cores,
        ["runs_spread"] = new JsonObject
        {
            ["interval_cycles"] = plan.Samples.Cycles, ["bound"] = Name(plan.Samples.Bound), ["latency_cycles"] = plan.SampleLatency,
        },
        ["pipeline"] = new JsonObject
        {
            ["interval_cycles"] = plan.Pipeline.Cycles,
            ["bound"] = Name(plan.Pipeline.Bound),
            ["latency_cycles"] = plan.PipelineLatency,
            ["stages"] = new JsonArray([.. plan.Stages.Select(s => (JsonNode)new JsonObject
                { ["first"] = schedule.Layers[s.First].Name, ["last"] = schedule.Layers[s.Last].Name, ["cycles"] = s.Cycles })]),
        },
        ["better"] = plan.PipelineIsFaster ? "pipeline" : "runs_spread",
    };

    private static string Name(CoreBound bound) => bound.ToString().ToLowerInvariant();

    private static JsonArray Names(NetworkSchedule schedule, IEnumerable<int> tensors) =>
        new([.. tensors.Select(t => (JsonNode)schedule.Tensors[t].Name)]);

    private static long Bytes(long bits) => (bits + 7) / 8;
}
