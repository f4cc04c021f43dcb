using System.Collections.Immutable;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sim.Checker;
using Sim.Foundation.Diagnostics;
using Sim.Verification;
using Sim.Verification.Claims;
using Sim.Workloads.Integers;
using Sim.Verification.Solvers;

namespace Sim.Cli.Verbs.Verify;

/// <summary>`sim verify --check DIR --model NET`: hands a folder to the independent checker, with the premises that are declared, and asks
/// a solver where one is given.</summary>
internal static class CertificateChecks
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    internal static int Run(VerifyRequest request, ReadingRequest reading, SolverRequest solving, DiagnosticBag bag, Terminal terminal)
    {
        string folder = request.Check!;
        if (!Directory.Exists(folder)) bag.Error(new Location(folder), "VER006", "there is no such folder of certificates");
        if (request.Model is { } model && !File.Exists(model)) bag.Error(new Location(model), "ONX000",
            "cannot be read: there is no such file");
        if (solving.Constraints is not null && request.Model is null) bag.Error(new Location("--constraints"), "CLI002",
            "constraints are about the layers of a network: give --model");
        bag.ThrowIfErrors();
        using SolverPool? solvers = solving.Solver is null ? null : solving.Open(terminal);
        CheckReport report = CertificateCheck.Run(folder, request.Model, Premises(request, reading, solving, bag, terminal));
        if (solvers is not null) report = Asked(report, solvers, solving.Limit);
        // Who asks about some layers only is not told about the others.
        if (request.Layers.Length > 0) report = report with { Absent = [.. report.Absent.Where(a => request.Layers.Contains(a))] };
        if (request.Json) terminal.Out.WriteLine(Json(report).ToJsonString(Indented));
        else Print(report, terminal.Out);
        return report.Holds ? ExitCode.Ok : ExitCode.AnswerIsNo;
    }

    private static void Print(CheckReport report, TextWriter to)
    {
        foreach (string fault in report.Faults) to.WriteLine($"does not hold: {fault}");
        foreach (string untied in report.Untied) to.WriteLine($"not tied to the model: {untied}");
        foreach (string absent in report.Absent) to.WriteLine($"not covered: {absent}");
        foreach (Question question in report.Questions) to.WriteLine($"needs a solver: {question.Place}");
        to.WriteLine($"{report.Layers} layers: {report.Proved} proofs followed, {report.Refuted} refutations replayed, {report.Unknown} unknown, {report.Questions.Count} need a solver, "
            + $"{report.Absent.Count} registers not covered, {report.Untied.Count} not tied, {report.Faults.Count} faults");
        to.WriteLine(report.Holds ? "the certificates hold for this model" : "the certificates do not show that this model is safe");
    }

    private static JsonObject Json(CheckReport report) => new()
    {
        ["schema"] = "sim.check/2", ["holds"] = report.Holds, ["layers"] = report.Layers, ["proved"] = report.Proved,
            ["refuted"] = report.Refuted, ["unknown"] = report.Unknown,
        ["need_solver"] = Texts(report.Questions.Select(q => q.Place)), ["not_covered"] = Texts(report.Absent),
            ["not_tied"] = Texts(report.Untied), ["faults"] = Texts(report.Faults),
    };

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(t => (JsonNode)t)]);

    // Each question in a session that remembers nothing; sat to the first, unsat to all others, or it stays a question.
    private static CheckReport Asked(CheckReport report, SolverPool solvers, TimeSpan limit)
    {
        List<Question> open = [];
        List<string> faults = [.. report.Faults];
        int proved = report.Proved;
        foreach (Question question in report.Questions)
        {
            switch (ScriptAnswers.Of(solvers, question.Script, question.Unsat, limit))
            {
                case true: proved++; break;
                case false: faults.Add($"{question.Place}: the solver contradicts the certificate"); break;
                default: open.Add(question); break;
            }
        }
        return report with { Proved = proved, Faults = faults, Questions = open };
    }

    // What --constraints declares, as Sim reads it; null without.
    private static DeclaredPremises? Premises(VerifyRequest request, ReadingRequest reading, SolverRequest solving, DiagnosticBag bag,
        Terminal terminal)
    {
        if (solving.Constraints is null) return null;
        (string inputs, string zeros) = Claimed(request.Check!);
        request = request with { Inputs = inputs, ZeroPoints = zeros, Minimal = true, Certificate = null };
        VerifyOptions? claims = request.Claims(bag);
        IntegerNetwork? network = reading.Read(request, bag)?.Network;
        bag.ThrowIfErrors();
        using SolverPool none = solving.Open(terminal);
        (VerifyOptions declared, ImmutableArray<IntegerLayer> layers) = solving.Constrain(claims!, reading.Of(network!), none);
        return new(declared, layers);
    }

    // Which boxes and products the folder is about; whether that is true is for the checker to say.
    private static (string Inputs, string ZeroPoints) Claimed(string folder)
    {
        try
        {
            using JsonDocument manifest = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "manifest.json")));
            JsonElement claim = manifest.RootElement.GetProperty("claim");
            return (claim.GetProperty("inputs").GetString() ?? "type", claim.GetProperty("zero_points").GetString() ?? "folded");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException
            or InvalidOperationException)
        {
            return ("type", "folded");
        }
    }

    private sealed class DeclaredPremises(VerifyOptions options, ImmutableArray<IntegerLayer> layers) : IPremises
    {
        public IReadOnlyList<(BigInteger Low, BigInteger High)>? Boxes(string layer)
        {
            if (layers.FirstOrDefault(l => l.Name == layer) is not { } l) return null;
            int entries = l.Inputs.Length, each = entries / l.Shape.Groups;
            return [.. Enumerable.Range(0, entries)
                .Select(i => (entries == 1 ? l.Input(0, 0, options.ZeroPoints)
                : l.Input(i / each * l.Shape.N, i % each * (l.K / each), options.ZeroPoints)))
                .Select(b => ((BigInteger)b.Low, (BigInteger)b.High))];
        }

        public IReadOnlyList<Relation> Relations(string layer, int row) =>
            layers.FirstOrDefault(l => l.Name == layer) is { } l && row < l.Rows
            ? [.. options.Relations(l, row)
                .Select(r => new Relation([.. r.Coefficients.Select(c => (BigInteger)c)], r.Low is { } low ? (BigInteger)low : null,
                r.High is { } high ? (BigInteger)high : null))]
            : [];
    }
}
