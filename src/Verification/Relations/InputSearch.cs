using System.Collections.Immutable;
using Sim.Verification.Claims;
using Sim.Verification.Verdicts;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Verification.Relations;

/// <summary>
/// Looks for an input of the network that brings a sum of a layer far out: inputs go to the ends that the gradient through the layers
/// points to, first as if nothing were clipped, then by what is clipped. The best input is run through the network by the executor, and the
/// layer's operands are read there: nothing else counts.
/// </summary>
internal sealed class InputSearch
{
    private const int Steps = 8;

    private readonly IntegerNetwork _network;
    private readonly ChannelClaim _claim;
    private readonly int _layer;
    private readonly Chain _chain;
    private readonly (int Y, int X) _place;
    private readonly LayerInput _from;
    private readonly long[][] _operands;
    private readonly double[][] _pull;

    private InputSearch(IntegerNetwork network, int layer, ChannelClaim claim, Chain chain, (int, int) place, LayerInput from)
    {
        (_network, _layer, _claim, _chain, _place, _from) = (network, layer, claim, chain, place, from);
        _operands = [.. chain.Levels.Select(l => new long[l.Count])];
        _pull = [.. chain.Levels.Select(l => new double[l.Count])];
    }

    /// <summary>Both ends of every register as far as the search brought them; empty when the layers before do not lead to the network's
    /// only input.</summary>
    internal static ImmutableArray<Witness> Run(NetworkRelations relations, ChannelClaim claim)
    {
        IntegerNetwork network = relations.Network;
        int layer = relations.IndexOf(claim.Layer);
        if (layer < 0 || network.Inputs.Length != network.Layers.Length || network.Graph.Inputs.Length != 1
            || claim.Layer.Weights.Length == 0) return [];
        (int Y, int X) place = claim.Layer.Shape.Conv is { } g ? (g.OutputHeight / 2, g.OutputWidth / 2) : (0, 0);
        if (claim.Layer.Shape.Conv is null && claim.Layer.Shape.M != 1) return [];
        if (Chain.Of(network, layer, claim.Row, claim.ZeroPoints, 64, place, 400_000) is not { } chain) return [];
        LayerInput from = network.Inputs[chain.Levels[^1].Consumer];
        if (from.Value != network.Graph.Inputs[0].Name || !from.IsKnown) return [];
        var search = new InputSearch(network, layer, claim, chain, place, from);
        return [.. search.Towards(highest: false).Concat(search.Towards(highest: true))];
    }

    private IEnumerable<Witness> Towards(bool highest)
    {
        ChainLevel inputs = _chain.Levels[^1];
        long[] values = new long[inputs.Count], best = [];
        double most = double.NegativeInfinity;
        for (int step = 0; step < Steps; step++)
        {
            Pull(highest, straight: step == 0);
            for (int n = 0; n < values.Length; n++)
            {
                // Later steps turn a part of the inputs only, another one each time.
                bool turns = step < 2 || ((n * 2654435761L + step * 40503L) >> 7) % 3 == 0;
                if (turns && _pull[^1][n] != 0) values[n] = (long)(_pull[^1][n] > 0 ? inputs.Box[n].High : inputs.Box[n].Low);
            }
            double reached = Forward(values, highest);
            if (reached <= most) continue;
            (most, best) = (reached, (long[])values.Clone());
        }
        return Executed(best);
    }

    // The sum that the claim's order can reach with these inputs, negated when the low end is sought.
    private double Forward(long[] values, bool highest)
    {
        values.CopyTo(_operands[^1], 0);
        for (int t = _chain.Levels.Count - 2; t >= 0; t--)
        {
            ChainLevel level = _chain.Levels[t];
            IntegerLayer consumer = _network.Layers[level.Consumer];
            int zero = t == 0 && _claim.ZeroPoints == ZeroPoints.Raw ? 0 : consumer.InputZeroPoint;
            for (int n = 0; n < level.Count; n++)
            {
                long sum = level.Bias[n];
                for (int e = level.Start[n]; e < level.Start[n + 1]; e++) sum += level.Weight[e] * _operands[t + 1][level.Input[e]];
                _operands[t][n] = consumer.Source!.Stored(sum, level.Channel[n]) - zero;
            }
        }
        double total = 0;
        for (int n = 0; n < _operands[0].Length; n++)
        {
            double term = (highest ? 1.0 : -1.0) * _claim.Weights[_chain.Taps[n]] * _operands[0][n];
            total += _claim.Order.EverySubset ? Math.Max(term, 0) : term;
        }
        return total;
    }

