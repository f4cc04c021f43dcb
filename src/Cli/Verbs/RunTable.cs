using System.Globalization;
using Sim.Reports;
using Sim.Simulator;
using Sim.Simulator.Accelerators;
using Spectre.Console;

namespace Sim.Cli.Verbs;

/// <summary>A run record as tables for people.</summary>
internal static class RunTable
{
    /// <summary>Dynamic energy of a layer, pJ.</summary>
    internal static double Energy(LayerRecord layer) => layer.Energy.Sum(e => e.Count * e.PerActionPicojoules);

    internal static void Print(RunRecord record, IAccelerator accelerator, Terminal terminal)
    {
        bool numerics = record.Accuracy is not null;
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("layer").AddColumn("type");
        DisplayUnit energy = DisplayUnit.Of("nJ", record.Layers.Select(l => Energy(l) / 1000)),
            bytes = DisplayUnit.Of("B", record.Layers.Select(l => (double)(l.DramBytes ?? 0)));
        string[] numbers = ["G·M×N×K", "cycles", "stalls", "bound", $"DRAM {bytes.Name}", "least", "busy %", $"energy {energy.Name}",
            .. numerics ? ["SQNR dB", "overflow", "NaN", "clipped"]
            : Array.Empty<string>()];
        foreach (string column in numbers) table.AddColumn(new TableColumn(column).RightAligned());
        if (numerics) table.AddColumn("kernel");
        foreach (LayerRecord l in record.Layers)
        {
            List<string> row =
            [
                Markup.Escape(l.Name), l.OpType, l.Groups == 0 ? "" : $"{(l.Groups > 1 ? $"{l.Groups}·" : "")}{l.M}×{l.N}×{l.K}",
                    $"{l.Cycles}", $"{l.StallCycles}", Markup.Escape(l.Bound ?? "-"),
                l.DramBytes is { } moved ? Number(moved / bytes.Factor, "0.##") : "-",
                l.CompulsoryBytes is { } least ? Number(least / bytes.Factor, "0.##") : "-",
                Number(100 * l.Utilization, "0.0"), Number(Energy(l) / 1000 / energy.Factor, "0.###"),
            ];
            if (numerics && l.Numerics is { } n) row.AddRange([n.SqnrDb is { } db ? Decibels(db) : "-", $"{n.OverflowedOutputs}",
                $"{n.NaNOutputs}", $"{n.SaturatedInputs}", n.Kernel]);
            else if (numerics) row.AddRange(["", "", "", "", ""]);
            table.AddRow([.. row]);
        }
        terminal.OutConsole.Write(table);
        void Line(string what, string value) => terminal.Out.WriteLine($"{what,-12} {value}");
        terminal.OutConsole.WriteLine();
        Line("design", $"{accelerator.Name}: {accelerator.Shape}, datapath {accelerator.Datapath.Name}, {Number(accelerator.ClockHertz / 1e6, "0.#")} MHz");
        if (record.Clock is { } clock)
            Line("clock", $"{Number(clock.PeriodNanoseconds, "0.###")} ns, longest path {Number(clock.CriticalNanoseconds, "0.###")} ns ({clock.CriticalPath}): slack {Number(clock.SlackNanoseconds, "0.###")} ns, at most {Number(clock.FmaxMegahertz, "0")} MHz{(clock.IsMet ? "" : "  ! MISSES ITS CLOCK")}");
        Line("area", $"{Number(record.AreaSquareMicrometres / 1e6, "0.####")} mm2 (no wires, clock tree, control)");
        string per = record.Work is { Samples: > 1 and var samples } ? $"a run of {samples} samples" : "a sample";
        Line("latency", $"{record.TotalCycles} cycles, {Show(record.LatencySeconds * 1e6, "us")} {per}");
        Line("stalls", Stalls(record));
        Line("DRAM", $"{Show(record.Layers.Sum(l => l.DramBytes ?? 0), "B")} {per}; every element once: "
            + Show(record.Layers.Sum(l => l.CompulsoryBytes ?? 0), "B"));
        Line("energy", $"{Show(record.EnergyPicojoules, "pJ")} {per} ({Show(record.DynamicEnergyPicojoules, "pJ")} dynamic, "
            + $"{Show(record.LeakageEnergyPicojoules, "pJ")} leakage)");
        if (record.Work is { TokensPerSecond: { } rate, PicojoulesPerToken: { } perToken } work)
            Line("tokens", $"{work.Tokens} a run: {Number(rate, "0.###")} token/s, {Show(perToken, "pJ")} a token");
        if (record.Layers.Sum(l => l.Numerics?.NaNInputs ?? 0) is > 0 and var broken) Line("NaN inputs",
            $"{broken} numbers were NaN before they were encoded");
        if (record.Accuracy is { } a)
        {
            if (a.Top1 is { } top) Line("accuracy",
                $"{Number(100 * top, "0.00")} % top-1 (reference {Number(100 * a.FloatTop1!.Value, "0.00")} %) on {a.Samples} samples");
            Line("agreement", $"{Number(100 * a.AgreementWithFloat, "0.00")} % of the predictions for {a.Samples} samples with the reference; output SQNR {(a.OutputSqnrDb is { } db ? Decibels(db) + (double.IsFinite(db) ? " dB" : "") : "not defined")}");
        }
        foreach (string warning in record.Warnings) terminal.Error.WriteLine($"warning {warning}");
    }

    // All layers' stalls by cause, the largest first.
    private static string Stalls(RunRecord record)
    {
        long cycles = record.Layers.Sum(l => l.StallCycles);
        IEnumerable<string> causes = record.Layers.SelectMany(l => l.Stalls).GroupBy(s => s.Cause)
            .Select(g => (Cause: g.Key, Cycles: g.Sum(s => s.Cycles))).Where(s => s.Cycles > 0).OrderByDescending(s => s.Cycles)
            .ThenBy(s => s.Cause, StringComparer.Ordinal).Select(s => $"{s.Cause} {s.Cycles}");
        return cycles == 0 ? "none" : $"{cycles} of these cycles: {string.Join(", ", causes)}";
    }

    private static string Decibels(double value) =>
        double.IsPositiveInfinity(value) ? "exact" : double.IsNegativeInfinity(value) ? "not finite" : Number(value, "0.0");

    private static string Show(double value, string unit)
    {
        DisplayUnit shown = DisplayUnit.Of(unit, [value]);
        return $"{Number(value / shown.Factor, "0.###")} {shown.Name}";
    }

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
