using Sim.Datapath.Formats;

namespace Sim.Datapath.Specs;

/// <summary>What a two's complement register does when a sum leaves its range.</summary>
public enum RegisterOverflow : byte { Wrap, Saturate }

/// <summary>The accumulating register of a datapath: a closed family, one record a kind.</summary>
public abstract record AccumulatorSpec;

/// <summary>Two's complement integer of <paramref name="Bits"/> (2 to 64); every step wraps or saturates. Operands must be integers.</summary>
public sealed record IntegerAccumulator(int Bits, RegisterOverflow Overflow) : AccumulatorSpec;

/// <summary>Two's complement fixed point: Bits (2 to 64) of which Fraction below the point; each product is rounded to the grid, then added; each step wraps or saturates.</summary>
public sealed record FixedAccumulator(int Bits, int Fraction, RegisterOverflow Overflow, RoundingMode Rounding) : AccumulatorSpec;

/// <summary>
/// Float register (any FloatFormat up to fp32), rounded after every step. Product = null: fused, acc ← round(acc + a·b).
/// Else separate: acc ← round(acc + round_Product(a·b)).
/// </summary>
public sealed record FloatAccumulator(INumberFormat Format, RoundingMode Rounding, OverflowPolicy Overflow, INumberFormat? Product = null) : AccumulatorSpec;

/// <summary>Exact (Kulisch-wide) register: no rounding until the end, then one rounding into Output.</summary>
public sealed record ExactAccumulator(INumberFormat Output, RoundingMode Rounding, OverflowPolicy Overflow) : AccumulatorSpec;
