using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using Sim.Verification.Solvers;

namespace Sim.Verification.Checking;

/// <summary>
/// Follows a solver's answers: writes down by itself which questions show the bounds of this very channel, demands that the script is that text, and asks a solver again.
/// Without a solver nothing is followed.
/// </summary>
internal sealed class SmtCheck : IEvidenceCheck
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    // No sum reaches that far: an end that the evidence leaves to the boxes.
    private static readonly BigInteger Far = BigInteger.One << 200;

    public string Kind => "smt";

    public (BigInteger Low, BigInteger High)[]? Check(CertifiedLayer layer, int row, JsonElement channel, JsonElement evidence)
    {
        BigInteger?[] low = Ends(layer, evidence.GetProperty("low")), high = Ends(layer, evidence.GetProperty("high"));
        List<string> questions = Questions(layer, row, channel, low, high);
        string script = File.ReadAllText(Path.Combine(layer.Folder, Path.GetFileName(evidence.GetProperty("script").GetString()!)));
        if (script != string.Concat(questions)) throw new FormatException("the script is not the question about this channel");
        string answers = File.ReadAllText(Path.Combine(layer.Folder, Path.GetFileName(evidence.GetProperty("answers").GetString()!)));
        if (answers != "sat\n" + string.Concat(Enumerable.Repeat("unsat\n", questions.Count - 1))) throw new FormatException("the answers do not show the bounds");
        if (layer.Solvers is null || !IsConfirmed(layer.Solvers, questions)) return null;
        return [.. low.Zip(high, (l, h) => (l ?? -Far, h ?? Far))];
    }

    private static BigInteger?[] Ends(CertifiedLayer layer, JsonElement list)
    {
        BigInteger?[] ends = [.. list.EnumerateArray().Select(e => e.ValueKind == JsonValueKind.Null ? (BigInteger?)null : CertifiedLayer.Number(e))];
        return ends.Length == PartialSums.Registers(layer.Order) ? ends : throw new FormatException("the evidence is about other registers");
    }

    // False when the solver leaves a question open; throws when it contradicts the certificate.
    private static bool IsConfirmed(SolverPool solvers, List<string> questions)
    {
        try
        {
            return solvers.Ask(session =>
            {
                for (int i = 0; i < questions.Count; i++)
                {
                    string answer = session.Send((i == 0 ? solvers.Solver.Limit(Limit) : "") + questions[i], Limit + Limit);
                    if (answer == (i == 0 ? "unsat" : "sat")) throw new FormatException($"the solver answers '{answer}' to question {i} of the script");
                    if (answer != (i == 0 ? "sat" : "unsat")) return false;
                }
                return true;
            });
        }
        catch (SolverException)
        {
            return false;
        }
    }

    private static List<string> Questions(CertifiedLayer layer, int row, JsonElement channel, BigInteger?[] low, BigInteger?[] high)
    {
        var text = new StringBuilder("(set-logic QF_LIA)\n");
        for (int k = 0; k < layer.K; k++) text.Append(CultureInfo.InvariantCulture, $"(declare-const x{k} Int)\n(assert (<= {Number(layer.Input(row, k).Low)} x{k} {Number(layer.Input(row, k).High)}))\n");
        foreach ((BigInteger[] coefficients, BigInteger? least, BigInteger? largest) in new ChannelRelations(layer, channel).All)
        {
            string sum = Sum(coefficients.Select((c, k) => (c, k)).Where(t => !t.c.IsZero).Select(t => Product(t.c, t.k)));
            if (least is { } l) text.Append(CultureInfo.InvariantCulture, $"(assert (>= {sum} {Number(l)}))\n");
            if (largest is { } h) text.Append(CultureInfo.InvariantCulture, $"(assert (<= {sum} {Number(h)}))\n");
        }
        List<string> questions = [text.Append("(check-sat)\n").ToString()];
        var sums = new TiedSums(layer, row, channel);
        foreach (bool highest in (bool[])[true, false])
        {
            for (int r = 0; r < low.Length; r++)
            {
                if ((highest ? high : low)[r] is not { } bound) continue;
                foreach ((int From, int Until, bool Bias, int Register) s in sums.Beyond(r, highest, bound))
                {
                    IEnumerable<string> terms = Enumerable.Range(s.From, s.Until - s.From).Select(k => Term(layer, row, k, sums.IsSubset(s), highest)).OfType<string>();
                    questions.Add(FormattableString.Invariant($"(push 1)\n(assert ({(highest ? '>' : '<')} {Sum(terms)} {Number(bound - sums.Start(s))}))\n(check-sat)\n(pop 1)\n"));
                }
            }
        }
        return questions;
    }

    // A product as it counts in the extreme sum; null when it counts nothing.
    private static string? Term(CertifiedLayer layer, int row, int k, bool subset, bool highest)
    {
        BigInteger w = layer.Weight(row, k).Low;
        (BigInteger low, BigInteger high) = layer.Input(row, k);
        if (w.IsZero) return null;
        string product = Product(w, k);
        if (!subset) return product;
        if (low >= 0) return w.Sign > 0 == highest ? product : null;
        if (high <= 0) return w.Sign < 0 == highest ? product : null;
        return FormattableString.Invariant($"(ite ({(w.Sign > 0 == highest ? '>' : '<')} x{k} 0) {product} 0)");
    }

    private static string Product(BigInteger factor, int k) => factor.IsOne ? FormattableString.Invariant($"x{k}") : FormattableString.Invariant($"(* {Number(factor)} x{k})");

    private static string Sum(IEnumerable<string> terms)
    {
        string[] all = [.. terms];
        return all.Length switch { 0 => "0", 1 => all[0], _ => $"(+ {string.Join(' ', all)})" };
    }

    private static string Number(BigInteger value) => value.Sign < 0 ? FormattableString.Invariant($"(- {-value})") : FormattableString.Invariant($"{value}");
}
