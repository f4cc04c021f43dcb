namespace Sim.Datapath;

/// <summary>What kind of number a code stands for.</summary>
public enum NumberClass : byte { Zero, Finite, Infinity, NaN }

/// <summary>
/// A number without rounding: (-1)^Negative · Significand · 2^Exponent. The middle form between decode, operation and the one
/// <see cref="Rounder"/> (the raw form of HardFloat). Zero keeps its sign; NaN carries no payload. Significand is 0 exactly when Class is not Finite.
/// </summary>
public readonly record struct Exact(NumberClass Class, bool Negative, int Exponent, UInt128 Significand);
