using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Sim.Foundation.Text;
using Sim.Mapper.Advice;
using Sim.Mapper.Answers;
using Sim.Mapper.Nests;
using Sim.Mapper.Search;
using Sim.Mapper.Timing;
using static Sim.Reports.Maps.SvgText;

namespace Sim.Reports.Maps;

/// <summary>Tables of the page of best mappings.</summary>
internal static class MapTables
{
    /// <summary>Every layer in network order.</summary>
    public static string Layers(MapAnswer answer)
    {
        var text = new StringBuilder(Head(["layer"], ["MACs", "energy", "cycles", "waits", "of the peak",
            E("bytes of " + answer.Target.Architecture.Hierarchy.Levels[0].Name), "least", "gap"],
            ["bound by"]));
        foreach ((MappedLayer l, int kind) in answer.Layers.Zip(answer.Kinds))
        {
            ImmutableArray<StoreTraffic> outer = [.. StoreTraffic.Of(l.Result, l.Problem).Where(s => s.Store.Level == 0)];
            double moved = outer.Sum(s => s.Bytes), least = outer.Sum(s => s.LeastBytes ?? 0);
            MapCertificate proof = l.Result.Certificate;
            text.Append("<tr>").Append($"<td><a href=\"#kind{kind}\">{E(l.Layer.Name)}</a></td>");
            foreach (string cell in new[] { SiNumber.Of(l.Layer.Macs).TrimEnd(), SiNumber.Of(l.Result.Cost.Picojoules * 1e-12) + "J",
                SiNumber.Of(l.Time.Total).TrimEnd(), SiNumber.Of(l.Time.Stalled).TrimEnd(),
                MapPage.Percent(l.Layer.Macs / (l.Time.Total * answer.Target.Peak)), SiNumber.Of(moved) + "B", SiNumber.Of(least) + "B" })
                text.Append(Number(cell));
            text.Append(proof.IsOptimal ? Number("proved") : $"<td class=\"n miss\">≤ {E(Gap(proof.Gap))}</td>");
            text.Append($"<td>{E(l.Result.Cost.Bound)}</td></tr>");
        }
        return text.Append("</tbody></table>").ToString();
    }

    /// <summary>One kind of layer: picture of its nest, traffic, proof.</summary>
    public static string Kind(MapAnswer answer, MappedLayer row, int times, int kind)
    {
        ImmutableArray<StoreTraffic> traffic = StoreTraffic.Of(row.Result, row.Problem);
        double clock = answer.Target.Architecture.ClockHertz;
        string others = times > 1 ? $" <small>and {times - 1} equal layer{(times > 2 ? "s" : "")}</small>" : "";
        var text = new StringBuilder($"<section class=\"card kind\" id=\"kind{kind}\"><h3>{E(row.Layer.Name)}{others}</h3><div>");
        text.Append(NestFigure.Of(row.Result.Nest, row.Problem.Hierarchy, traffic, answer.Target.Architecture.Compute.Name));
        text.Append("</div><div><p><b>")
            .Append(E($"{SiNumber.Of(row.Layer.Macs)}MAC, {SiNumber.Of(row.Result.Cost.Picojoules * 1e-12)}J, "))
            .Append(E($"{SiNumber.Of(row.Time.Total).TrimEnd()} cycles ({SiNumber.Of(row.Time.Total / clock)}s)"))
            .Append($"</b>, {E(MapPage.Percent(row.Layer.Macs / (row.Time.Total * answer.Target.Peak)))} of the peak, bound by ")
            .Append($"<b>{E(row.Result.Cost.Bound)}</b></p><p>").Append(E(Cycles(row))).Append("</p>");
        text.Append("<div class=\"scroll\">").Append(Head(["memory", "operand"], ["read", "written", "accesses", "bytes", "least"], []));
        foreach (StoreTraffic s in traffic)
            text.Append($"<tr><td>{E(s.Memory)}</td><td>{OperandNames.Of(s.Store.Operand)}</td>")
                .Append(Number(SiNumber.Of(s.Reads).TrimEnd())).Append(Number(SiNumber.Of(s.Writes).TrimEnd()))
                .Append(Number(SiNumber.Of(s.Accesses).TrimEnd())).Append(Number(SiNumber.Of(s.Bytes) + "B"))
                .Append(Number(s.LeastBytes is { } least ? SiNumber.Of(least) + "B" : "")).Append("</tr>");
        text.Append("</tbody></table></div><p class=\"hint\">").Append(E(Proof(row.Result.Certificate))).Append("</p>");
        if (row.Front is { } front) text.Append(Front(front, answer));
        if (row.Check is { } check)
            foreach ((string word, ImmutableArray<string> lines) in new[] { ("checked", check.Done), ("not checked", check.Skipped),
                ("WRONG", check.Wrong) })
                foreach (string line in lines) text.Append("<p>").Append(E($"{word}: {line}")).Append("</p>");
        if (answer.Advice is { Each: var each } && each[kind].Best(answer.Objective) is { } best)
            text.Append("<p>would help most: <b>").Append(E(best.Change.Text)).Append("</b>: ").Append(E(Gain(best, answer.Objective)))
                .Append("</p>");
        text.Append("<details><summary>As text</summary><pre>")
            .Append(E(string.Join('\n', NestText.Lines(row.Result.Nest, row.Problem.Hierarchy))))
            .Append("</pre></details></div></section>");
        return text.ToString();
    }

