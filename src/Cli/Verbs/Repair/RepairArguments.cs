using System.Collections.Immutable;
using System.CommandLine;
using Sim.Foundation.Diagnostics;
using Sim.Verification;
using Sim.Verification.Claims;
using Sim.Verification.Repair;

namespace Sim.Cli.Verbs.Repair;

/// <summary>What `sim repair` was asked.</summary>
internal sealed record RepairRequest(string Model, int Accumulator, int? Inner, string Method, string Order, string Bias, string Scales,
    bool Quantize, string? Data, string? Labels,
    double Offset, double Scale, int CalibrationSamples, string Out, bool Force, bool Json)
{
    private static readonly (string Name, BiasPlacement Value)[] Biases = [("preloaded", BiasPlacement.Preloaded),
        ("after", BiasPlacement.AddedAfter), ("none", BiasPlacement.None)];

    /// <summary>The repair, or null after recording what is wrong with the request.</summary>
    internal RepairOptions? Options(DiagnosticBag bag)
    {
        int before = bag.ErrorCount;
        foreach ((string name, int? bits) in new[] { ("--accumulator", Accumulator), ("--inner", Inner) })
            if (bits is < 2 or > 64) bag.Error(new Location(name), "CLI002", $"a register has 2 to 64 bits, found {bits}");
        SumOrder? order = SumOrderCatalogue.Parse(Order);
        if (order is null) bag.Error(new Location("--order"), "CLI002", $"no order '{Order}'; allowed are {SumOrderCatalogue.Grammar}");
        if (Inner is not null && order is { Registers: 1 }) bag.Error(new Location("--inner"), "CLI002",
            "an inner register needs an order of two stages (tiles:N, tree:N)");
        IRepairMethod? method = RepairCatalogue.Find(Method);
        if (method is null) bag.Error(new Location("--method"), "CLI002",
            $"no method '{Method}'; allowed are {string.Join(", ", RepairCatalogue.All.Select(m => m.Name))}");
        if (method is { NeedsData: true } && Data is null) bag.Error(new Location("--method"), "CLI002",
            $"{Method} needs samples (--data): it weighs errors by what the inputs are on data");
        if (Biases.All(b => b.Name != Bias)) bag.Error(new Location("--bias"), "CLI002",
            $"no '{Bias}'; allowed are {string.Join(", ", Biases.Select(b => b.Name))}");
        if (Scales is not ("keep" or "search")) bag.Error(new Location("--scales"), "CLI002", $"no '{Scales}'; allowed are keep, search");
        if (Quantize && Data is null) bag.Error(new Location("--quantize"), "CLI002",
            "quantization needs samples (--data) that calibrate it");
        if (Labels is not null && Data is null) bag.Error(new Location(Labels), "CLI002", "labels need --data");
        if (CalibrationSamples < 1) bag.Error(new Location("--calibration-samples"), "CLI002",
            $"at least 1 sample calibrates, found {CalibrationSamples}");
        if (!double.IsFinite(Offset) || !double.IsFinite(Scale) || Scale == 0) bag.Error(new Location("--scale"), "CLI002",
            "--offset must be finite and --scale finite and not 0");
        if (Path.GetFullPath(Out) == Path.GetFullPath(Model)) bag.Error(new Location(Out), "RPR003",
            "is the network itself; give --out another name");
        else if (Directory.Exists(Out) || File.Exists(Out) && !Force) bag.Error(new Location(Out), "RPR003",
            "exists; nothing is overwritten: give --out another name, or --force");
        if (bag.ErrorCount > before) return null;
        var claims = new VerifyOptions { Order = order!, Bias = Biases.First(b => b.Name == Bias).Value,
            Threads = Environment.ProcessorCount };
        return new(method!, claims, claims.Widths(Accumulator, Inner)) { SearchScales = Scales == "search" };
    }

    /// <summary>What the file says about how it came to be.</summary>
    internal ImmutableArray<KeyValuePair<string, string>> Provenance(string digest) =>
    [
        new("sim.repair.tool", $"sim {Program.Version}"), new("sim.repair.method", Method),
            new("sim.repair.accumulator", FormattableString.Invariant($"{Accumulator}")),
        new("sim.repair.order", Order), new("sim.repair.inner", Inner is { } inner ? FormattableString.Invariant($"{inner}") : ""),
            new("sim.repair.bias", Bias), new("sim.repair.scales", Scales), new("sim.repair.quantized", Quantize ? "int8" : ""),
        new("sim.repair.original_sha256", digest),
    ];
}

