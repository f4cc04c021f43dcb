using System.Collections.Immutable;
using Sim.Verification;
using Sim.Verification.Observation;
using Sim.Verification.Provers;
using Sim.Verification.Verdicts;
using Sim.Workloads.Integers;
using Spectre.Console;

namespace Sim.Cli.Verbs.Verify;

/// <summary>Minimal widths as a table: what each bound needs, what is proved, what data reached.</summary>
internal static class WidthTable
{
    internal static void Print(VerifyRequest request, VerifyOptions claims, ImmutableArray<LayerWidth> widths, ImmutableArray<ObservedLayer> observed, Terminal terminal)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("layer").AddColumn("type");
        string[] numbers = ["channels", "K", "data type", "A2Q", "P", .. claims.Order.Registers > 1 ? ["inner P"] : Array.Empty<string>(), "least channel", "lo", "hi"];
        foreach (string column in numbers) table.AddColumn(new TableColumn(column).RightAligned());
        if (!observed.IsEmpty) foreach (string column in (string[])["data lo", "data hi", "data P"]) table.AddColumn(new TableColumn(column).RightAligned());
        table.AddColumn("one bit less").AddColumn("proved by");
        foreach (LayerWidth width in widths)
        {
            List<string> row =
            [
                Markup.Escape(width.Layer.Name), width.Layer.Operator, $"{width.Layer.Rows}", $"{width.Layer.K}", Alone(width, claims, new DataTypeBound()), Alone(width, claims, new WeightNormBound()),
                $"{width.Widest()}", .. claims.Order.Registers > 1 ? [$"{width.Widest(1)}"] : Array.Empty<string>(), $"{width.Channels.Min(c => c.Widths[0])}",
                $"{width.Channels.Min(c => c.Bounds[0].Low)}", $"{width.Channels.Max(c => c.Bounds[0].High)}",
            ];
            if (!observed.IsEmpty)
                row.AddRange(observed.FirstOrDefault(o => o.Name == width.Layer.Name)?.PartialRange is { } r ? [$"{r.Low}", $"{r.High}", $"{Math.Max(2, r.Width)}"] : ["-", "-", "-"]);
            row.Add(Below(width));
            row.Add(string.Join(", ", width.Channels.Select(c => c.Prover).Distinct()));
            table.AddRow([.. row]);
        }
        terminal.OutConsole.Write(table);
        terminal.Out.WriteLine($"network: {widths.Max(w => w.Widest())} bits hold every partial sum ({claims.Order}, bias {request.Bias}, zero points {request.ZeroPoints})");
    }

    private static string Alone(LayerWidth width, VerifyOptions claims, IProver prover) =>
        prover.Refuses(claims.Claim(width.Layer, 0, claims.Widths(64))) is not null ? "-" : $"{Verifier.Minimal(width.Layer, claims with { Provers = [prover] }, tight: false).Widest()}";

    private static string Below(LayerWidth width)
    {
        int refuted = width.Channels.Count(c => c.IsTight), all = width.Channels.Length;
        return refuted == all ? "refuted" : $"refuted {refuted} of {all}, unknown {all - refuted}";
    }
}
