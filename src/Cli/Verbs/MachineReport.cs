using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Sim.ArchModel;
using Sim.Foundation.Diagnostics;
using Sim.Mapper;
using Sim.Simulator;
using Sim.Simulator.Accelerators;
using Sim.Simulator.Cycles;
using Sim.Simulator.Traces;
using Spectre.Console;

namespace Sim.Cli.Verbs;

/// <summary>What `sim run --machine` is asked for.</summary>
internal sealed record MachineOptions(MachineDepth Depth, string? Trace, string? VcdLayer, string? VcdFile);

/// <summary>`sim run --machine`: the network through the cycle machine, beside the estimate.</summary>
internal static class MachineReport
{
    private sealed class Observers(params INetworkObserver[] all) : INetworkObserver
    {
        // The dump needs registers; whoever watches the tiles watches intervals.
        public IMachineObserver? Watch(Mapping mapping, long begin)
        {
            IMachineObserver[] watching = [.. all.Select(o => o.Watch(mapping, begin)).OfType<IMachineObserver>()];
            return watching.Length switch { 0 => null, 1 => watching[0], _ => new Both(watching) };
        }

        public void Done(MachineLayer layer)
        {
            foreach (INetworkObserver observer in all) observer.Done(layer);
        }
    }

    private sealed class Both(IMachineObserver[] all) : IMachineObserver
    {
        public void Restart() => Array.ForEach(all, o => o.Restart());

        public void Stream(int unit, int fold, long begin, long end) => Array.ForEach(all, o => o.Stream(unit, fold, begin, end));

        public void Load(int fold, long begin, long end) => Array.ForEach(all, o => o.Load(fold, begin, end));

        public void Transfer(Operands operand, bool toDram, long begin, long end) =>
            Array.ForEach(all, o => o.Transfer(operand, toDram, begin, end));

        public void Idle(CycleUse use, long begin, long end) => Array.ForEach(all, o => o.Idle(use, begin, end));

        public void Cycle(long cycle, Datapath.Kernels.Systolic.PeGrid grid) => Array.ForEach(all, o => o.Cycle(cycle, grid));
    }

    /// <summary>Runs the network and writes the files that were asked for.</summary>
    public static ImmutableArray<MachineLayer> Run(Evaluator evaluator, DesignInputs design, MachineOptions options, RunRecord record,
        Terminal terminal)
    {
        Architecture architecture = ((ArrayAccelerator)design.Accelerator).Loaded.Architecture;
        CheckLayer(options, record);
        MachineTrace? trace = options.Trace is null ? null : new MachineTrace(architecture);
        Waveform? waveform = options.VcdLayer is null ? null : new Waveform(architecture, options.VcdLayer);
        INetworkObserver[] watching = [.. new INetworkObserver?[] { trace, waveform }.OfType<INetworkObserver>()];
        ImmutableArray<MachineLayer> layers = evaluator.RunMachine(design, options.Depth,
            watching.Length == 0 ? null : new Observers(watching), terminal.Cancellation);
        if (trace is not null) Write(options.Trace!, trace.Write());
        if (waveform is not null)
        {
            Write(options.VcdFile!, waveform.Write());
            if (waveform.Cycles == Waveform.MostCycles)
                terminal.Error.WriteLine(
                    $"note: '{options.VcdFile}' holds the first {Waveform.MostCycles} cycles of layer '{options.VcdLayer}'");
        }
        return layers;
    }

    /// <summary>Refuses a waveform of a layer that the array does not run.</summary>
    public static void CheckLayer(MachineOptions options, RunRecord record)
    {
        string[] names = [.. record.Layers.Where(l => l.Groups > 0).Select(l => l.Name)];
        if (options.VcdLayer is { } asked && !names.Contains(asked, StringComparer.Ordinal))
            throw new InvalidInputException(new Location("--vcd"), "CLI002",
                $"the array has no layer '{asked}'{NearestName.Hint(asked, names)}; allowed are "
                + $"{string.Join(", ", names.Take(20))}{(names.Length > 20 ? ", ..." : "")}");
    }

