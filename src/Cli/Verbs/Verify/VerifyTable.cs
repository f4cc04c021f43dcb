using System.Collections.Immutable;
using Sim.Verification.Records;
using Sim.Verification.Verdicts;
using Spectre.Console;

namespace Sim.Cli.Verbs.Verify;

/// <summary>A <see cref="VerifyRecord"/> as a table: a line a register, what is not judged, and the answer about the network. Nothing is
/// proved here.</summary>
internal static class VerifyTable
{
    internal static void Print(VerifyRecord record, Terminal terminal)
    {
        bool observed = record.Registers.Any(r => r.Observed is not null);
        string[] inner = record.HasInner && record.Accumulator is null ? ["inner P"] : [];
        bool least = record.Accumulator is null;
        string[] numbers = least ? ["channels", "K", "data type", "A2Q", "P", .. inner, "least channel", "lo", "hi", .. observed
            ? (string[])["data lo", "data hi", "data P"] : []]
            : ["channels", "K", "proved", "refuted", "unknown", .. observed ? (string[])["sums on data", "persistent", "transient"] : []];
        string[] words = least ? ["one bit less", "proved by"] : ["proved by"];
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("layer").AddColumn("type");
        foreach (string column in numbers) table.AddColumn(new TableColumn(column).RightAligned());
        foreach (string column in words) table.AddColumn(column);
        foreach (RegisterRecord r in record.Registers)
            table.AddRow([Markup.Escape(r.Name), r.Operator, $"{r.Rows}", $"{r.K}", .. record.Accumulator is { } bits
                ? Verdicts(r, bits, observed) : Widths(record, r, observed)]);
        terminal.OutConsole.Write(table);
        foreach (RegisterRecord r in record.Registers)
        {
            int channel = r.Channels.ToList().FindIndex(c => c.Verdict is not Proved);
            if (channel >= 0) terminal.Out.WriteLine($"{r.Name}, channel {channel}: {Text(r.Channels[channel].Verdict)}");
        }
        foreach (Workloads.Integers.UnjudgedNode node in record.NotJudged) terminal.Out.WriteLine($"not judged: {node}");
        terminal.Out.WriteLine(Answer(record));
    }

    /// <summary>The answer in one line.</summary>
    private static string Answer(VerifyRecord record)
    {
        string open = record.AreAllJudged ? "" : $"{record.Scope}: not all registers judged ({record.NotJudged.Length} nodes are not)";
        if (record.Accumulator is not { } bits)
        {
            RegisterRecord widest = record.Widest;
            return record.AreAllJudged ? $"{record.Scope}: {widest.Widest()} bits hold every partial sum ({record.Claims})"
                : $"{open}; {widest.Widest()} bits hold the partial sums of the {record.Registers.Length} that are ({record.Claims})";
        }
        string claim = $"{bits} bits ({record.Claims.Order}, {record.Claims.Overflow}, bias {record.Claims.Bias}, zero points {record.Claims.ZeroPoints})";
        if (!record.IsProved) return $"not proved: {record.Registers.Sum(r => r.Count<Refuted>())} channels refuted, {record.Registers.Sum(r => r.Count<Unknown>())} unknown{(open.Length == 0 ? "" : "; " + open)}";
        return record.AreAllJudged ? $"proved: no sum leaves its register of {claim}"
            : $"not proved: {open}; no sum of the {record.Registers.Length} that are leaves its register of {claim}";
    }

    private static IEnumerable<string> Widths(VerifyRecord record, RegisterRecord r, bool observed)
    {
        yield return r.DataTypeWidth?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "-";
        yield return r.NormWidth?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "-";
        yield return $"{r.Widest()}";
        if (record.HasInner) yield return $"{r.Widest(1)}";
        yield return $"{r.Channels.Min(c => c.Widths[0])}";
        yield return $"{r.Channels.Min(c => c.Verdict.Bounds[0].Low)}";
        yield return $"{r.Channels.Max(c => c.Verdict.Bounds[0].High)}";
        if (observed)
            foreach (string cell in r.Observed?.PartialRange is { } range ? (string[])[$"{range.Low}", $"{range.High}", $"{range.Width}"]
                : ["-", "-", "-"]) yield return cell;
        int refuted = r.Channels.Count(c => c.IsTight), all = r.Channels.Length;
        yield return refuted == all ? "refuted" : $"refuted {refuted} of {all}, unknown {all - refuted}";
        yield return Provers(r);
    }

    private static IEnumerable<string> Verdicts(RegisterRecord r, int bits, bool observed)
    {
        foreach (string cell in (string[])[$"{r.Count<Proved>()}", $"{r.Count<Refuted>()}", $"{r.Count<Unknown>()}"]) yield return cell;
        if (observed)
            foreach (string cell in r.Observed is { } seen
                ? (string[])[$"{seen.Sums}", $"{seen.Persistent(bits)}", $"{seen.Transient(bits)}"] : ["-", "-", "-"]) yield return cell;
        yield return Provers(r);
    }

    private static string Provers(RegisterRecord r) => string.Join(", ", r.Channels.Select(c => c.Verdict).OfType<Proved>()
        .Select(p => p.Answers is var (solver, second) ? $"{p.Prover} ({solver}{(second is null ? " alone" : $" and {second}")})"
            : p.Prover).Distinct());

    private static string Text(Verdict verdict) => verdict switch
    {
        Refuted { Witness: var w } => w.Node.Until == w.Node.From ? $"refuted: the register starts with {w.Value}"
            : $"refuted: products {w.Node.From} to {w.Node.Until - 1} sum to {w.Value} (the inputs are in the JSON answer)",
        Unknown u => $"unknown: {u.Reason}",
        _ => "proved",
    };
}
