using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sim.Exploration.Metrics;
using Sim.Exploration.Studies;
using Sim.Reports.Charts;
using Sim.Simulator;
using Sim.Simulator.Timing;

namespace Sim.Reports.Exporters;

/// <summary>
/// Writes what the page's code reads. Records repeat names and sources thousands of times, so texts are listed once in `strings` and named
/// by index, and rows are arrays; Web/model.js and Web/detail.js hold the other end.
/// </summary>
internal sealed class HtmlData
{
    private const int MostProblems = 200;

    // HTML ends a script at "</script" whatever the script's own grammar says, so '<' never appears in the data.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.Default };

    private readonly Dictionary<string, int> _strings = new(StringComparer.Ordinal);
    private readonly Utf8JsonWriter _json;

    private HtmlData(Utf8JsonWriter json) => _json = json;

    public static void Write(Report report, PageSample sample, Stream page)
    {
        using var json = new Utf8JsonWriter(page, Options);
        json.WriteStartObject();
        HtmlHeader.Write(report, sample, json, MostProblems);
        ImmutableArray<Metric> metrics = report.Metrics;
        var data = new HtmlData(json);
        json.WriteStartArray("points");
        foreach (JudgedPoint p in report.Analysis.Points.Where(p => sample.Rows.Contains(p.Point.Index)))
        {
            data.Point(p, report.Axes, metrics, sample.Detailed.Contains(p.Point.Index) ? report.Whole(p.Point).Record : null);
            json.Flush();
        }
        json.WriteEndArray();
        json.WriteStartArray("strings");
        foreach ((string text, int _) in data._strings.OrderBy(s => s.Value)) json.WriteStringValue(text);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void Point(JudgedPoint judged, ImmutableArray<string> axes, ImmutableArray<Metric> metrics, RunRecord? whole)
    {
        PointResult p = judged.Point;
        _json.WriteStartObject();
        _json.WriteNumber("i", p.Index);
        _json.WriteString("s", p.Status.ToString().ToLowerInvariant());
        _json.WriteString("r", p.Reason);
        _json.WriteNumber("f", judged.OnFront ? 1 : 0);
        Array("v", judged.Violations, v => _json.WriteStringValue(v));
        Array("p", axes, a => Text(p.Parameters.GetValueOrDefault(a, "")));
        Array("m", metrics, m => Number(p.Record is { } r ? m.Of(r) : null));
        Array("w", p.Record?.Warnings ?? [], Text);
        if (p.Record is { } record)
        {
            _json.WritePropertyName("n");
            Text(record.Network);
            if (record.MissesClock) _json.WriteNumber("c", 1);
        }
        if (whole is not null) Detail(whole);
        _json.WriteEndObject();
    }

    private void Detail(RunRecord r)
    {
        _json.WriteStartObject("d");
        _json.WriteString("key", r.DesignKey);
        Array("texts", new[] { r.ArchitectureJson, r.RecipeJson }, Text);
        Array("digests", r.InputDigests, d => Row(() =>
        {
            Text(d.Key);
            Text(d.Value);
        }));
        if (r.Accuracy is { } a)
        {
            _json.WriteStartObject("accuracy");
            _json.WriteNumber("samples", a.Samples);
            _json.WritePropertyName("float");
            Number(a.FloatTop1);
            _json.WriteEndObject();
        }
        Array("totals", new double?[] { r.DynamicEnergyPicojoules, r.LeakageEnergyPicojoules }, Number);
        Array("area", r.Area, i => Row(() =>
        {
            Text(i.Component);
            Text(i.Role);
            Number(i.Value);
            Text(i.Unit);
            Text(i.Source);
        }));
        Array("layers", r.Layers, l => Row(() => Layer(l)));
        _json.WriteEndObject();
    }

    private void Layer(LayerRecord l)
    {
        Text(l.Name);
        Text(l.OpType);
        foreach (long n in new long[] { l.Groups, l.M, l.N, l.K, l.ComputeCycles, l.StallCycles }) _json.WriteNumberValue(n);
        Number(l.Utilization);
        _json.WriteStartArray();
        foreach (ActionEnergy e in l.Energy)
            Row(() =>
            {
                Text(e.Component);
                Text(e.Action);
                _json.WriteNumberValue(e.Count);
                Number(e.PerActionPicojoules);
                Text(e.Source);
            });
        _json.WriteEndArray();
        Numerics(l.Numerics);
        Time(l);
    }

    // What bounds a layer, what it waits for, what it moves; unknown in records of before these were kept.
    private void Time(LayerRecord l)
    {
        if (l.Bound is { } bound) Text(bound);
        else _json.WriteNullValue();
        _json.WriteStartArray();
        foreach (Stall stall in l.Stalls)
            Row(() =>
            {
                Text(stall.Cause);
                _json.WriteNumberValue(stall.Cycles);
            });
        _json.WriteEndArray();
        _json.WriteStartArray();
        foreach (IGrouping<string, MemoryTraffic> memory in l.Traffic.GroupBy(t => t.Memory, StringComparer.Ordinal))
            Row(() =>
            {
                Text(memory.Key);
                _json.WriteNumberValue(memory.Sum(t => t.ReadBytes));
                _json.WriteNumberValue(memory.Sum(t => t.WriteBytes));
            });
        _json.WriteEndArray();
        if (l.CompulsoryBytes is { } least) _json.WriteNumberValue(least);
        else _json.WriteNullValue();
    }

    private void Numerics(LayerNumerics? n)
    {
        if (n is not { } n2)
        {
            _json.WriteNullValue();
            return;
        }
        Row(() =>
        {
            Number(n2.SqnrDb);
            foreach (long n in new[] { n2.Outputs, n2.OverflowedOutputs, n2.NaNOutputs, n2.SaturatedInputs,
                n2.EncodedInputs }) _json.WriteNumberValue(n);
            Text(n2.Kernel);
        });
    }

    private void Array<T>(string name, IEnumerable<T> items, Action<T> write)
    {
        _json.WriteStartArray(name);
        foreach (T item in items) write(item);
        _json.WriteEndArray();
    }

    private void Row(Action cells)
    {
        _json.WriteStartArray();
        cells();
        _json.WriteEndArray();
    }

    private void Text(string text)
    {
        if (!_strings.TryGetValue(text, out int index)) _strings.Add(text, index = _strings.Count);
        _json.WriteNumberValue(index);
    }

    // JSON has no infinity: a text stands for it. A NaN is a value that nobody knows.
    private void Number(double? value)
    {
        if (value is not { } v || double.IsNaN(v)) _json.WriteNullValue();
        else if (double.IsInfinity(v)) _json.WriteStringValue(v > 0 ? "inf" : "-inf");
        else _json.WriteNumberValue(v);
    }
}
