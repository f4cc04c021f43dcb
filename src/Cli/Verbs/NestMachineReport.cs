using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Mapper.Timing;
using Sim.Simulator;
using Sim.Simulator.Accelerators;
using Sim.Simulator.Cycles;
using Sim.Simulator.Nests;
using Sim.Simulator.Traces;
using Spectre.Console;

namespace Sim.Cli.Verbs;

/// <summary>`sim run --machine` on a hierarchy: the network through the machine for nests, beside the estimate.</summary>
internal static class NestMachineReport
{
    private sealed class Observers(NestTrace? trace, NestWaveform? waveform) : INestNetworkObserver
    {
        public INestObserver? Watch(string layer, LoopNest nest, long begin)
        {
            (INestObserver? one, INestObserver? two) = (trace?.Watch(layer, nest, begin), waveform?.Watch(layer, nest, begin));
            return one is null || two is null ? one ?? two : new Both(one, two);
        }

        public void Done(NestMachineLayer layer) => trace?.Done(layer);
    }

    // The second one watches registers too.
    private sealed class Both(INestObserver one, INestObserver two) : INestObserver
    {
        public INestRegisters? Registers => two.Registers;

        public void Begin(IReadOnlyList<TimingResource> resources)
        {
            one.Begin(resources);
            two.Begin(resources);
        }

        public void Use(int resource, long begin, long end, Operand? operand)
        {
            one.Use(resource, begin, end, operand);
            two.Use(resource, begin, end, operand);
        }

        public void Products(ReadOnlySpan<long> index, long begin, long end)
        {
            one.Products(index, begin, end);
            two.Products(index, begin, end);
        }

        public void Wait(int resource, long begin, long end)
        {
            one.Wait(resource, begin, end);
            two.Wait(resource, begin, end);
        }

        public void OutputsLeave()
        {
            one.OutputsLeave();
            two.OutputsLeave();
        }
    }

    /// <summary>Runs the network and writes the files that were asked for.</summary>
    public static ImmutableArray<NestMachineLayer> Run(Evaluator evaluator, DesignInputs design, MachineOptions options, RunRecord record,
        Terminal terminal)
    {
        MachineReport.CheckLayer(options, record);
        HierarchicalArchitecture architecture = ((HierarchyAccelerator)design.Accelerator).Architecture;
        NestTrace? trace = options.Trace is null ? null : new NestTrace(architecture);
        NestWaveform? waveform = options.VcdLayer is null ? null : new NestWaveform(architecture, options.VcdLayer);
        NestDepth depth = options.Depth == MachineDepth.Tiles ? NestDepth.Tiles : NestDepth.Registers;
        ImmutableArray<NestMachineLayer> layers = evaluator.RunNests(design, depth,
            trace is null && waveform is null ? null : new Observers(trace, waveform), terminal.Cancellation);
        if (trace is not null)
        {
            MachineReport.Write(options.Trace!, trace.Write());
            if (trace.LeftOut is { } layer)
                terminal.Error.WriteLine($"note: '{options.Trace}' ends before layer '{layer}': a trace holds at most "
                    + $"{NestTrace.MostSlices} slices");
        }
        if (waveform is null) return layers;
        MachineReport.Write(options.VcdFile!, waveform.Write());
        if (waveform.IsCut)
            terminal.Error.WriteLine(
                $"note: '{options.VcdFile}' holds the first {NestWaveform.MostCycles} cycles of layer '{options.VcdLayer}'");
        if (!waveform.WantsSums)
            terminal.Error.WriteLine($"note: '{options.VcdFile}' has no sums: a register of datapath '{architecture.Datapath.Name}' "
                + "has no number before it is read");
        return layers;
    }

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
            ["uses"] = l.Layer?.Run.Cycles is not { } c ? null : new JsonObject(
                [KeyValuePair.Create<string, JsonNode?>("compute", c.Compute),
                .. c.Stalls.Select(s => KeyValuePair.Create<string, JsonNode?>(s.Resource.ToString(), s.Cycles)),
                KeyValuePair.Create<string, JsonNode?>("drain", c.Drain)]),
            ["operands"] = l.Layer is null ? null : l.HasValues ? "first sample" : "random",
            ["differences"] = new JsonArray([.. (l.Layer?.Differences ?? []).Select(d => (JsonNode)d)]),
        })]),
    };

    /// <summary>Whether machine and estimate agree everywhere.</summary>
    public static bool IsEqual(ImmutableArray<NestMachineLayer> layers) =>
        layers.All(l => l.Layer is null or { Differences.IsEmpty: true });
}
