using System.Runtime.InteropServices;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;
using Sim.Verification.Claims;

namespace Sim.Verification.Verdicts;

/// <summary>Runs a witness through the reference kernel's register of the claimed width: a refutation counts only when that register really
/// overflows.</summary>
public static class Replay
{
    /// <summary>Whether the witness lies in the claim's input set, its partial sum has the stated value, and the register that holds it
    /// overflows.</summary>
    public static bool Overflows(ChannelClaim claim, Witness witness)
    {
        ArgumentNullException.ThrowIfNull(claim);
        ArgumentNullException.ThrowIfNull(witness);
        if (!IsAllowed(claim, witness)) return false;
        SumNode node = witness.Node;
        Int128 exact = (node.Bias ? claim.Bias : 0) + Sum(claim, witness, node.From, node.Until);
        Register register = claim.Registers[node.Register];
        if (exact != witness.Value || register.Range.Contains(exact)) return false;
        // The start value itself does not fit; or the register is a lone sign bit, which no datapath has, and the exact sum is neither 0
        // nor −1.
        if (node.Until == node.From || register.Bits == 1) return true;
        bool preload = node.Bias && claim.BiasPlacement == BiasPlacement.Preloaded;
        if (preload && !register.Range.Contains(claim.Bias)) return true;
        List<uint> a = new(claim.K + 2), b = new(claim.K + 2);
        Addends(claim, witness, a, b);
        var spec = new DatapathSpec("replay", Wide, Wide, new IntegerAccumulator(register.Bits, register.Overflow));
        GemmEvents events = default;
        long result = ReferenceKernel.Dot(spec, preload ? unchecked((ulong)(long)claim.Bias) : 0, CollectionsMarshal.AsSpan(a),
            CollectionsMarshal.AsSpan(b), ref events);
        return events.OverflowedOutputs == 1 && (claim.Order is not FinalOrder || result != exact);
    }

    /// <summary>The witness, once replayed. A witness that does not overflow is a fault of the prover that made it.</summary>
    public static Witness Demand(ChannelClaim claim, Witness witness) =>
        Overflows(claim, witness) ? witness
            : throw new InvalidOperationException($"layer '{claim.Layer.Name}', channel {claim.Row}: a refutation does not replay: {witness.Node} = {witness.Value}");

    private static readonly FixedFormat Wide = new("int32", 32, 0, true);

    internal static bool IsAllowed(ChannelClaim claim, Witness witness)
    {
        if (witness.Inputs.Length != claim.K || witness.Node.Until > claim.K) return false;
        Interval? box = claim.UniformInput;
        for (int k = 0; k < claim.K; k++)
        {
            if (!(box ?? claim.Input(k)).Contains(witness.Inputs[k])) return false;
            if (claim.Weights.IsEmpty && !claim.Weight(k).Contains(witness.Weights[k])) return false;
        }
        foreach (LinearRelation relation in claim.Relations)
        {
            Int128 sum = 0;
            for (int k = 0; k < claim.K; k++) sum += (Int128)relation.Coefficients[k] * witness.Inputs[k];
            if (sum < relation.Low || sum > relation.High) return false;
        }
        return true;
    }

    // Products by position of the witness's order.
    private static Int128 Sum(ChannelClaim claim, Witness witness, int from, int until)
    {
        ReadOnlySpan<int> weights = claim.Weights;
        Int128 sum = 0;
        for (int i = from; i < until; i++)
        {
            int k = witness.Permutation.IsEmpty ? i : witness.Permutation[i];
            long x = witness.Inputs[k], w = weights.IsEmpty ? witness.Weights[k] : weights[k];
            sum += unchecked((int)x == x && (int)w == w) ? x * w : (Int128)x * w;
        }
        return sum;
    }

    // What the register of the node adds, one after the other: products, or sums that another register hands over.
    private static void Addends(ChannelClaim claim, Witness witness, List<uint> a, List<uint> b)
    {
        SumNode node = witness.Node;
        int step = claim.Order switch
        {
            TiledOrder tiled when node.Register == 0 => tiled.Size,
            TreeOrder tree when node.Register == 0 => tree.Lanes,
            TreeOrder => Math.Max(1, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)(node.Until - node.From)) / 2),
            _ => 1,
        };
        for (int from = node.From; from < node.Until; from += step)
            AddProducts(Sum(claim, witness, from, Math.Min(node.Until, from + step)), a, b);
        if (node.Bias && claim.BiasPlacement == BiasPlacement.AddedAfter) AddProducts(claim.Bias, a, b);
    }

    // A number as int32 · int32, where it is one; otherwise as two such steps.
    private static void AddProducts(Int128 sum, List<uint> a, List<uint> b)
    {
        const long Unit = 1L << 30;
        (long high, long low) = sum > -Unit && sum < Unit ? (0, (long)sum) : ((long)(sum / Unit), (long)(sum % Unit));
        if (high != 0) Add(checked((int)high), Unit);
        if (low != 0 || high == 0) Add(low, 1);

        void Add(long x, long y)
        {
            a.Add(Wide.FromInteger(x));
            b.Add(Wide.FromInteger(y));
        }
    }
}
