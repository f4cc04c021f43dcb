using System.Collections.Immutable;
using System.CommandLine;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Verification;
using Sim.Verification.Claims;
using Sim.Workloads.Integers;

namespace Sim.Cli.Verbs.Verify;

/// <summary>What `sim verify` was asked.</summary>
internal sealed record VerifyRequest(string? Model, int? Width, int? Inner, bool Minimal, string Order, string Overflow, string Bias,
    string ZeroPoints, string Inputs,
    ImmutableArray<string> Layers, string? Data, string? Certificate, string? Check, bool Json)
{
    /// <summary>Labels of the data, for the report.</summary>
    internal string? Labels { get; init; }

    /// <summary>Folder of the report on widths.</summary>
    internal string? Report { get; init; }

    /// <summary>Folder of verify.json and channels.csv.</summary>
    internal string? Out { get; init; }

    /// <summary>Networks made for a width, shown beside in the report.</summary>
    internal ImmutableArray<string> Beside { get; init; } = [];

    /// <summary>Technology of the report's prices.</summary>
    internal string? Technology { get; init; }

    private static readonly (string, RegisterOverflow)[] Overflows = [("wrap", RegisterOverflow.Wrap),
        ("saturate", RegisterOverflow.Saturate)];

    private static readonly (string, BiasPlacement)[] Biases = [("preloaded", BiasPlacement.Preloaded),
        ("after", BiasPlacement.AddedAfter), ("none", BiasPlacement.None)];

    private static readonly (string, ZeroPoints)[] Handlings = [("folded", Sim.Workloads.Integers.ZeroPoints.Folded),
        ("raw", Sim.Workloads.Integers.ZeroPoints.Raw)];

    private static readonly (string, BoxRule?)[] Rules = [("type", BoxRule.DataType), ("propagated", BoxRule.Propagated),
        ("relations", BoxRule.Propagated), ("calibrated", null)];

    /// <summary>The constraints file; null: none.</summary>
    internal string? Constraints { get; init; }

    /// <summary>The asked width; only where there is one.</summary>
    internal int Accumulator => Width ?? throw new InvalidOperationException("no width was asked");

    /// <summary>What inputs can be; null: what they are on data.</summary>
    internal BoxRule? Boxes => Rules.FirstOrDefault(r => r.Item1 == Inputs, Rules[0]).Item2;

    /// <summary>Whether inputs are what the layers before make of the network's inputs.</summary>
    internal bool AreRelated => Inputs == "relations";

    /// <summary>The claims, or null after recording what is wrong with the request.</summary>
    internal VerifyOptions? Claims(DiagnosticBag bag)
    {
        int before = bag.ErrorCount;
        if (Model is null) bag.Error(new Location("--model"), "CLI002",
            "give a network to verify (--model), or certificates to check (--check)");
        if (Width is null == !Minimal) bag.Error(new Location("--accumulator"), "CLI002", "give either --accumulator P or --minimal");
        foreach ((string name, int? bits) in new[] { ("--accumulator", Width), ("--inner", Inner) })
            if (bits is < 2 or > 64) bag.Error(new Location(name), "CLI002", $"a register has 2 to 64 bits, found {bits}");
        SumOrder? order = SumOrderCatalogue.Parse(Order);
        if (order is null) bag.Error(new Location("--order"), "CLI002", $"no order '{Order}'; allowed are {SumOrderCatalogue.Grammar}");
        if (Inner is not null && (Minimal || order is { Registers: 1 })) bag.Error(new Location("--inner"), "CLI002",
            "an inner register needs --accumulator and an order of two stages (tiles:N, tree:N)");
        RegisterOverflow overflow = Choice("--overflow", Overflow, Overflows, bag);
        BiasPlacement bias = Choice("--bias", Bias, Biases, bag);
        ZeroPoints zeros = Choice("--zero-points", ZeroPoints, Handlings, bag);
        Choice("--inputs", Inputs, Rules, bag);
        if (overflow == RegisterOverflow.Saturate && order is FinalOrder)
            bag.Error(new Location("--order"), "VER001",
                "a saturating register is right only when no partial sum leaves it; allowed with --overflow saturate is every order but final");
        return bag.ErrorCount > before ? null
            : new VerifyOptions { Order = order!, Overflow = overflow, Bias = bias, ZeroPoints = zeros,
                Threads = Environment.ProcessorCount };
    }

    private static T Choice<T>(string option, string text, (string Name, T Value)[] choices, DiagnosticBag bag)
    {
        foreach ((string name, T value) in choices)
            if (name == text) return value;
        bag.Error(new Location(option), "CLI002", $"no '{text}'; allowed are {string.Join(", ", choices.Select(c => c.Name))}");
        return choices[0].Value;
    }
}

