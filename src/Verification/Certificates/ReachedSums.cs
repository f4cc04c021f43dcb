using Sim.Verification.Claims;
using Sim.Workloads.Integers;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;

namespace Sim.Verification.Certificates;

/// <summary>The furthest partial sum that given operands of a channel reach, over several places of the layer's output.</summary>
internal sealed class ReachedSums(ChannelClaim claim, IEnumerable<long[]> places)
{
    private readonly long[][] _places = [.. places];

    /// <summary>The largest (or least) sum of a register.</summary>
    internal Int128 Of(int register, bool high) =>
        _places.Select(x => Of(x, register, high)).Aggregate((a, b) => high ? Int128.Max(a, b) : Int128.Min(a, b));

    private Int128 Of(long[] inputs, int register, bool high)
    {
        var prefix = new Int128[claim.K + 1];
        Int128 subset = 0, best = high ? Int128.MinValue : Int128.MaxValue;
        for (int k = 0; k < claim.K; k++)
        {
            Int128 term = (Int128)claim.Weights[k] * inputs[k];
            prefix[k + 1] = prefix[k] + term;
            subset += high ? Int128.Max(term, 0) : Int128.Min(term, 0);
        }
        foreach (SumNode node in claim.Order.Nodes(claim.K, claim.BiasPlacement).Where(n => n.Register == register))
        {
            bool every = claim.Order.EverySubset && node.Until > node.From
                && !(node.Bias && claim.BiasPlacement == BiasPlacement.AddedAfter);
            Int128 value = (node.Bias ? claim.Bias : 0) + (every ? subset : prefix[node.Until] - prefix[node.From]);
            best = high ? Int128.Max(best, value) : Int128.Min(best, value);
        }
        return best;
    }

    /// <summary>The operands of a row at every place of its layer's output, for an input of the network that the executor runs.</summary>
    internal static IEnumerable<long[]> Places(ChannelClaim claim, Tensor input)
    {
        IntegerNetwork network = claim.Network!.Network;
        LayerInput from = network.Inputs[claim.Network.IndexOf(claim.Layer)];
        Tensor? value = from.Value == network.Graph.Inputs[0].Name ? input : null;
        GraphExecutor.Run(network.Graph, new Dictionary<string, Tensor> { [network.Graph.Inputs[0].Name] = input }, null, (name, t) =>
            value = name == from.Value ? t : value);
        long[] stored = from.Stored(value!);
        int zero = claim.ZeroPoints == ZeroPoints.Raw ? 0 : claim.Layer.InputZeroPoint;
        if (claim.Layer.Shape.Conv is not { } g)
        {
            yield return Array.ConvertAll(stored, x => x - zero);
            yield break;
        }
        int window = g.KernelHeight * g.KernelWidth, first = claim.Row / claim.Layer.Shape.N * (claim.K / window);
        for (int place = 0; place < g.OutputHeight * g.OutputWidth; place++)
        {
            var operands = new long[claim.K];
            for (int k = 0; k < operands.Length; k++)
            {
                int y = place / g.OutputWidth * g.StrideHeight + k % window / g.KernelWidth * g.DilationHeight - g.PadTop,
                    x = place % g.OutputWidth * g.StrideWidth + k % g.KernelWidth * g.DilationWidth - g.PadLeft;
                bool there = y >= 0 && x >= 0 && y < g.InputHeight && x < g.InputWidth;
                operands[k] = (there ? stored[((first + k / window) * g.InputHeight + y) * g.InputWidth + x] : claim.Layer.InputZeroPoint)
                    - zero;
            }
            yield return operands;
        }
    }
}