    private static string Front(MapFront front, MapAnswer answer)
    {
        var text = new StringBuilder("<details><summary>").Append(E($"{front.Points.Length} mappings that trade energy for cycles"))
            .Append(front.Whole ? "" : ", faster ones are missing").Append("</summary><div class=\"scroll bounded\">")
            .Append(Head([], ["energy", "least cycles", "cycles"], ["nest"]));
        foreach (MapResult point in front.Points)
            text.Append("<tr>").Append(Number(SiNumber.Of(point.Cost.Picojoules * 1e-12) + "J"))
                .Append(Number(SiNumber.Of(point.Cost.Cycles).TrimEnd()))
                .Append(Number(SiNumber.Of(ArchitectureTiming.Of(point.Nest, answer.Target.Architecture).Total).TrimEnd()))
                .Append($"<td>{E(string.Join("; ", NestText.Lines(point.Nest, answer.Target.Architecture.Hierarchy)))}</td></tr>");
        return text.Append("</tbody></table></div></details>").ToString();
    }

    /// <summary>Changes of the architecture, the best first.</summary>
    public static string Changes(ImmutableArray<AdviceRow> rows, MapObjective objective, double clock)
    {
        bool bounds = rows.Any(r => r.Bound is not null);
        var text = new StringBuilder("<div class=\"scroll\">").Append(Head(["change"],
            [objective.ToString().ToLowerInvariant(), "energy", "time", "area mm²"], bounds ? ["then bound by", "proof"] : ["proof"]));
        foreach (AdviceRow r in rows)
        {
            string area = r.AreaAfter is not { } after ? r.Change.Unpriced!
                : Invariant($"{r.AreaBefore / 1e6:0.####} → {(r.AreaIsLeast ? "≥ " : "")}{after / 1e6:0.####}");
            text.Append($"<tr><td>{E(r.Change.Text)}{(r.MissesClock ? " <span class=\"slow\">misses the clock</span>" : "")}</td>")
                .Append(Number(Gain(r, objective)))
                .Append(Number($"{SiNumber.Of(r.Before.Picojoules * 1e-12)}J → {SiNumber.Of(r.After.Picojoules * 1e-12)}J"))
                .Append(Number($"{SiNumber.Of(r.Before.Cycles / clock)}s → {SiNumber.Of(r.After.Cycles / clock)}s")).Append(Number(area))
                .Append(bounds ? $"<td>{E(r.Bound ?? "")}</td>" : "").Append($"<td>{(r.IsProved ? "proved" : "not proved")}</td></tr>");
        }
        return text.Append("</tbody></table></div>").ToString();
    }

    private static string Gain(AdviceRow row, MapObjective objective) => Invariant($"{row.Gain(objective):0.00} times better");

    private static string Gap(double gap) => gap < 1 ? Invariant($"{100 * gap:G2} %") : Invariant($"{gap + 1:G3} × bound");

    private static string Cycles(MappedLayer row)
    {
        IEnumerable<string> waits = row.Time.Stalls.OrderByDescending(s => s.Cycles)
            .Select(s => $", waits for {s.Resource} {SiNumber.Of(s.Cycles).TrimEnd()}");
        return $"cycles: compute {SiNumber.Of(row.Time.Compute).TrimEnd()}{string.Concat(waits)}"
            + (row.Time.Drain > 0 ? $", drain {SiNumber.Of(row.Time.Drain).TrimEnd()}" : "")
            + $"; at least {SiNumber.Of(row.Result.Cost.Cycles).TrimEnd()} by the busiest resource";
    }

    private static string Proof(MapCertificate c) => (c.IsOptimal ? "Best of " : Invariant($"Within {100 * c.Gap:G3} % of the bound on "))
        + Invariant($"{(double)c.Mapspace:G3} mappings; {(double)c.Candidates:G3} candidates, {c.Skeletons} parts looked into");

    private static string Head(string[] texts, string[] numbers, string[] last) => "<table><thead><tr>"
        + string.Concat(texts.Select(t => $"<th>{t}</th>")) + string.Concat(numbers.Select(t => $"<th class=\"n\">{t}</th>"))
        + string.Concat(last.Select(t => $"<th>{t}</th>")) + "</tr></thead><tbody>";

    private static string Number(string text) => $"<td class=\"n\">{E(text)}</td>";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
