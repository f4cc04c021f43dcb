namespace Sim.Exploration.Widths;

/// <summary>
/// LUTs of FINN's matrix-vector unit by the estimate of its compiler (Blott et al., "FINN-R", ACM TRETS 2018; Xilinx/finn 39f0c9a6,
/// matrixvectoractivation_hls.py), with multipliers in LUTs, weights and thresholds in distributed memory:
/// 300 + 1.1 · PE · (multipliers + adder tree + accumulator + thresholds + comparators) + weight memory.
/// </summary>
/// <param name="Rows">Output channels.</param>
/// <param name="K">Products of one output.</param>
/// <param name="Pe">Outputs computed at once.</param>
/// <param name="Simd">Products of one output computed at once.</param>
/// <param name="WeightBits">Bits of a weight, sign included.</param>
/// <param name="ActivationBits">Bits of an input.</param>
/// <param name="OutputBits">Bits of an output, made by 2^bits − 1 thresholds; 0: the sums leave as they are, without thresholds.</param>
/// <param name="SignedInputs">Whether inputs have a sign.</param>
public sealed record FinnUnit(int Rows, int K, int Pe, int Simd, int WeightBits, int ActivationBits, int OutputBits, bool SignedInputs)
{
    private const int MemoryDepth = 64;

    /// <summary>The folding shown when none was chosen: the largest divisors of rows and K that are no more than 16.</summary>
    public static FinnUnit Of(int rows, int k, int weightBits, int activationBits, int outputBits, bool signedInputs) =>
        new(rows, k, Divisor(rows), Divisor(k), weightBits, activationBits, outputBits, signedInputs);

    /// <summary>Least P with 2^(P−1) − 1 ≥ K · 2^(N+M−1−s): the register that the estimate never exceeds, whatever is declared.</summary>
    public int DataTypeBits
    {
        get
        {
            int bits = 2;
            for (Int128 peak = (Int128)K << (ActivationBits + WeightBits - 1 - (SignedInputs ? 1 : 0));
                ((Int128)1 << (bits - 1)) - 1 < peak; bits++) { }
            return bits;
        }
    }

    /// <summary>Multipliers of one PE: SIMD · (2 ⌈(W+A)/6⌉ − 1) · (W+A).</summary>
    public int Multipliers => Simd * (2 * Up(WeightBits + ActivationBits, 6) - 1) * (WeightBits + ActivationBits);

    /// <summary>Adder tree of one PE: (W+A)(2 SIMD − 1).</summary>
    public int AdderTree => (WeightBits + ActivationBits) * (2 * Simd - 1);

    /// <summary>Weight memory of all PEs: PE · SIMD · W · ⌈depth/64⌉.</summary>
    public long WeightMemory => (long)Pe * Simd * WeightBits * Up(Rows * K / (Pe * Simd), MemoryDepth);

    /// <summary>LUTs with an accumulator of that many bits.</summary>
    /// <param name="accumulatorBits">Declared width.</param>
    /// <param name="asDeclared">Whether a declared width beyond <see cref="DataTypeBits"/> counts in full, as in hardware that has it; the
    /// compiler's own estimate takes the lesser.</param>
    public double Luts(int accumulatorBits, bool asDeclared = false)
    {
        int acc = asDeclared ? accumulatorBits : Math.Min(accumulatorBits, DataTypeBits);
        long thresholds = OutputBits == 0 ? 0 : (1L << OutputBits) - 1;
        long memory = thresholds * acc * Up(Rows / Pe, MemoryDepth), comparators = thresholds * acc;
        return 300 + 1.1 * Pe * (Multipliers + AdderTree + acc + memory + comparators) + WeightMemory;
    }

    private static int Up(int value, int unit) => (value + unit - 1) / unit;

    private static int Divisor(int value)
    {
        int best = 1;
        for (int d = 2; d <= Math.Min(16, value); d++)
            if (value % d == 0) best = d;
        return best;
    }
}
