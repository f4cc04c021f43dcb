using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Sim.Checker.Claims;
using Sim.Checker.Files;
using Sim.Checker.Model;

namespace Sim.Checker;

/// <summary>One channel's answers: at its widths, and of a least width one bit below.</summary>
internal sealed class ChannelCheck(CheckState state, Claim claim, string name, int row, Layer? layer, Channel channel, bool constant,
    string place)
{
    private readonly int _registers = claim.Order.Registers;
    private IReadOnlyList<Relation> _relations = [];
    private bool _left;

    internal void Run(Fields json)
    {
        if (json.Int("channel", 0, int.MaxValue) != row) throw new Fault("the channels are not in order");
        int[] widths = [.. json.Numbers("widths").Select(w => w >= 1 && w <= 64 ? (int)w : throw new Fault("a register has 1 to 64 bits"))];
        if (widths.Length != _registers || claim.Widths is { } all
            && !all.SequenceEqual(widths)) throw new Fault("the widths are not those of the claim");
        if (constant)
        {
            BigInteger positive = 0, negative = 0;
            foreach (Range w in channel.Weights) (positive, negative) = (positive + BigInteger.Max(0, w.Low),
                negative - BigInteger.Min(0, w.Low));
            if (positive != json.Number("s_plus")
                || negative != json.Number("s_minus")) throw new Fault($"the weights have S+ = {positive}, S- = {negative}");
        }
        if (json.Has("relations")) _relations = Relations(json.Objects("relations"));
        if (state.Premises?.Relations(name, row) is { Count: > 0 } declared
            && _relations.Count == 0) throw new Fault($"{declared.Count} relations are declared, none is stated");
        Fields answer = json.Object("answer");
        List<Fields?> below = claim.Widths is null ? json.Optional("one_bit_less") : [];
        json.End();
        bool proved = Answer(answer, widths, null);
        if (claim.Widths is not null) return;
        if (!proved || below.Count != _registers) throw new Fault("a least width needs a proof, and an answer one bit below for each register");
        for (int r = 0; r < _registers; r++)
        {
            if (widths[r] == 1 != below[r] is null) throw new Fault("one bit less is asked about from 2 bits on, and only there");
            if (below[r] is { } less) Answer(less, [.. widths.Select((w, i) => i == r ? w - 1 : w)], r);
        }
    }

    // Whether it is a proof. below: the register that is one bit narrower than a least width.
    private bool Answer(Fields json, int[] widths, int? below)
    {
        string verdict = json.Text("verdict");
        if (verdict == "proved" && below is null)
        {
            Range[] bounds = Followed(json);
            for (int r = 0; r < _registers; r++)
                if (claim.Widths is null ? bounds[r].Width != widths[r] : !Range.Register(widths[r])
                    .Holds(bounds[r])) throw new Fault($"register {r} of {widths[r]} bits is not what {bounds[r]} needs");
            if (!_left) state.Proved++;
        }
        else if (verdict == "refuted") Refutation(json, widths, below);
        else if (verdict == "unknown") state.Unknown += below is null ? 1 : 0;
        else throw new Fault("a verdict is proved, refuted or unknown");
        json.End();
        return verdict == "proved";
    }

    // The bounds: what independent inputs can do, narrowed by evidence. They must be exactly those stated.
    private Range[] Followed(Fields json)
    {
        List<Range> stated = json.Ranges("bounds");
        Range[] shown = channel.Hulls(channel.Extremes);
        foreach (Fields evidence in json.Has("evidence") ? json.Objects("evidence") : [])
        {
            string kind = evidence.Text("kind");
            Range?[] more = kind switch { "simplex" => Simplex(), "smt" => Smt(evidence), "layers" => Layers(evidence),
                _ => throw new Fault("no such evidence") };
            evidence.End();
            shown = [.. shown.Zip(more, (a, b) => b is { } m ? a.Meet(m) : a)];
        }
        return shown.SequenceEqual(stated) ? shown : throw new Fault($"the bounds that can be followed are {string.Join(", ", shown)}");
    }

    private Range?[] Simplex()
    {
        if (!constant || _relations.Count == 0
            || Groups.Of(channel, _relations) is not
            { } groups) throw new Fault("simplex evidence needs constant weights and relations of disjoint groups");
        return [.. channel.Hulls(s => groups.Extremes(channel, s)
            ?? throw new Fault("simplex evidence does not cover inputs of both signs in any order")).Cast<Range?>()];
    }

    // A solver's answers are followed by nobody here: the questions are handed on.
    private Range?[] Smt(Fields json)
    {
        List<BigInteger?> low = json.Ends("low"), high = json.Ends("high");
        if (!constant || _relations.Count == 0 || low.Count != _registers
            || high.Count != _registers) throw new Fault("smt evidence needs constant weights, relations, and ends of every register");
        (string script, int unsat) = SmtScript.Of(channel, _relations, low, high);
        if (Encoding.UTF8.GetString(state.Folder.Read(json.Text("script"), json.Text("script_sha256")))
            != script) throw new Fault("the script is not the question about this channel");
        state.Questions.Add(new(place, script, unsat));
        _left = true;
        Range[] boxes = channel.Hulls(channel.Extremes);
        return [.. boxes.Select((b, r) => (Range?)new Range(low[r] ?? b.Low, high[r] ?? b.High))];
    }

    // Lines through the requantization of earlier layers: each sum stays inside by the ranges of its terms, or by a part.
    private Range?[] Layers(Fields json)
    {
        List<Range> ranges = json.Ranges("ranges");
        List<Fields> parts = json.Objects("parts");
        if (!constant || claim.Inputs != "relations" || parts.Count == 0)
            throw new Fault("evidence over layers needs constant weights, inputs 'relations', and parts");
        if (layer is null)
        {
            // Nothing ties the layer to the model, as the report says: there are no layers behind it to follow lines through.
            _left = true;
            return ranges.Count == _registers ? [.. ranges.Cast<Range?>()] : throw new Fault("ranges of another number of registers");
        }
        Lines? lines = null;
        var bounds = new Dictionary<(PartialSum, string, bool), BigInteger>();
        foreach (Fields part in parts)
        {
            (int from, int until, int register) = (part.Int("from", 0, channel.K), part.Int("until", 0, channel.K),
                part.Int("register", 0, _registers - 1));
            bool bias = part.Flag("bias"),
                high = part.Text("end") switch { "high" => true, "low" => false, _ => throw new Fault("an end is high or low") };
            string there = part.Text("there");
            List<string> texts = part.Texts("slopes");
            if (Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', texts))))
                != part.Text("slopes_sha256")) throw new Fault("the slopes are not those of their digest");
            BigInteger stated = part.Number("bound"), exact = part.Number("unrounded");
            part.End();
            PartialSum sum = channel.Sums.FirstOrDefault(s => s.From == from && s.Until == until && s.Bias == bias
                && s.Register == register);
            if (sum.Until != until || until == from || there.Length != channel.K
                || !there.All(c => c is '0' or '1')) throw new Fault("a part is about a sum that the order does not have");
            lines ??= new Lines(layer, row, claim.IsRaw, texts.Count);
            var coefficients = new BigInteger[channel.K];
            for (int k = from; k < until; k++)
                if (there[k] == '1') coefficients[k] = high ? channel.Weights[k].Low : -channel.Weights[k].Low;
            (BigInteger unrounded, int scale) = lines.Bound(coefficients, sum.IsSubset, [.. texts.Select(Slopes)]);
            BigInteger bound = (high ? unrounded >> scale : -(unrounded >> scale)) + channel.Start(sum);
            if (unrounded != exact) throw new Fault($"the lines show {unrounded} before rounding");
            if (bound != stated || !bounds.TryAdd((sum, there, high),
                bound)) throw new Fault($"the lines show {bound}, or a sum has two parts");
        }
        int used = 0;
        Range Within(PartialSum sum)
        {
            Range? hull = null;
            foreach (bool[] there in sum.IsSubset || sum.From == sum.Until ? [[.. Enumerable.Repeat(true, channel.K)]] : Lines.Kinds(layer))
            {
                Range range = Range.Of(channel.Start(sum));
                for (int k = sum.From; k < sum.Until; k++)
                    if (there[k]) range += sum.IsSubset ? lines!.Operand(k).Times(channel.Weights[k].Low).Hull(Range.Of(0))
                        : lines!.Operand(k).Times(channel.Weights[k].Low);
                string name = string.Concat(there.Select(t => t ? '1' : '0'));
                if (bounds.TryGetValue((sum, name, true), out BigInteger high)) (range, used) =
                    (range with { High = BigInteger.Min(range.High, high) }, used + 1);
                if (bounds.TryGetValue((sum, name, false), out BigInteger low)) (range, used) =
                    (range with { Low = BigInteger.Max(range.Low, low) }, used + 1);
                hull = hull?.Hull(range) ?? range;
            }
            return hull!.Value;
        }
        Range[] shown = channel.Hulls(Within);
        if (used != bounds.Count) throw new Fault("a part is about a place that the layer does not have");
        return shown.SequenceEqual(ranges) ? [.. shown.Cast<Range?>()] : throw new Fault($"the lines show {string.Join(", ", shown)}");
    }

    // "shift p0 p1 …": slopes p / 2^shift.
    private static (int, long[]) Slopes(string text)
    {
        long[] numbers = [.. text.Split(' ').Select(Slope)];
        return ((int)Math.Clamp(numbers[0], -1, 1000), numbers[1..]);
    }

    private static long Slope(string text) =>
        long.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture,
        out long value)
        ? value : throw new Fault("slopes are whole numbers");

    // A value that the register cannot hold: the first of high and low, register by register. For free inputs it is the extreme; else
    // inputs are given that reach it.
    private void Refutation(Fields json, int[] widths, int? below)
    {
        BigInteger value = json.Number("value");
        Func<int, bool, BigInteger> reached;
        if (json.Has("network_input"))
        {
            if (claim.Inputs != "relations") throw new Fault("an input of the network is no input of this claim");
            byte[] input = state.Folder.Read(json.Text("network_input"), json.Text("network_input_sha256"));
            if (layer is null)
            {
                // As above: there is nothing to run the input through.
                _left = true;
                reached = (_, high) => high == value > 0 ? value : 0;
            }
            else reached = Replay.Of(layer, row, claim.IsRaw, channel, input);
        }
        else if (claim.Inputs == "relations"
            && layer is { Source: null }) throw new Fault("a claim over layers is refuted by an input of the network only");
        else if (_relations.Count == 0) reached = (r, high) =>
            channel.Hulls(channel.Extremes)[r] is var hull && high ? hull.High : hull.Low;
        else if (layer is { IsBipolar: true }
            || !constant) throw new Fault("relations between inputs that are not all integers, or weights that are not constant");
        else reached = Inputs(json, value > 0);
        foreach (int r in below is { } one ? [one] : Enumerable.Range(0, _registers))
        {
            foreach (bool high in (bool[])[true, false])
            {
                BigInteger at = reached(r, high);
                if (high ? at <= Range.Register(widths[r]).High : at >= Range.Register(widths[r]).Low) continue;
                if (at != value) throw new Fault($"the first sum that overflows is {at}");
                if (!_left) state.Refuted++;
                return;
            }
        }
        throw new Fault("no register overflows");
    }

    // Inputs that fulfil the relations, and the sum of each relation. Inputs that no relation names are where they help most, so that no
    // number is free.
    private Func<int, bool, BigInteger> Inputs(Fields json, bool high)
    {
        List<BigInteger> inputs = json.Numbers("inputs"), sums = json.Numbers("relation_sums");
        if (inputs.Count != channel.K || sums.Count != _relations.Count) throw new Fault("inputs or sums of relations are missing");
        for (int k = 0; k < channel.K; k++)
        {
            Range box = channel.Inputs[k];
            if (inputs[k] < box.Low || inputs[k] > box.High) throw new Fault($"input {k} lies outside its box");
            bool free = _relations.All(r => r.Coefficients[k].IsZero);
            if (free && inputs[k] != (channel.Weights[k].Low.Sign * (high ? 1 : -1) > 0 ? box.High
                : box.Low)) throw new Fault($"input {k} is in no relation, and not at its end");
        }
        for (int r = 0; r < sums.Count; r++)
        {
            BigInteger sum = 0;
            for (int k = 0; k < channel.K; k++) sum += _relations[r].Coefficients[k] * inputs[k];
            if (sum != sums[r] || sum < _relations[r].Low
                || sum > _relations[r].High) throw new Fault($"relation {r} sums to {sum}, which is not as stated or breaks it");
        }
        return (r, up) => channel.Reached(inputs, r, up);
    }

    // Relations are premises: declared by whoever checks, or reported as tied to nothing.
    private IReadOnlyList<Relation> Relations(List<Fields> list)
    {
        var relations = new List<Relation>();
        foreach (Fields json in list)
        {
            relations.Add(new(json.Numbers("coefficients"), json.End("low"), json.End("high")));
            json.End();
            if (relations[^1].Coefficients.Count
                != channel.K) throw new Fault("a relation has another number of coefficients than products");
        }
        if (state.Premises is null)
        {
            state.Untie($"{place}: {relations.Count} relations between inputs are assumed, which are no part of the model; give them with --constraints");
            return relations;
        }
        IReadOnlyList<Relation> declared = state.Premises.Relations(name, row);
        bool same = declared.Count == relations.Count && declared.Zip(relations)
            .All(p => p.First.Low == p.Second.Low && p.First.High == p.Second.High
            && p.First.Coefficients.SequenceEqual(p.Second.Coefficients));
        return same ? relations : throw new Fault("the relations are not those that are declared");
    }
}