    // How the sum changes with each operand; clipped operands pass on little, unless all are taken to be straight lines.
    private void Pull(bool highest, bool straight)
    {
        for (int n = 0; n < _pull[0].Length; n++)
        {
            double weight = (highest ? 1.0 : -1.0) * _claim.Weights[_chain.Taps[n]];
            // A term that never gets above 0 is left out of the largest subset.
            Interval box = _chain.Levels[0].Box[n];
            _pull[0][n] = _claim.Order.EverySubset && (weight > 0 ? box.High <= 0 : box.Low >= 0) ? 0 : weight;
        }
        for (int t = 0; t + 1 < _chain.Levels.Count; t++)
        {
            ChainLevel level = _chain.Levels[t];
            LayerSource source = _network.Layers[level.Consumer].Source!;
            int zero = t == 0 && _claim.ZeroPoints == ZeroPoints.Raw ? 0 : _network.Layers[level.Consumer].InputZeroPoint;
            Array.Clear(_pull[t + 1]);
            for (int n = 0; n < level.Count; n++)
            {
                double pull = _pull[t][n] * source.Multipliers[source.Multipliers.Length == 1 ? 0 : level.Channel[n]];
                long stored = _operands[t][n] + zero;
                if (!straight && (stored <= source.Low || stored >= source.High)) pull *= 0.02;
                if (pull == 0) continue;
                for (int e = level.Start[n]; e < level.Start[n + 1]; e++) _pull[t + 1][level.Input[e]] += pull * level.Weight[e];
            }
        }
    }

    private IEnumerable<Witness> Executed(long[] values)
    {
        ChainLevel inputs = _chain.Levels[^1];
        GraphValue declared = _network.Graph.Inputs[0];
        int[] shape = [.. declared.Shape.Select(d => d < 0 ? 1 : d)];
        IntegerLayer first = _network.Layers[inputs.Consumer];
        // The stored zero elsewhere.
        var stored = new long[Shapes.Count(shape)];
        Array.Fill(stored, (long)Int128.Clamp(first.InputZeroPoint, _from.Type.Low, _from.Type.High));
        ConvGeometry? g = first.Shape.Conv;
        int zero = inputs == _chain.Levels[0] && _claim.ZeroPoints == ZeroPoints.Raw ? 0 : first.InputZeroPoint;
        for (int n = 0; n < values.Length; n++)
        {
            (int channel, int y, int x) = _chain.Places[n];
            stored[g is null ? channel : (channel * g.InputHeight + y) * g.InputWidth + x] = Math.Clamp(values[n] + zero,
                (long)_from.Type.Low, (long)_from.Type.High);
        }
        Tensor image = _from.Scale is not { } scale ? Tensor.OfIntegers(declared.Type, stored, shape)
            : Tensor.OfFloats(Array.ConvertAll(stored, s => (s - _from.ZeroPoint) * scale), shape);
        LayerInput into = _network.Inputs[_layer];
        Tensor? seen = into.Value == declared.Name ? image : null;
        GraphExecutor.Run(_network.Graph, new Dictionary<string, Tensor> { [declared.Name] = image }, null, (name, t) =>
            seen = name == into.Value ? t : seen);
        if (seen is null) return [];
        long[] made = into.Stored(seen), operands = new long[_claim.K];
        int subtract = _claim.ZeroPoints == ZeroPoints.Raw ? 0 : _claim.Layer.InputZeroPoint;
        if (_claim.Layer.Shape.Conv is { } c)
        {
            int groupInputs = c.InputChannels / _claim.Layer.Shape.Groups, pixels = c.OutputHeight * c.OutputWidth;
            var rows = new long[pixels * _claim.K];
            Im2Col.Rows<long>(made, c, _claim.Row / _claim.Layer.Shape.N * groupInputs, groupInputs, _claim.Layer.InputZeroPoint, rows);
            rows.AsSpan((_place.Y * c.OutputWidth + _place.X) * _claim.K, _claim.K).CopyTo(operands);
        }
        else if (made.Length == operands.Length) made.CopyTo(operands, 0);
        else return [];
        for (int k = 0; k < operands.Length; k++) operands[k] -= subtract;
        // A float input that the quantizer rounds to other integers than meant may leave the boxes of narrower inputs.
        return Enumerable.Range(0, _claim.K).All(k => _claim.Input(k).Contains(operands[k]))
            ? Ends(operands, new(image, _place.Y, _place.X)) : [];
    }

    // The sums of the claim's order that lie furthest out with these operands, two a register.
    private IEnumerable<Witness> Ends(long[] operands, NetworkInput input)
    {
        ImmutableArray<long> x = [.. operands];
        var ends = new Witness?[2, _claim.Registers.Length];
        foreach (SumNode node in _claim.Order.Nodes(_claim.K, _claim.BiasPlacement))
        {
            bool subset = _claim.Order.EverySubset && node.Until > node.From
                && !(node.Bias && _claim.BiasPlacement == BiasPlacement.AddedAfter);
            for (int end = 0; end < 2; end++)
            {
                bool Taken(int k) => k >= node.From && k < node.Until
                    && (!subset || (end == 1 ? _claim.Weights[k] * operands[k] >= 0 : _claim.Weights[k] * operands[k] <= 0));
                int[] first = [.. Enumerable.Range(0, _claim.K).Where(Taken)];
                Int128 value = node.Bias ? _claim.Bias : 0;
                foreach (int k in first) value += (Int128)_claim.Weights[k] * operands[k];
                if (ends[end, node.Register] is { } known && (end == 1 ? known.Value >= value : known.Value <= value)) continue;
                ends[end, node.Register] = new(x, [], subset ? [.. first, .. Enumerable.Range(0, _claim.K).Where(k => !Taken(k))] : [],
                    subset ? node with { From = 0, Until = first.Length } : node, value) { Network = input };
            }
        }
        return ends.Cast<Witness>();
    }
}
