using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sim.ArchModel.Reading;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Verification.Claims;
using Sim.Verification.Datapaths;
using Sim.Verification.Datapaths.Networks;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx;
using Sim.Workloads.Quantization;
using Spectre.Console;

namespace Sim.Cli.Verbs.Verify;

/// <summary>`sim verify --model NET.onnx --datapath D.yaml`: whether sums of a network's layers can overflow in a datapath, and whether
/// they are exact, channel by channel.</summary>
internal static class NetworkDatapathProofs
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private sealed record Layer(QuantizedRows Rows, ImmutableArray<ChannelVerdict> Range, ImmutableArray<ChannelVerdict?> Exactness);

    internal static int Run(VerifyRequest request, DatapathRequest proofs, string? recipeFile, Terminal terminal)
    {
        var bag = new DiagnosticBag();
        DatapathSpec? spec = DatapathReader.Load(proofs.Datapath, bag);
        Interval<Dyadic>? box = DatapathRequest.Box("--activations", proofs.Activations, bag);
        Recipe? recipe = recipeFile is null ? Recipe.Default : RecipeFile.Load(recipeFile, bag);
        NetworkGraph? graph = OnnxReader.Load(request.Model!, bag);
        SumOrder? order = SumOrderCatalogue.Parse(request.Order);
        if (order is null) bag.Error(new Location("--order"), "CLI002",
            $"no order '{request.Order}'; allowed are {SumOrderCatalogue.Grammar}");
        bag.ThrowIfErrors();
        // Padding and the terms that a witness leaves out are 0.
        OperandSet activations = OperandSet.Of(spec!.Activation, box is { } b
            ? new(Dyadic.Min(b.Low, default), Dyadic.Max(b.High, default)) : null)!;
        var sums = new ChannelSums(spec, activations, order!);
        if (sums.Refuses() is { } reason) bag.Error(new Location(proofs.Datapath), "VER004", reason);
        var notes = new List<string>();
        ImmutableArray<QuantizedRows> rows = bag.HasErrors ? [] : QuantizedRows.Of(graph!, spec, recipe!, notes);
        foreach (string note in notes) terminal.Error.WriteLine($"note {note}");
        if (!bag.HasErrors && request.Layers.Except(rows.Select(r => r.Name)).FirstOrDefault() is { } missing)
            bag.Error(new Location("--layer"), "VER002",
                $"the network has no layer '{missing}' that the datapath takes; it has {string.Join(", ", rows.Select(r => r.Name))}");
        if (!bag.HasErrors && rows.IsEmpty) bag.Error(new Location(request.Model!), "VER003",
            "no layer of this network has constant float32 weights; networks of integers are verified with --accumulator");
        bag.ThrowIfErrors();
        ImmutableArray<Layer> layers = [.. rows.Where(r => request.Layers.Length == 0 || request.Layers.Contains(r.Name))
            .Select(r => Decide(sums, r, terminal.Cancellation))];
        if (request.Json) terminal.Out.WriteLine(Json(request, proofs, recipeFile, spec, order!, graph!, layers));
        else Print(spec, order!, layers, terminal);
        return layers.All(l => l.Range.All(v => v is ProvedChannel)) ? ExitCode.Ok : ExitCode.AnswerIsNo;
    }

    private static Layer Decide(ChannelSums sums, QuantizedRows rows, CancellationToken cancellation)
    {
        var range = new ChannelVerdict[rows.Rows];
        var exactness = new ChannelVerdict?[rows.Rows];
        Parallel.For(0, rows.Rows, new ParallelOptions
            { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount }, r =>
            (range[r], exactness[r]) = (sums.Range(rows.Row(r)), sums.Exactness(rows.Row(r))));
        return new(rows, [.. range], [.. exactness]);
    }

    private static void Print(DatapathSpec spec, SumOrder order, ImmutableArray<Layer> layers, Terminal terminal)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("layer").AddColumn("type");
        foreach (string column in (string[])["channels", "K", "no overflow: proved", "refuted", "unknown", "exact: proved", "refuted",
            "unknown"]) table.AddColumn(new TableColumn(column).RightAligned());
        foreach (Layer l in layers)
            table.AddRow([Markup.Escape(l.Rows.Name), l.Rows.Operator, $"{l.Rows.Rows}", $"{l.Rows.K}", .. Counts([.. l.Range]),
                .. Counts(l.Exactness)]);
        terminal.OutConsole.Write(table);
        foreach (Layer l in layers)
        {
            int channel = l.Range.ToList().FindIndex(v => v is not ProvedChannel);
            if (channel >= 0) terminal.Out.WriteLine($"{l.Rows.Name}, channel {channel}: {Reason(l.Range[channel])}");
        }
        int open = layers.Sum(l => l.Range.Count(v => v is not ProvedChannel));
        terminal.Out.WriteLine(open == 0 ? $"proved: no partial sum overflows in {spec.Name} ({order.Text})"
            : $"not proved: {open} channels ({order.Text}); the inputs are in the JSON answer");
    }

    private static string[] Counts(ImmutableArray<ChannelVerdict?> verdicts) => verdicts.All(v => v is null) ? ["-", "-", "-"]
        : [$"{verdicts.Count(v => v is ProvedChannel)}", $"{verdicts.Count(v => v is RefutedChannel)}",
            $"{verdicts.Count(v => v is UnknownChannel)}"];

    private static string Reason(ChannelVerdict verdict) =>
        verdict switch { RefutedChannel r => $"refuted: {r.Reason}", UnknownChannel u => $"unknown: {u.Reason}", _ => "proved" };

    private static string Json(VerifyRequest request, DatapathRequest proofs, string? recipeFile, DatapathSpec spec, SumOrder order,
        NetworkGraph graph, ImmutableArray<Layer> layers) => new JsonObject
    {
        ["schema"] = "sim.network-sums/1",
        ["model"] = request.Model,
        ["sha256"] = graph.Digest,
        ["datapath"] = spec.Name,
        ["recipe"] = recipeFile,
        ["order"] = order.Text,
        ["activations"] = proofs.Activations,
        ["proved"] = layers.All(l => l.Range.All(v => v is ProvedChannel)),
        ["layers"] = new JsonArray([.. layers.Select(l => (JsonNode)new JsonObject
        {
            ["name"] = l.Rows.Name, ["type"] = l.Rows.Operator, ["rows"] = l.Rows.Rows, ["k"] = l.Rows.K,
            ["channels"] = new JsonArray([.. Enumerable.Range(0, l.Rows.Rows)
                .Select(r => (JsonNode)new JsonObject { ["channel"] = r, ["no_overflow"] = Of(spec, l.Range[r]),
                ["exact"] = l.Exactness[r] is { } e ? Of(spec, e) : null })]),
        })]),
    }.ToJsonString(Indented);

    private static JsonObject Of(DatapathSpec spec, ChannelVerdict verdict)
    {
        var json = new JsonObject { ["verdict"] = verdict switch { ProvedChannel => "proved", RefutedChannel => "refuted", _ => "unknown" }
            };
        if (verdict.Sums is { } sums) json["sums"] = new JsonArray(sums.Low.ToString(), sums.High.ToString());
        if (verdict is UnknownChannel u) json["reason"] = u.Reason;
        if (verdict is RefutedChannel { Witness: var w } r)
        {
            int digits = (spec.Activation.Bits + 3) / 4;
            json["reason"] = r.Reason;
            json["activations"] = string.Concat(w.Activations.Select(c =>
                c.ToString($"x{digits}", System.Globalization.CultureInfo.InvariantCulture)));
            json["order"] = w.Permutation.IsEmpty ? null : new JsonArray([.. w.Permutation.Select(i => (JsonNode)i)]);
            json["register"] = spec.Accumulator is IntegerAccumulator or FixedAccumulator ? $"{w.Result}" : $"{w.Result:x}";
            json["overflowed"] = w.Overflowed;
        }
        return json;
    }
}
