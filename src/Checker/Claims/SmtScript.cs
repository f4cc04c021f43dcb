using System.Globalization;
using System.Numerics;
using System.Text;

namespace Sim.Checker.Claims;

/// <summary>The questions that show bounds of a channel whose inputs are tied by relations, in SMT-LIB 2 (QF_LIA), as
/// docs/guide/certificates.md prescribes them.</summary>
internal static class SmtScript
{
    /// <summary>The script, and how many of its answers must be unsat (after one sat).</summary>
    /// <param name="low">Of each register; null where the boxes bound it.</param>
    internal static (string Text, int Unsat) Of(Channel channel, IReadOnlyList<Relation> relations, IReadOnlyList<BigInteger?> low,
        IReadOnlyList<BigInteger?> high)
    {
        var text = new StringBuilder("(set-logic QF_LIA)\n");
        for (int k = 0; k < channel.K; k++)
            text.Append(CultureInfo.InvariantCulture,
                $"(declare-const x{k} Int)\n(assert (<= {Number(channel.Inputs[k].Low)} x{k} {Number(channel.Inputs[k].High)}))\n");
        foreach (Relation relation in relations)
        {
            string sum = Sum(relation.Coefficients.Select((c, k) => c.IsZero ? null : Product(c, k)));
            if (relation.Low is { } l) text.Append(CultureInfo.InvariantCulture, $"(assert (>= {sum} {Number(l)}))\n");
            if (relation.High is { } h) text.Append(CultureInfo.InvariantCulture, $"(assert (<= {sum} {Number(h)}))\n");
        }
        text.Append("(check-sat)\n");
        int unsat = 0;
        foreach (bool highest in (bool[])[true, false])
        {
            foreach (PartialSum s in channel.Sums)
            {
                if ((highest ? high : low)[s.Register] is not { } bound) continue;
                Range reach = channel.Extremes(s);
                if (highest ? reach.High <= bound : reach.Low >= bound) continue;
                string sum = Sum(Enumerable.Range(s.From, s.Until - s.From).Select(k => Term(channel, k, s.IsSubset, highest)));
                text.Append(CultureInfo.InvariantCulture,
                    $"(push 1)\n(assert ({(highest ? '>' : '<')} {sum} {Number(bound - channel.Start(s))}))\n(check-sat)\n(pop 1)\n");
                unsat++;
            }
        }
        return (text.ToString(), unsat);
    }

    // A product as it counts in the extreme sum; null when it counts nothing.
    private static string? Term(Channel channel, int k, bool subset, bool highest)
    {
        BigInteger w = channel.Weights[k].Low;
        Range box = channel.Inputs[k];
        if (w.IsZero) return null;
        string product = Product(w, k);
        if (!subset) return product;
        if (box.Low >= 0) return w.Sign > 0 == highest ? product : null;
        if (box.High <= 0) return w.Sign < 0 == highest ? product : null;
        return FormattableString.Invariant($"(ite ({(w.Sign > 0 == highest ? '>' : '<')} x{k} 0) {product} 0)");
    }

    private static string Product(BigInteger factor, int k) =>
        factor.IsOne ? FormattableString.Invariant($"x{k}") : FormattableString.Invariant($"(* {Number(factor)} x{k})");

    private static string Sum(IEnumerable<string?> terms)
    {
        string[] all = [.. terms.OfType<string>()];
        return all.Length switch { 0 => "0", 1 => all[0], _ => $"(+ {string.Join(' ', all)})" };
    }

    private static string Number(BigInteger value) =>
        value.Sign < 0 ? FormattableString.Invariant($"(- {-value})") : FormattableString.Invariant($"{value}");
}
