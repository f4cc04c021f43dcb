using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Sim.Verification.Claims;
using Sim.Verification.Solvers;
using Sim.Verification.Verdicts;
using Sim.Workloads.Integers;

namespace Sim.Verification.Provers;

/// <summary>
/// The questions about one channel. When all intervals fit their registers, the true extremes are sought (`maximize` proposes, the
/// unsatisfiable "sum beyond it" proves); otherwise only whether a sum leaves its register. A solver is not believed: its models are
/// replayed, and its `unsat` counts only where no inputs found without it exceed the bound and where it says `sat` to a question of the
/// same kind that has an answer.
/// </summary>
internal sealed class SmtSearch(ChannelClaim claim, PartialSum[] sums, ISmtSession session, ISmtSolver solver, TimeSpan limit)
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly string _names = string.Join(' ', Enumerable.Range(0, claim.K).Select(k => FormattableString.Invariant($"x{k}")));
    private string? _reason;
    private long[] _planted = [];

    internal ProverBound Run()
    {
        int registers = claim.Registers.Length;
        ImmutableArray<Interval> hulls = PartialSum.Hulls(sums, registers);
        if (Corner() is { } corner)
        {
            _planted = corner;
            session.Send(SmtText.InputSet(claim), limit + Grace);
        }
        else
        {
            (bool? feasible, long[]? inputs) = Check(SmtText.InputSet(claim), model: true);
            if (feasible is not true) return new(hulls, [], [], feasible is null ? _reason
                : "no input fulfils all relations, so that every claim about them is void");
            if (!Replay.IsAllowed(claim, new([.. inputs!], [], [], default, 0))) throw Lie("gives a model that is none");
            _planted = inputs!;
        }
        bool tighten = hulls.Zip(claim.Registers).All(p => p.Second.Range.Contains(p.First));
        var ends = new (Int128? Proved, Witness? Reached)[2, registers];
        for (int r = 0; r < registers; r++)
        {
            foreach (int side in (ReadOnlySpan<int>)[0, 1])
            {
                bool highest = side == 1;
                Int128 register = highest ? claim.Registers[r].Range.High : claim.Registers[r].Range.Low;
                PartialSum[] candidates = PartialSum.Descending(sums, r, highest);
                if (tighten) ends[side, r] = Extreme(candidates, highest);
                else if (Exceeds(candidates[0].End(highest), register, highest)) ends[side, r] = Within(candidates, register, highest);
            }
        }
        ImmutableArray<Int128?> low = [.. Enumerable.Range(0, registers).Select(r => ends[0, r].Proved)],
            high = [.. Enumerable.Range(0, registers).Select(r => ends[1, r].Proved)];
        bool none = low.All(v => v is null) && high.All(v => v is null);
        return new([.. hulls.Select((h, r) => new Interval(low[r] ?? h.Low, high[r] ?? h.High))], Witnesses(ends, 0), Witnesses(ends, 1),
            _reason)
        {
            Evidence = none ? [] : [new SmtEvidence(solver.Name, () => SmtText.Script(claim, sums, low, high).Script, low, high)],
        };
    }

    // That inputs exist is often plain: all at their least, at their largest, or as near to 0 as can be. Otherwise the solver is asked.
    private long[]? Corner()
    {
        Interval[] boxes = [.. Enumerable.Range(0, claim.K).Select(claim.Input)];
        foreach (Func<Interval, Int128> pick in (Func<Interval, Int128>[])[b => Int128.Clamp(0, b.Low, b.High), b => b.Low, b => b.High])
        {
            long[] inputs = [.. boxes.Select(b => (long)pick(b))];
            if (Replay.IsAllowed(claim, new([.. inputs], [], [], default, 0))) return inputs;
        }
        return null;
    }

    // Inputs found without the solver that bring a sum beyond a bound; null: none were found.
    private Witness? Own(PartialSum sum, Int128 bound, bool highest)
    {
        Witness witness = sum.Reach(claim, TiedSearch.From(claim, _planted, sum, highest), highest);
        return Exceeds(witness.Value, bound, highest) && Replay.IsAllowed(claim, witness) ? witness : null;
    }

    private static ImmutableArray<Func<Witness>?> Witnesses((Int128? Proved, Witness? Reached)[,] ends, int side) =>
        [.. Enumerable.Range(0, ends.GetLength(1)).Select(r => ends[side, r].Reached is { } w ? (Func<Witness>)(() => w) : null)];

    private static bool Exceeds(Int128 value, Int128 bound, bool highest) => highest ? value > bound : value < bound;

    // Whether no sum lies beyond a bound: then the bound is proved; a sum that does is a witness.
    private (Int128?, Witness?) Within(PartialSum[] candidates, Int128 bound, bool highest)
    {
        foreach (PartialSum sum in candidates.TakeWhile(s => Exceeds(s.End(highest), bound, highest)))
        {
            if (Own(sum, bound, highest) is { } own) return (null, own);
            (bool? exists, Witness? witness) = Ask(sum, bound, highest, optimize: false);
            if (exists is true) return (null, witness);
            if (exists is null) return (null, null);
        }
        return (bound, null);
    }

    // The largest sum, reached and proved. A bound that is unsatisfiable to exceed stays so when it rises, so no sum is asked about twice.
    private (Int128?, Witness?) Extreme(PartialSum[] candidates, bool highest)
    {
        Int128 best = highest ? candidates.Min(s => s.Range.Low) - 1 : candidates.Max(s => s.Range.High) + 1;
        Witness? reached = null;
        bool proposed = false;
        foreach (PartialSum sum in candidates)
        {
            Int128 upper = sum.End(highest);
            if (Exceeds(upper, best, highest) && Own(sum, best, highest) is { } own) (best, reached) = (own.Value, own);
            while (Exceeds(upper, best, highest))
            {
                if (solver.HasObjectives && !proposed)
                {
                    proposed = true;
                    (bool? some, Witness? proposal) = Ask(sum, best, highest, optimize: true);
                    if (some is true) (best, reached) = (proposal!.Value, proposal);
                    if (some is true) continue;
                }
                Int128 asked = solver.HasObjectives ? best : best + (upper - best) / 2;
                (bool? exists, Witness? witness) = Ask(sum, asked, highest, optimize: false);
                if (exists is null) return (null, null);
                if (exists is false) upper = asked;
                else
                {
                    (best, reached) = (witness!.Value, witness);
                    if (solver.HasObjectives && Ask(sum, best, highest, optimize: true) is (true, { } further)) (best, reached) =
                        (further.Value, further);
                }
            }
        }
        return (best, reached);
    }

    private (bool? Exists, Witness? Witness) Ask(PartialSum sum, Int128 bound, bool highest, bool optimize)
    {
        string products = SmtText.Sum(claim, sum, highest);
        string objective = optimize ? $"({(highest ? "maximize" : "minimize")} {products})\n" : "";
        (bool? exists, long[]? inputs) = Check("(push 1)\n" + SmtText.Beyond(claim, sum, products, bound, highest) + objective,
            model: true);
        session.Send("(pop 1)\n", limit + Grace);
        if (exists is false && !optimize) return Believed(sum, products, highest);
        if (exists is not true) return (exists, null);
        Witness witness = sum.Reach(claim, inputs!, highest);
        if (!Replay.IsAllowed(claim, witness) || !Exceeds(witness.Value, bound, highest)) throw Lie("gives a model that is none");
        return (true, witness);
    }

    // The same question in the same state about a bound that known inputs exceed by one: it has an answer.
    private (bool?, Witness?) Believed(PartialSum sum, string products, bool highest)
    {
        Int128 known = sum.Reach(claim, _planted, highest).Value;
        (bool? exists, _) = Check("(push 1)\n" + SmtText.Beyond(claim, sum, products, highest ? known - 1 : known + 1, highest),
            model: false);
        session.Send("(pop 1)\n", limit + Grace);
        if (exists is false) throw Lie("says unsat to a question that has an answer");
        return exists is true ? (false, null) : (null, null);
    }

    private SolverException Lie(string what) => new($"the solver '{solver.Name}' {what}, so that nothing it says counts") { IsLie = true };

    // sat, unsat, or null when the solver does not know.
    private (bool?, long[]?) Check(string assertions, bool model)
    {
        TimeSpan left = limit - _clock.Elapsed;
        if (left <= TimeSpan.Zero) return Open("the time is over");
        string answer = session.Send(assertions + solver.Limit(left) + "(check-sat)\n", left + Grace);
        return answer switch
        {
            "sat" => (true, model ? Model(session.Send($"(get-value ({_names}))\n", limit + Grace)) : null),
            "unsat" => (false, null),
            "unknown" or "timeout" => Open(_clock.Elapsed >= limit ? "the time is over" : "it does not know"),
            _ => throw new SolverException($"the solver '{solver.Name}' answers '{answer[..Math.Min(answer.Length, 80)].ReplaceLineEndings(" ")}' to check-sat"),
        };
    }

    private (bool?, long[]?) Open(string why)
    {
        _reason = string.Create(CultureInfo.InvariantCulture,
            $"the solver '{solver.Name}' leaves a sum open: {why} (limit {limit.TotalSeconds:0.###} s)");
        return (null, null);
    }

    // ((x0 5) (x1 (- 3)) …)
    private long[] Model(string text)
    {
        var inputs = new long[claim.K];
        string[] words = text.Split(['(', ')', ' ', '\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries);
        int k = 0;
        for (int i = 0; i < words.Length; i++, k++)
        {
            if (k >= inputs.Length || words[i] != FormattableString.Invariant($"x{k}") || ++i == words.Length) throw NoModel(text);
            bool negative = words[i] == "-" && ++i < words.Length;
            if (i == words.Length || !long.TryParse(words[i], NumberStyles.None, CultureInfo.InvariantCulture,
                out inputs[k])) throw NoModel(text);
            if (negative) inputs[k] = -inputs[k];
        }
        return k == inputs.Length ? inputs : throw NoModel(text);
    }

    private SolverException NoModel(string text) =>
        new($"the solver '{solver.Name}' answers '{text[..Math.Min(text.Length, 80)].ReplaceLineEndings(" ")}' to get-value");
}
