using Sim.Datapath.Formats;
using Sim.Datapath.Specs;

namespace Sim.Simulator.Execution;

/// <summary>
/// Proves that every reduction order gives the same bits and events: an exact register, or integers whose partial sums fit. A partial sum
/// of any subset of the products lies within ±(Σ|w|)·max|x|, so nothing overflows when that bound fits the register (the weight bound of
/// A2Q, Colbert et al. 2023).
/// </summary>
internal static class OrderFreedom
{
    /// <param name="largest">Largest magnitude of an input less its zero point.</param>
    internal static bool IsFree(DatapathSpec spec, MatrixLayer layer, ReadOnlySpan<uint> codes, ReadOnlySpan<int> zeroPoints,
        Int128 largest)
    {
        // The bound is one of exact products; an exact register forgets the order of any.
        if (spec.InexactMultiplier is not null && spec.Accumulator is not ExactAccumulator { Quire: null }) return false;
        if (spec.Accumulator is ExactAccumulator exact) return exact.Quire is not { } quire
            || quire.Holds(spec.Activation, spec.Weight, layer.Shape.K);
        if (spec.Accumulator is not IntegerAccumulator register || spec.Weight is not FixedFormat weight
            || spec.Activation is not FixedFormat) return false;
        Int128 limit = ((Int128)1 << (register.Bits - 1)) - 1;
        int k = layer.Shape.K;
        for (int row = 0; row < layer.Rows; row++)
        {
            Int128 sum = 0;
            int zero = zeroPoints.IsEmpty ? 0 : zeroPoints[row];
            for (int i = 0; i < k; i++) sum += Int128.Abs(weight.ToInteger(codes[row * k + i]) - zero);
            if (sum * largest > limit) return false;
        }
        return true;
    }
}
