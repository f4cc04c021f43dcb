using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Sim.Verification.Claims;
using Sim.Workloads.Integers;

namespace Sim.Verification.Provers;

/// <summary>
/// Claims as SMT-LIB 2 in QF_LIA: integers x0, x1, … for the inputs, flat sums (bit vectors would be bit-blasted and do not scale). The
/// text is part of certificates; docs/guide/verification.md describes it.
/// </summary>
internal static class SmtText
{
    /// <summary>Logic, inputs, boxes, relations.</summary>
    internal static string InputSet(ChannelClaim claim)
    {
        var text = new StringBuilder("(set-logic QF_LIA)\n");
        for (int k = 0; k < claim.K; k++)
        {
            Interval box = claim.Input(k);
            text.Append(CultureInfo.InvariantCulture,
                $"(declare-const x{k} Int)\n(assert (<= {Number(box.Low)} x{k} {Number(box.High)}))\n");
        }
        foreach (LinearRelation relation in claim.Relations)
        {
            string sum = Sum(relation.Coefficients.Select((c, k) => (c, k)).Where(t => t.c != 0).Select(t => Product(t.c, t.k)));
            if (relation.Low is { } low) text.Append(CultureInfo.InvariantCulture, $"(assert (>= {sum} {Number(low)}))\n");
            if (relation.High is { } high) text.Append(CultureInfo.InvariantCulture, $"(assert (<= {sum} {Number(high)}))\n");
        }
        return text.ToString();
    }

    /// <summary>The products of a sum, without its bias.</summary>
    internal static string Sum(ChannelClaim claim, PartialSum sum, bool highest)
    {
        var terms = new List<string>();
        for (int k = sum.Node.From; k < sum.Node.Until; k++)
        {
            int w = claim.Weights[k];
            if (w == 0) continue;
            Interval box = claim.Input(k);
            if (!sum.IsSubset) terms.Add(Product(w, k));
            else if (box.Low >= 0 || box.High <= 0)
            {
                // All its products have one sign: in the sum when that is the right one.
                if ((w > 0 == box.Low >= 0) == highest) terms.Add(Product(w, k));
            }
            else terms.Add(string.Create(CultureInfo.InvariantCulture,
                $"(ite ({(w > 0 == highest ? '>' : '<')} x{k} 0) {Product(w, k)} 0)"));
        }
        return Sum(terms);
    }

    /// <summary>That a sum lies beyond a bound of all of it, bias included.</summary>
    internal static string Beyond(ChannelClaim claim, PartialSum sum, string products, Int128 bound, bool highest) =>
        $"(assert ({(highest ? '>' : '<')} {products} {Number(bound - (sum.Node.Bias ? claim.Bias : 0))}))\n";

    /// <summary>
    /// The questions that show the bounds: whether an input is allowed at all, then of every sum whose interval exceeds a bound whether it
    /// can. Bounds are by register, null where the interval is enough.
    /// </summary>
    internal static (string Script, int Questions) Script(ChannelClaim claim, IEnumerable<PartialSum> sums, ImmutableArray<Int128?> low,
        ImmutableArray<Int128?> high)
    {
        var text = new StringBuilder(InputSet(claim)).Append("(check-sat)\n");
        int questions = 0;
        PartialSum[] ordered = [.. sums.Distinct().OrderBy(s => s.Node.Register).ThenBy(s => s.Node.From).ThenBy(s => s.Node.Until)
            .ThenBy(s => s.Node.Bias)];
        foreach (bool highest in (ReadOnlySpan<bool>)[true, false])
        {
            foreach (PartialSum sum in ordered)
            {
                if ((highest ? high : low)[sum.Node.Register] is not { } bound
                    || (highest ? sum.Range.High <= bound : sum.Range.Low >= bound)) continue;
                text.Append("(push 1)\n").Append(Beyond(claim, sum, Sum(claim, sum, highest), bound, highest))
                    .Append("(check-sat)\n(pop 1)\n");
                questions++;
            }
        }
        return (text.ToString(), questions);
    }

    private static string Product(long factor, int k) => factor == 1 ? string.Create(CultureInfo.InvariantCulture, $"x{k}")
        : string.Create(CultureInfo.InvariantCulture, $"(* {Number(factor)} x{k})");

    private static string Sum(IEnumerable<string> terms) => terms.ToList() switch
    {
        [] => "0",
        [string one] => one,
        List<string> more => $"(+ {string.Join(' ', more)})",
    };

    private static string Number(Int128 value) =>
        value >= 0 ? value.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"(- {-value})");
}
