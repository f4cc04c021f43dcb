using System.Globalization;
using Sim.Foundation.Text;
using Sim.Mapper.Networks;
using Spectre.Console;

namespace Sim.Cli.Verbs;

/// <summary>A schedule as a table in the order of the network, and what it comes to.</summary>
internal static class ScheduleReport
{
    internal static void Print(NetworkSchedule schedule, double clockHertz, Terminal terminal)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("layer").AddColumn("type");
        foreach (string column in new[] { "start", "end", "DRAM", "tiles" }) table.AddColumn(new TableColumn(column).RightAligned());
        table.AddColumn("result").AddColumn("how");
        foreach (ScheduledItem item in schedule.Items)
            for (int l = item.Item.First; l <= item.Item.Last; l++)
            {
                ScheduleLayer layer = schedule.Layers[l];
                (int first, int last) = (item.Item.First, item.Item.Last);
                string mark = first == last ? "" : l == first ? "┌ " : l == last ? "└ " : "│ ";
                string result = Result(schedule, item, layer);
                if (l > item.Item.First)
                    table.AddRow(mark + Markup.Escape(layer.Name), Markup.Escape(layer.OpType), "", "", "", "", result, "");
                else
                    table.AddRow(mark + Markup.Escape(layer.Name), Markup.Escape(layer.OpType), Si(item.Time.Start), Si(item.Time.End),
                        Bytes(item.Item.Choice.ReadBits + item.Item.Choice.WriteBits + item.LoadedBits), Bytes(item.Item.Choice.RoomBits),
                        result, How(item));
            }
        terminal.OutConsole.Write(table);
        void Line(string what, string value) => terminal.Out.WriteLine($"{what,-12} {value}");
        Line("design", $"{schedule.Architecture}: {Bytes(schedule.RoomBits)} in '{schedule.Memory}' for tiles and tensors that stay");
        Line("costs", schedule.Basis);
        Line("stays", FormattableString.Invariant($"{schedule.Staying.Length} tensors, ") + Bytes(schedule.Staying.Sum(t => t.Bits))
            + $" together, at most {Bytes(schedule.Items.Max(i => i.StayingBits))} at once beside tiles");
        Line("DRAM", $"{Bytes(schedule.DramBits)}; nothing kept {Bytes(schedule.DramBitsAlone)}; every weight, input and result once "
            + Bytes(schedule.CompulsoryBits));
        ScheduleTimeline time = schedule.Timeline;
        Line("latency", $"{Si(time.Cycles)} cycles, {Si(time.Cycles / clockHertz)}s; one item after the other "
            + $"{Si(schedule.SequentialCycles)} cycles; busy: array {Percent(time.ArrayCycles, time)}, vector unit "
            + $"{Percent(time.VectorCycles, time)}, DRAM {Percent(time.DramCycles, time)}");
        Line("energy", $"{Si(schedule.Picojoules * 1e-12)}J without leakage");
        Line("certificate", Certificate(schedule));
        if (schedule.Cores is { } cores)
        {
            Line("cores", FormattableString.Invariant($"{cores.Cores}: whole runs on each, at best one every ")
                + $"{Si(cores.Samples.Cycles)}cycles ({Bound(cores.Samples)}), latency {Si(cores.SampleLatency)}");
            Line("", FormattableString.Invariant($"as a pipeline of {cores.Stages.Length} stages, at best one every ")
                + $"{Si(cores.Pipeline.Cycles)}cycles ({Bound(cores.Pipeline)}), latency {Si(cores.PipelineLatency)}");
            foreach (PipelineStage stage in cores.Stages)
                Line("", $"{schedule.Layers[stage.First].Name} to {schedule.Layers[stage.Last].Name}: {Si(stage.Cycles)} cycles");
        }
    }

    private static string Bound(CoreInterval interval) => interval.Bound switch
    {
        CoreBound.Dram => "the cores share the DRAM's bus, which binds",
        CoreBound.Vector => "the cores share the vector unit, which binds",
        _ => "the cores bind",
    };

    private static string How(ScheduledItem item) => item switch
    {
        { Fusion: { } f } => FormattableString.Invariant($"{f.Tiles} tiles of {f.TileRows} rows, ")
            + $"halo {(f.KeepsHalo ? "kept" : "recomputed")}, weights {(f.KeepsWeights ? "kept" : "reloaded")}"
            + (f.ExtraMacs > 0 ? $", {Si(f.ExtraMacs)} MACs more" : ""),
        { Tiling: { } t } => FormattableString.Invariant($"rows {t.Rows}, filters {t.Filters}, channels {t.Channels}")
            + (t.Order.IsEmpty ? "" : $"; loops {string.Join(" ", t.Order.Select(o => o.ToString().ToLowerInvariant()))}"),
        _ => "",
    };

    private static string Result(NetworkSchedule schedule, ScheduledItem item, ScheduleLayer layer)
    {
        if (layer.Outputs.IsEmpty) return "DRAM";
        int output = layer.Outputs[0];
        return item.Item.OnChip.Contains(output) ? "stays" : schedule.IsInside(output) ? "inside" : "DRAM";
    }

    private static string Certificate(NetworkSchedule schedule)
    {
        BestSchedule best = schedule.Best;
        string states = FormattableString.Invariant($"{best.States} sets of tensors on chip considered");
        string objective = schedule.Objective.ToString().ToLowerInvariant();
        return schedule.Gap == 0 ? $"no schedule of the space has a smaller {objective}: {states}"
            : string.Create(CultureInfo.InvariantCulture, $"{objective} at most {100 * schedule.Gap:G3} % above the best: {states}, ")
                + FormattableString.Invariant($"{best.Dropped} dropped");
    }

    private static string Percent(long cycles, ScheduleTimeline time) =>
        time.Cycles == 0 ? "0 %" : string.Create(CultureInfo.InvariantCulture, $"{100.0 * cycles / time.Cycles:0.#} %");

    private static string Bytes(long bits) => Si((bits + 7) / 8) + "B";

    private static string Si(double value) => SiNumber.Of(value);
}
