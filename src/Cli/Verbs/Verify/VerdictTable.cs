using System.Collections.Immutable;
using Sim.Verification;
using Sim.Verification.Observation;
using Sim.Verification.Verdicts;
using Sim.Workloads.Integers;
using Spectre.Console;

namespace Sim.Cli.Verbs.Verify;

/// <summary>Verdicts as a table, a line a layer, and one line about each layer's worst channel.</summary>
internal static class VerdictTable
{
    internal static void Print(VerifyRequest request, VerifyOptions claims, ImmutableArray<LayerVerdict> verdicts, ImmutableArray<ObservedLayer> observed, Terminal terminal)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("layer").AddColumn("type");
        string[] numbers = ["channels", "K", "proved", "refuted", "unknown", .. observed.IsEmpty ? Array.Empty<string>() : ["sums on data", "persistent", "transient"]];
        foreach (string column in numbers) table.AddColumn(new TableColumn(column).RightAligned());
        table.AddColumn("proved by");
        foreach (LayerVerdict layer in verdicts)
        {
            List<string> row = [Markup.Escape(layer.Layer.Name), layer.Layer.Operator, $"{layer.Layer.Rows}", $"{layer.Layer.K}", $"{Count<Proved>(layer)}", $"{Count<Refuted>(layer)}", $"{Count<Unknown>(layer)}"];
            if (!observed.IsEmpty)
                row.AddRange(observed.FirstOrDefault(o => o.Name == layer.Layer.Name) is { } seen ? [$"{seen.Sums}", $"{seen.Persistent(request.Accumulator)}", $"{seen.Transient(request.Accumulator)}"] : ["-", "-", "-"]);
            row.Add(string.Join(", ", layer.Channels.OfType<Proved>().Select(p => p.Prover).Distinct()));
            table.AddRow([.. row]);
        }
        terminal.OutConsole.Write(table);
        foreach (LayerVerdict layer in verdicts)
        {
            int channel = layer.Channels.ToList().FindIndex(v => v is not Proved);
            if (channel >= 0) terminal.Out.WriteLine($"{layer.Layer.Name}, channel {channel}: {Text(layer.Channels[channel])}");
        }
        terminal.Out.WriteLine(verdicts.All(v => v.IsProved)
            ? $"proved: no sum leaves its register of {request.Accumulator} bits ({claims.Order}, {request.Overflow}, bias {request.Bias}, zero points {request.ZeroPoints})"
            : $"not proved: {verdicts.Sum(Count<Refuted>)} channels refuted, {verdicts.Sum(Count<Unknown>)} unknown");
    }

    private static int Count<T>(LayerVerdict layer) => layer.Channels.Count(v => v is T);

    private static string Text(Verdict verdict) => verdict switch
    {
        Refuted r => $"refuted: products {r.Witness.Node.From} to {r.Witness.Node.Until - 1} sum to {r.Witness.Value} (the inputs are in the JSON answer)",
        Unknown u => $"unknown: {u.Reason}",
        _ => "proved",
    };
}
