using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sim.Simulator.Execution;
using Sim.Verification;
using Sim.Verification.Repair;
using Sim.Verification.Verdicts;
using Spectre.Console;

namespace Sim.Cli.Verbs.Repair;

/// <summary>What a repair changed, whether the written network is proved, and what it costs in accuracy.</summary>
internal sealed record RepairReport(RepairRequest Request, RepairedNetwork Repaired, ImmutableArray<LayerVerdict> Verdicts,
    AccuracyResult? Before, AccuracyResult? After)
{
    private bool IsProved => Verdicts.All(v => v.IsProved);

    internal void Print(Terminal terminal)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("layer").AddColumn("type");
        foreach (string column in (string[])["channels", "K", "changed", "zeros", "scale ×", Before is null ? "distance" : "error (rms)",
            "proved"]) table.AddColumn(new TableColumn(column).RightAligned());
        foreach ((RepairedLayer layer, LayerVerdict verdict) in Repaired.Layers.Zip(Verdicts))
        {
            table.AddRow(Markup.Escape(layer.Layer.Name), layer.Layer.Operator, $"{layer.Layer.Rows}", $"{layer.Layer.K}",
                $"{layer.Changed}", Zeros(layer).ToString("P1", CultureInfo.InvariantCulture),
                Factors(layer), Error(layer).ToString("G4", CultureInfo.InvariantCulture), $"{verdict.Channels.Count(c => c is Proved)}");
        }
        terminal.OutConsole.Write(table);
        if (Before is not null && After is not null)
        {
            terminal.Out.WriteLine(Line("before", Before));
            terminal.Out.WriteLine(Line("after", After));
        }
        if (IsProved) terminal.Out.WriteLine($"wrote {Request.Out}: proved, no sum leaves its register of {Request.Accumulator} bits ({Request.Order}, bias {Request.Bias}, method {Request.Method})");
        else
        {
            foreach (LayerVerdict layer in Verdicts.Where(v => !v.IsProved))
                terminal.Error.WriteLine($"not proved: layer '{layer.Layer.Name}', {layer.Channels.Count(c => c is not Proved)} of {layer.Channels.Length} channels; nothing was written");
        }
    }

    internal string Json()
    {
        var layers = new JsonArray();
        foreach ((RepairedLayer layer, LayerVerdict verdict) in Repaired.Layers.Zip(Verdicts))
        {
            layers.Add(new JsonObject
            {
                ["layer"] = layer.Layer.Name, ["type"] = layer.Layer.Operator, ["channels"] = layer.Layer.Rows, ["k"] = layer.Layer.K,
                    ["changed"] = layer.Changed, ["zeros"] = Zeros(layer),
                ["error_rms"] = Error(layer), ["scale_factor_max"] = layer.Rows.Max(r => r.Factor),
                    ["proved"] = verdict.Channels.Count(c => c is Proved),
            });
        }
        return new JsonObject
        {
            ["model"] = Request.Model, ["out"] = IsProved ? Request.Out : null, ["method"] = Request.Method,
                ["accumulator"] = Request.Accumulator, ["inner"] = Request.Inner, ["order"] = Request.Order,
            ["bias"] = Request.Bias, ["scales"] = Request.Scales, ["proved"] = IsProved, ["before"] = Totals(Before),
                ["after"] = Totals(After), ["layers"] = layers,
        }.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
    }

    private static JsonObject? Totals(AccuracyResult? result) => result is null ? null
        : new() { ["samples"] = result.Totals.Samples, ["top1"] = result.Totals.Top1,
            ["agreement_with_float"] = result.Totals.AgreementWithFloat };

    private string Line(string when, AccuracyResult result) => string.Create(CultureInfo.InvariantCulture,
        $"{when,-6} {(result.Totals.Top1 is { } top ? $"accuracy {top:P2}" : $"outputs agree with the network in float32 on {result.Totals.AgreementWithFloat:P2}")} of {result.Totals.Samples} samples in wrapping registers of {Request.Accumulator} bits");

    private static double Zeros(RepairedLayer layer) =>
        layer.Rows.Sum(r => (double)r.Weights.Count(w => w == 0)) / ((double)layer.Layer.Rows * layer.Layer.K);

    // Of a row, in units of the products before.
    private static double Error(RepairedLayer layer) => Math.Sqrt(layer.Rows.Average(r => r.Error));

    private static string Factors(RepairedLayer layer)
    {
        double low = layer.Rows.Min(r => r.Factor), high = layer.Rows.Max(r => r.Factor);
        return string.Create(CultureInfo.InvariantCulture, $"{(low == high ? "" : $"{low:G3}–")}{high:G3}");
    }
}
