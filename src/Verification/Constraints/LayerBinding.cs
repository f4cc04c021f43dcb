using System.Collections.Immutable;
using Sim.Foundation.Diagnostics;
using Sim.Verification.Claims;
using Sim.Workloads.Integers;

namespace Sim.Verification.Constraints;

/// <summary>Constraints of one layer in its own indices; everything that the layer cannot have is recorded at its place.</summary>
internal sealed class LayerBinding
{
    private readonly IntegerLayer _layer;
    private readonly LayerConstraints _constraints;
    private readonly DiagnosticBag _bag;
    private readonly int _zero, _channels, _perGroup, _taps;

    internal LayerBinding(IntegerLayer layer, LayerConstraints constraints, ZeroPoints zeroPoints, DiagnosticBag bag)
    {
        (_layer, _constraints, _bag) = (layer, constraints, bag);
        _zero = zeroPoints == ZeroPoints.Folded ? layer.InputZeroPoint : 0;
        // Products of a batch have K inputs of their own each, which no index of the file could tell apart: they count as one group's.
        bool batch = layer.Shape.Conv is null && layer.Shape.Groups > 1;
        _perGroup = layer.Shape.Conv is { } g ? g.InputChannels / layer.Shape.Groups : layer.K;
        _channels = batch ? layer.K : _perGroup * layer.Shape.Groups;
        _taps = layer.K / _perGroup;
        IsBatch = batch;
    }

    private bool IsBatch { get; }

    private IEnumerable<MemberBox> Boxes =>
        _constraints.Boxes.Concat(_constraints.Sums.Where(s => s.Box is not null)
        .Select(s => new MemberBox(s.Members, s.Box!.Value, s.Location)));

    // Where inputs are channels, boxes of inputs are boxes of channels; elsewhere they become relations.
    private bool AreChannels(Members members) => !IsBatch && (members.Channels || _taps == 1 && _layer.Shape.Groups == 1);

    /// <summary>The layer with its boxes narrowed by the boxes of all inputs and of channels.</summary>
    internal IntegerLayer Narrowed()
    {
        Interval[] boxes = _layer.Inputs;
        if (_constraints.Box is { } all) boxes = Array.ConvertAll(boxes, b => Both(b, all, _constraints.Location));
        if (!Boxes.Any(b => AreChannels(b.Members))) return boxes == _layer.Inputs ? _layer : _layer.WithInputs(boxes);
        int run = _channels / boxes.Length;
        boxes = [.. Enumerable.Range(0, _channels).Select(c => boxes[c / run])];
        foreach (MemberBox box in Boxes.Where(b => AreChannels(b.Members)))
            foreach (int c in Indices(box.Members)) boxes[c] = Both(boxes[c], box.Range, box.Location);
        return _layer.WithInputs(boxes);
    }

    /// <summary>Relations of the rows of each group.</summary>
    internal ImmutableArray<LinearRelation>[] Relations()
    {
        var relations = new List<LinearRelation>[_layer.Shape.Groups];
        for (int g = 0; g < relations.Length; g++) relations[g] = [];
        foreach (MemberBox box in Boxes.Where(b => !AreChannels(b.Members)))
        {
            if (box.Members.Channels) Refuse(box.Location, "has products of a batch, whose inputs have no channels");
            else
                foreach (int k in Indices(box.Members)) Add(relations, [(k, 1)], box.Range.Low, box.Range.High);
        }
        foreach (SumConstraint sum in _constraints.Sums) Sum(relations, sum);
        return [.. relations.Select(r => r.ToImmutableArray())];
    }

    private void Sum(List<LinearRelation>[] relations, SumConstraint sum)
    {
        int[] members = Indices(sum.Members);
        if (members.Length == 0) return;
        if (sum.Coefficients.Length > 0 && sum.Coefficients.Length != members.Length)
        {
            _bag.Error(sum.Location, "VER021",
                $"{sum.Coefficients.Length} coefficients for {members.Length} members of layer '{_layer.Name}'");
            return;
        }
        (int Index, long Coefficient)[] terms = [.. members.Select((m, i) => (m, sum.Coefficients.Length == 0 ? 1L : sum.Coefficients[i]))];
        Int128? total = sum.IsOneHot ? sum.Box!.Value.Low * members.Length + 1 : null, low = total ?? sum.Low, high = total ?? sum.High;
        if (!sum.Members.Channels)
        {
            Add(relations, terms, low, high);
            return;
        }
        if (IsBatch)
        {
            Refuse(sum.Location, "has products of a batch, whose inputs have no channels");
            return;
        }
        Int128 padding = terms.Aggregate((Int128)0, (s, t) => s + t.Coefficient * _layer.InputZeroPoint);
        if (_layer.IsPadded && (padding < low || padding > high || sum.Box?.Contains(_layer.InputZeroPoint) is false))
        {
            Refuse(sum.Location, $"pads its input with {_layer.InputZeroPoint}, which does not fulfil this constraint; allowed are constraints that the padding fulfils too");
            return;
        }
        foreach (IGrouping<int, (int Index, long Coefficient)> group in terms.GroupBy(t => t.Index / _perGroup))
        {
            if (group.Count() != terms.Length)
            {
                Refuse(sum.Location, $"has {_layer.Shape.Groups} groups of {_perGroup} channels, and no row sees channels of two groups; allowed are channels of one group");
                return;
            }
            for (int tap = 0; tap < _taps; tap++)
                relations[group.Key].Add(Relation([.. group.Select(t => (t.Index % _perGroup * _taps + tap, t.Coefficient))], low, high));
        }
    }

    private void Add(List<LinearRelation>[] relations, (int, long)[] terms, Int128? low, Int128? high)
    {
        LinearRelation relation = Relation(terms, low, high);
        foreach (List<LinearRelation> group in relations) group.Add(relation);
    }

    // Of stored inputs, as one of what the multipliers take.
    private LinearRelation Relation((int K, long Coefficient)[] terms, Int128? low, Int128? high)
    {
        var coefficients = new long[_layer.K];
        Int128 shift = 0;
        foreach ((int k, long c) in terms)
        {
            coefficients[k] = c;
            shift += (Int128)c * _zero;
        }
        return new([.. coefficients], low - shift, high - shift);
    }

    // Indices that the layer has; none after recording the first that it has not.
    private int[] Indices(Members members)
    {
        int count = members.Channels ? _channels : _layer.K;
        if (members.Ranges is not { } ranges) return [.. Enumerable.Range(0, count)];
        foreach ((_, int last) in ranges)
        {
            if (last < count) continue;
            _bag.Error(members.Location, "VER020",
                $"layer '{_layer.Name}' has no {(members.Channels ? "channel" : "input")} {last}; allowed are 0 to {count - 1}");
            return [];
        }
        return [.. ranges.SelectMany(r => Enumerable.Range(r.First, r.Last - r.First + 1))];
    }

    private Interval Both(Interval box, Interval narrower, Location at)
    {
        Interval both = new(Int128.Max(box.Low, narrower.Low), Int128.Min(box.High, narrower.High));
        if (both.Low <= both.High) return both;
        _bag.Error(at, "VER020", $"nothing of {narrower} lies within {box}, which is what inputs of layer '{_layer.Name}' can be");
        return box;
    }

    private void Refuse(Location at, string why) => _bag.Error(at, "VER021", $"layer '{_layer.Name}' {why}");
}