/// <summary>The options of `sim verify`.</summary>
internal sealed class VerifyArguments
{
    private readonly Option<string?> _model = new("--model")
        { Description = "ONNX network: QLinear operators, QDQ, QONNX, or float with --weight-bits and --activation-bits",
        HelpName = "NET.onnx" };
    private readonly Option<int?> _accumulator = new("--accumulator") { Description = "Claim: no sum leaves a register of P bits",
        HelpName = "P" };
    private readonly Option<int?> _inner = new("--inner")
        { Description = "Width of the inner register of orders with two stages (default: P)", HelpName = "P" };
    private readonly Option<bool> _minimal = new("--minimal")
        { Description = "Find the least width of every channel, proved, and the input that refutes one bit less" };
    private readonly Option<string> _order = new("--order") { Description = $"Order of addition: {SumOrderCatalogue.Grammar}",
        DefaultValueFactory = _ => "any" };
    private readonly Option<string> _overflow = new("--overflow")
        { Description = "What registers do: wrap or saturate", DefaultValueFactory = _ => "wrap" };
    private readonly Option<string> _bias = new("--bias") { Description = "When the bias is added: preloaded, after, none",
        DefaultValueFactory = _ => "preloaded" };
    private readonly Option<string> _zeroPoints = new("--zero-points")
        { Description = "What multipliers take: folded (x − zero point) or raw", DefaultValueFactory = _ => "folded" };
    private readonly Option<string> _inputs = new("--inputs")
        { Description = "What inputs of a layer can be: type (all of the data type), propagated (what earlier layers can make), relations (what they can make together), calibrated (what they are on data)", DefaultValueFactory = _ => "type" };
    private readonly Option<string[]> _layers = new("--layer")
        { Description = "Only these layers", HelpName = "NAME", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string?> _data = new("--data")
        { Description = "Samples: shows what sums reach on data, and how many would overflow", HelpName = "X.npy" };
    private readonly Option<string?> _certificate = new("--certificate")
        { Description = "Write a certificate of every verdict to this folder, which must not hold anything yet", HelpName = "DIR" };
    private readonly Option<string?> _check = new("--check")
        { Description = "Re-validate certificates by an independent checker; with --model also that they are about that network",
        HelpName = "DIR" };
    private readonly Option<string?> _labels = new("--labels") { Description = "Class index of each sample, for --report",
        HelpName = "Y.npy" };
    private readonly Option<string?> _report = new("--report")
        { Description = "With --minimal and --data: proven, observed and failing widths, what each costs, accuracy at each; JSON, CSV and a figure", HelpName = "DIR" };
    private readonly Option<string[]> _beside = new("--beside")
        { Description = "Networks made for a width (NAME_P.onnx), whose accuracy at their proven width the report shows beside",
        HelpName = "NET.onnx", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string?> _technology = new("--technology")
        { Description = "Technology of the report's areas and energies (default: nangate45)", HelpName = "T" };
    private readonly Option<string?> _out = CommonOptions.Out("Write verify.json and channels.csv (a line for each output channel) here");
    private readonly Option<bool> _json = CommonOptions.Json();

    internal void AddTo(VerbCommand command)
    {
        foreach (Option option in (Option[])[_model, _accumulator, _inner, _minimal, _order, _overflow, _bias, _zeroPoints, _inputs,
            _layers, _data, _certificate, _check, _labels, _report, _beside, _technology, _out, _json]) command.Add(option);
    }

    internal VerifyRequest Read(ParseResult parsed) =>
        new(parsed.GetValue(_model), parsed.GetValue(_accumulator), parsed.GetValue(_inner), parsed.GetValue(_minimal),
        parsed.GetRequiredValue(_order), parsed.GetRequiredValue(_overflow), parsed.GetRequiredValue(_bias),
            parsed.GetRequiredValue(_zeroPoints), parsed.GetRequiredValue(_inputs),
        [.. parsed.GetValue(_layers) ?? []], parsed.GetValue(_data), parsed.GetValue(_certificate), parsed.GetValue(_check),
            parsed.GetValue(_json))
    {
        Labels = parsed.GetValue(_labels), Report = parsed.GetValue(_report), Beside = [.. parsed.GetValue(_beside) ?? []],
            Technology = parsed.GetValue(_technology), Out = parsed.GetValue(_out),
    };
}