/// <summary>The options of `sim repair`.</summary>
internal sealed class RepairArguments
{
    private readonly Option<string> _model = new("--model")
        { Description = "ONNX network: QLinear operators, QDQ or QONNX; float with --quantize", HelpName = "NET.onnx", Required = true };
    private readonly Option<int> _accumulator = new("--accumulator") { Description = "Bits of the register that no sum may leave",
        HelpName = "P", Required = true };
    private readonly Option<int?> _inner = new("--inner")
        { Description = "Width of the inner register of orders with two stages (default: P)", HelpName = "P" };
    private readonly Option<string> _method = new("--method") { Description = string.Join(", ", RepairCatalogue.All.Select(m => m.Name)),
        DefaultValueFactory = _ => "split" };
    private readonly Option<string> _order = new("--order") { Description = $"Order of addition: {SumOrderCatalogue.Grammar}",
        DefaultValueFactory = _ => "any" };
    private readonly Option<string> _bias = new("--bias")
        { Description = "When the bias is added: preloaded, after (holds for preloaded too), none", DefaultValueFactory = _ => "after" };
    private readonly Option<string> _scales = new("--scales")
        { Description = "Scales of weights: search (the factor of least error) or keep", DefaultValueFactory = _ => "search" };
    private readonly Option<bool> _quantize = new("--quantize")
        { Description = "Quantize float layers to 8 bits first; the file that is written is in QDQ form" };
    private readonly Option<string?> _data = new("--data")
        { Description = "Samples: calibrate the repair and measure accuracy before and after", HelpName = "X.npy" };
    private readonly Option<string?> _labels = new("--labels") { Description = "Class index of each sample", HelpName = "Y.npy" };
    private readonly Option<double> _offset = new("--offset") { Description = "Added to every input value first" };
    private readonly Option<double> _scale = new("--scale") { Description = "Then multiplied with every input value",
        DefaultValueFactory = _ => 1 };
    private readonly Option<int> _samples = new("--calibration-samples") { Description = "Samples, from the first, that calibrate",
        DefaultValueFactory = _ => 128 };
    private readonly Option<string> _out = new("--out") { Description = "The repaired network; a file that does not exist yet",
        HelpName = "NET2.onnx", Required = true };
    private readonly Option<bool> _force = new("--force") { Description = "Replace the file of --out when it is there" };
    private readonly Option<bool> _json = CommonOptions.Json();

    internal void AddTo(VerbCommand command)
    {
        foreach (Option option in (Option[])[_model, _accumulator, _inner, _method, _order, _bias, _scales, _quantize, _data, _labels,
            _offset, _scale, _samples, _out, _force, _json]) command.Add(option);
    }

    internal RepairRequest Read(ParseResult parsed) =>
        new(parsed.GetRequiredValue(_model), parsed.GetRequiredValue(_accumulator), parsed.GetValue(_inner),
        parsed.GetRequiredValue(_method),
        parsed.GetRequiredValue(_order), parsed.GetRequiredValue(_bias), parsed.GetRequiredValue(_scales), parsed.GetValue(_quantize),
            parsed.GetValue(_data), parsed.GetValue(_labels), parsed.GetValue(_offset),
        parsed.GetValue(_scale), parsed.GetValue(_samples), parsed.GetRequiredValue(_out), parsed.GetValue(_force), parsed.GetValue(_json));
}