    /// <summary>Tables for people.</summary>
    public static void Print(ImmutableArray<MachineLayer> layers, MachineOptions options, Terminal terminal)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("layer");
        foreach (string column in new[] { "cycles", "steps", "array", "waits" }) table.AddColumn(new TableColumn(column).RightAligned());
        table.AddColumn("most waits").AddColumn("operands").AddColumn("values by").AddColumn("estimate");
        foreach (MachineLayer layer in layers)
        {
            if (layer.Result is not { } result)
            {
                table.AddRow(Markup.Escape(layer.Name), $"{layer.Cycles}", "", "", "", "", "", "vector unit", "");
                continue;
            }
            long waits = Waits(result.Uses);
            CycleUse most = s_waits.MaxBy(u => result.Uses[u]);
            table.AddRow(Markup.Escape(layer.Name), $"{result.Cycles}", $"{result.Uses[CycleUse.Stream]}",
                $"{result.Cycles - result.Uses[CycleUse.Stream] - waits}", $"{waits}",
                waits == 0 ? "" : Markup.Escape(NameOf(result, most)),
                layer.HasValues ? "first sample" : "random", result.Arithmetic, layer.Differences.IsEmpty ? "equal" : "DIFFERS");
        }
        terminal.OutConsole.Write(table);
        MachineLayer[] matrix = [.. layers.Where(l => l.Result is not null)];
        long total = layers.Sum(l => l.Cycles);
        void Line(string what, string value) => terminal.Out.WriteLine($"{what,-12} {value}");
        terminal.OutConsole.WriteLine();
        long vector = layers.Where(l => l.Result is null).Sum(l => l.Cycles);
        Line("machine", $"{options.Depth.ToString().ToLowerInvariant()}: {total} cycles, of which the vector unit {vector}");
        foreach (CycleUse use in Enum.GetValues<CycleUse>())
        {
            foreach (IGrouping<string, MachineLayer> cause in matrix.GroupBy(l => NameOf(l.Result!, use)))
                if (cause.Sum(l => l.Result!.Uses[use]) is > 0 and var cycles)
                    Line("", string.Create(CultureInfo.InvariantCulture, $"{cycles,12}  {100.0 * cycles / total,5:F1} %  {cause.Key}"));
        }
        Line("estimate", Verdict(layers, options.Depth));
        foreach (MachineLayer layer in matrix)
            foreach (string difference in layer.Differences) terminal.Error.WriteLine($"layer '{layer.Name}': {difference}");
    }

    /// <summary>The same as JSON.</summary>
    public static JsonObject Json(ImmutableArray<MachineLayer> layers, MachineOptions options) => new()
    {
        ["schema"] = "sim.machine/1",
        ["depth"] = options.Depth.ToString().ToLowerInvariant(),
        ["cycles"] = layers.Sum(l => l.Cycles),
        ["equal"] = IsEqual(layers),
        ["layers"] = new JsonArray([.. layers.Select(l => new JsonObject
        {
            ["name"] = l.Name,
            ["begin"] = l.Begin,
            ["cycles"] = l.Cycles,
            ["unit"] = l.Result is null ? "vector" : "array",
            ["uses"] = l.Result is not { } r ? null : new JsonObject(Enum.GetValues<CycleUse>().Where(u => r.Uses[u] > 0)
                .Select(u => KeyValuePair.Create<string, JsonNode?>(NameOf(r, u), r.Uses[u]))),
            ["operands"] = l.Result is null ? null : l.HasValues ? "first sample" : "random",
            ["values_by"] = l.Result?.Arithmetic,
            ["differences"] = new JsonArray([.. l.Differences.Select(d => (JsonNode)d)]),
        })]),
    };

    /// <summary>Whether machine and estimate agree everywhere.</summary>
    public static bool IsEqual(ImmutableArray<MachineLayer> layers) => layers.All(l => l.Differences.IsEmpty);

    private static string Verdict(ImmutableArray<MachineLayer> layers, MachineDepth depth)
    {
        int all = layers.Count(l => l.Result is not null), equal = layers.Count(l => l.Result is not null && l.Differences.IsEmpty);
        string bits = depth == MachineDepth.Registers ? ", result bits by the kernels" : "";
        return $"equal to the estimate in {equal} of {all} layers (cycles, every count{bits})";
    }

    private static readonly ImmutableArray<CycleUse> s_waits = [CycleUse.Ports, .. CycleUses.Waits];

    private static long Waits(CycleUses uses) => s_waits.Sum(u => uses[u]);

    private static string NameOf(MachineResult result, CycleUse use) =>
        use == CycleUse.Ports && result.Port is { } port ? port : CycleUses.NameOf(use);

    /// <summary>Writes a file that was asked for.</summary>
    public static void Write(string file, string text)
    {
        string path = Path.GetFullPath(file);
        ResultFiles.Write(Path.GetDirectoryName(path)!, (Path.GetFileName(path), text));
    }
}
