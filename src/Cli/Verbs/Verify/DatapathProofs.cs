using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sim.ArchModel.Reading;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Verification.Datapaths;

namespace Sim.Cli.Verbs.Verify;

/// <summary>`sim verify --datapath D.yaml`: every property that applies to a datapath, proved, refuted by operands, or unknown.</summary>
internal static class DatapathProofs
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    internal static int Run(DatapathRequest request, Terminal terminal)
    {
        var bag = new DiagnosticBag();
        DatapathSpec? spec = DatapathReader.Load(request.Datapath, bag);
        Interval<Dyadic>? activations = DatapathRequest.Box("--activations", request.Activations, bag),
            weights = DatapathRequest.Box("--weights", request.Weights, bag);
        if (request.Terms < 1) bag.Error(new Location("--terms"), "CLI002", $"a sum has 1 product or more, found {request.Terms}");
        foreach (string name in request.Claims.Except(InvariantCatalogue.All.Select(i => i.Name)))
            bag.Error(new Location("--claim"), "CLI002",
                $"no property '{name}'; allowed are {string.Join(", ", InvariantCatalogue.All.Select(i => i.Name))}");
        bag.ThrowIfErrors();
        if (ReferenceKernel.RefusesDot(spec!, ReductionOrder.Sequential, 1) is
            { } reason) throw new InvalidInputException(new Location(request.Datapath), "NUM002", reason);
        var claim = new DatapathClaim(spec!, request.Terms, activations, weights);
        if (claim.Activations is null) bag.Error(new Location("--activations"), "VER007",
            $"no number of {spec!.Activation.Name} lies in {request.Activations}");
        if (claim.Weights is null) bag.Error(new Location("--weights"), "VER007",
            $"no number of {spec!.Weight.Name} lies in {request.Weights}");
        bag.ThrowIfErrors();
        ImmutableArray<InvariantVerdict> verdicts = InvariantCatalogue.Decide(claim, request.Claims);
        if (request.Json) terminal.Out.WriteLine(Json(request, spec!, verdicts));
        else Print(request, spec!, verdicts, terminal);
        return verdicts.All(v => v is ProvedInvariant) ? ExitCode.Ok : ExitCode.AnswerIsNo;
    }

    private static void Print(DatapathRequest request, DatapathSpec spec, ImmutableArray<InvariantVerdict> verdicts, Terminal terminal)
    {
        terminal.Out.WriteLine($"{spec.Name}: {spec.Activation.Name} x {spec.Weight.Name}, {request.Terms} products a sum");
        foreach (InvariantVerdict verdict in verdicts)
        {
            terminal.Out.WriteLine();
            terminal.Out.WriteLine($"{Word(verdict)} {verdict.Invariant}: {verdict.Claim}");
            terminal.Out.WriteLine(verdict switch
            {
                ProvedInvariant p => $"  {Word(p.Method)}{(p.Cases > 0 ? $", {p.Cases} cases" : "")}: {p.Bound}",
                RefutedInvariant r => $"  {r.Reason}",
                UnknownInvariant u => $"  {u.Reason}",
                _ => "",
            });
            (DatapathWitness? first, DatapathWitness? second) = verdict is RefutedInvariant refuted ? (refuted.Witness, refuted.Second)
                : ((verdict as ProvedInvariant)?.Closest, null);
            foreach (DatapathWitness witness in new[]
                { first, second }.OfType<DatapathWitness>()) terminal.Out.WriteLine($"  {Text(spec, witness)}");
        }
        terminal.Out.WriteLine();
        terminal.Out.WriteLine($"{verdicts.Count(v => v is ProvedInvariant)} proved, {verdicts.Count(v => v is RefutedInvariant)} refuted, {verdicts.Count(v => v is UnknownInvariant)} unknown");
    }

    private static string Text(DatapathSpec spec, DatapathWitness witness)
    {
        string runs = string.Join(" + ",
            witness.Runs.Select(r => $"{(r.Count == 1 ? "" : $"{r.Count} times ")}{Hex(r.Pair.Activation, spec.Activation.Bits)}*{Hex(r.Pair.Weight, spec.Weight.Bits)}"));
        string scales = witness.ScaleA is null && witness.ScaleB is null ? "" : $" with scales {witness.ScaleA:x2} and {witness.ScaleB:x2}";
        return $"operands {runs}{scales}{(witness.Initial == 0 ? "" : $" from {witness.Initial:x}")}: the register ends as {Register(spec, witness.Result)}{(witness.Overflowed ? ", overflowed" : "")}{(witness.IsNaN ? ", NaN" : "")}";
    }

    private static string Json(DatapathRequest request, DatapathSpec spec, ImmutableArray<InvariantVerdict> verdicts) => new JsonObject
    {
        ["schema"] = "sim.datapath-proofs/1",
        ["datapath"] = spec.Name,
        ["activation"] = spec.Activation.Name,
        ["weight"] = spec.Weight.Name,
        ["terms"] = request.Terms,
        ["activations"] = request.Activations,
        ["weights"] = request.Weights,
        ["proved"] = verdicts.All(v => v is ProvedInvariant),
        ["properties"] = new JsonArray([.. verdicts.Select(v => (JsonNode)Of(spec, v))]),
    }.ToJsonString(Indented);

    private static JsonObject Of(DatapathSpec spec, InvariantVerdict verdict)
    {
        var json = new JsonObject { ["name"] = verdict.Invariant, ["claim"] = verdict.Claim, ["verdict"] = Word(verdict) };
        switch (verdict)
        {
            case ProvedInvariant p:
                json["method"] = Word(p.Method);
                json["bound"] = p.Bound;
                if (p.Cases > 0) json["cases"] = p.Cases;
                if (p.Digest is not null) json["sha256"] = p.Digest;
                if (p.Closest is not null) json["closest"] = Of(spec, p.Closest);
                break;
            case RefutedInvariant r:
                json["reason"] = r.Reason;
                json["witness"] = Of(spec, r.Witness);
                if (r.Second is not null) json["second"] = Of(spec, r.Second);
                break;
            case UnknownInvariant u:
                json["reason"] = u.Reason;
                break;
        }
        return json;
    }

    private static JsonObject Of(DatapathSpec spec, DatapathWitness witness) => new()
    {
        ["initial"] = $"{witness.Initial:x}",
        ["products"] = new JsonArray([.. witness.Runs.Select(r =>
            (JsonNode)new JsonObject { ["activation"] = Hex(r.Pair.Activation, spec.Activation.Bits),
            ["weight"] = Hex(r.Pair.Weight, spec.Weight.Bits), ["count"] = r.Count })]),
        ["scales_a"] = witness.ScaleA is { } a ? $"{a:x2}" : null,
        ["scales_b"] = witness.ScaleB is { } b ? $"{b:x2}" : null,
        ["register"] = Register(spec, witness.Result),
        ["overflowed"] = witness.Overflowed,
        ["nan"] = witness.IsNaN,
    };

    private static string Register(DatapathSpec spec, long result) =>
        spec.Accumulator is IntegerAccumulator or FixedAccumulator ? $"{result}" : $"{result:x}";

    private static string Hex(uint code, int bits) =>
        code.ToString($"x{(bits + 3) / 4}", System.Globalization.CultureInfo.InvariantCulture);

    private static string Word(InvariantVerdict verdict) =>
        verdict switch { ProvedInvariant => "proved", RefutedInvariant => "refuted", _ => "unknown" };

    private static string Word(ProofMethod method) => method switch
    {
        ProofMethod.ClosedForm => "closed form",
        ProofMethod.Exhaustive => "exhaustive",
        ProofMethod.ExtremeChain => "extreme sums",
        _ => "example",
    };
}
