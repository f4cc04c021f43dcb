using System.Collections.Immutable;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers.Reading;

namespace Sim.Workloads.Integers;

/// <summary>
/// Registers that are no accumulators of matrix products, each as an integer layer whose sums are what the register holds, so that every
/// claim and prover applies:
/// pooling windows, reductions and residual additions (<see cref="IntegerNetwork.Sums"/>), and the products of requantization.
/// </summary>
public static class OtherRegisters
{
    /// <summary>
    /// The product register of fixed-point requantization: sum · M + 2^(shift − 1), before the shift to the right, where the float32
    /// multiplier is M · 2^−shift to the nearest and M has exactly <paramref name="multiplierBits"/> bits. One layer of K = 1 for each
    /// layer that is requantized; its inputs are all sums of that layer, the bias included, for the boxes that it has.
    /// </summary>
    /// <param name="multiplierBits">2 to 31.</param>
    public static ImmutableArray<IntegerLayer> Requantization(IntegerNetwork network, int multiplierBits)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentOutOfRangeException.ThrowIfLessThan(multiplierBits, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(multiplierBits, 31);
        var registers = ImmutableArray.CreateBuilder<IntegerLayer>();
        foreach ((IntegerLayer layer, LayerSource? output) in network.Layers.Zip(network.Outputs))
        {
            if (output is null) continue;
            Interval[] sums = RowSums.Of(layer);
            (int Factor, long Half)[] multipliers =
                [.. Enumerable.Range(0, layer.Rows)
                .Select(r => FixedPoint(output.Multipliers[output.Multipliers.Length == 1 ? 0 : r], multiplierBits))];
            var shape = new GemmLayer(layer.Name + "/requantize", "Requantize", layer.Rows, layer.Shape.M, 1, 1,
                layer.Shape.OutputElements);
            registers.Add(new(shape.Name, shape.OpType, shape, multipliers.Select(m => m.Factor).ToArray(),
                new(0, ((Int128)1 << multiplierBits) - 1), sums) { Bias = [.. multipliers.Select(m => m.Half)] });
        }
        return registers.ToImmutable();
    }

    /// <summary>M with 2^(bits − 1) ≤ M &lt; 2^bits and the rounding constant 2^(shift − 1), 0 without a shift to the right.</summary>
    private static (int Factor, long Half) FixedPoint(float multiplier, int bits)
    {
        int exponent = Math.ILogB(multiplier) + 1 - bits;
        double factor = Math.Round(Math.ScaleB((double)multiplier, -exponent), MidpointRounding.ToEven);
        if (factor == Math.ScaleB(1, bits)) (factor, exponent) = (factor / 2, exponent + 1);
        if (exponent < -63) throw new ArgumentOutOfRangeException(nameof(multiplier), multiplier,
            "a shift of more than 63 places leaves nothing of any sum");
        return ((int)factor, exponent >= 0 ? 0 : 1L << (-exponent - 1));
    }
}
