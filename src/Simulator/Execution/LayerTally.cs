namespace Sim.Simulator.Execution;

/// <summary>Sums of one layer over some samples. Adding tallies in a fixed order gives the same bits whatever thread made them.</summary>
internal sealed class LayerTally
{
    internal double Signal { get; private set; }
    internal double Noise { get; private set; }
    internal long Outputs { get; set; }
    internal long OverflowedOutputs { get; set; }
    internal long BiasOverflows { get; set; }
    internal long NaNOutputs { get; set; }
    internal long SaturatedInputs { get; set; }
    internal long NaNInputs { get; set; }
    internal long EncodedInputs { get; set; }
    internal long? Lowest { get; private set; }
    internal long? Highest { get; private set; }
    internal string Kernel { get; set; } = "";

    /// <summary>Adds one output beside the float network's; an output that is not finite is infinite noise.</summary>
    internal void Compare(double reference, double value)
    {
        Signal += reference * reference;
        double error = value - reference;
        Noise += double.IsFinite(error) ? error * error : double.PositiveInfinity;
    }

    internal void Observe(long register)
    {
        if (Lowest is null || register < Lowest) Lowest = register;
        if (Highest is null || register > Highest) Highest = register;
    }

    internal void Add(LayerTally other)
    {
        Signal += other.Signal;
        Noise += other.Noise;
        Outputs += other.Outputs;
        OverflowedOutputs += other.OverflowedOutputs;
        BiasOverflows += other.BiasOverflows;
        NaNOutputs += other.NaNOutputs;
        SaturatedInputs += other.SaturatedInputs;
        NaNInputs += other.NaNInputs;
        EncodedInputs += other.EncodedInputs;
        if (other.Lowest is { } low) Observe(low);
        if (other.Highest is { } high) Observe(high);
        if (Kernel.Length == 0) Kernel = other.Kernel;
    }

    /// <summary>10·log10(signal / noise): +∞ when both agree exactly, -∞ when an output is not finite on either side; null for nothing but
    /// noise.</summary>
    internal double? SqnrDb => Noise switch
    {
        0 => double.PositiveInfinity,
        double.PositiveInfinity => double.NegativeInfinity,
        _ => Signal > 0 ? 10 * Math.Log10(Signal / Noise) : null,
    };

    internal LayerNumerics ToNumerics() => new(SqnrDb, Outputs, OverflowedOutputs, NaNOutputs, SaturatedInputs, EncodedInputs, Kernel)
    {
        BiasOverflowedOutputs = BiasOverflows,
        NaNInputs = NaNInputs,
        AccumulatorMinimum = Lowest,
        AccumulatorMaximum = Highest,
    };
}
