using Sim.Datapath.Structures;

namespace Sim.Datapath.Formats;

/// <summary>
/// A float without a sign bit, for scales: the codes and numbers of <paramref name="Magnitudes"/> with sign +. A negative number, -Inf too,
/// has no code:
/// NaN (else zero) and Invalid; -0 is 0.
/// </summary>
/// <param name="Name">Canonical name.</param>
/// <param name="Magnitudes">The signed format whose non-negative half this is.</param>
public sealed record UnsignedFloatFormat(string Name, FloatFormat Magnitudes) : INumberFormat
{
    /// <inheritdoc/>
    public int Bits => Magnitudes.Bits - 1;

    /// <inheritdoc/>
    public OperandShape Shape => Magnitudes.Shape with { Signed = false, StorageBits = Bits };

    /// <inheritdoc/>
    public Exact Maximum => Magnitudes.Maximum;

    /// <inheritdoc/>
    public Exact Minimum => Exact.Zero();

    /// <inheritdoc/>
    public Exact SmallestPositive => Magnitudes.SmallestPositive;

    /// <inheritdoc/>
    public Exact Decode(uint code) => Magnitudes.Decode(code);

    /// <inheritdoc/>
    public uint Encode(in Exact value, Rounding rounding, out RoundingFlags flags)
    {
        if (value.Class == NumberClass.NaN || !value.Negative) return Magnitudes.Encode(value with { Negative = false }, rounding,
            out flags);
        flags = value.Class == NumberClass.Zero ? RoundingFlags.None : RoundingFlags.Invalid;
        return value.Class == NumberClass.Zero || rounding.Overflow != OverflowPolicy.Ieee || !Magnitudes.HasNaN
            ? 0
            : Magnitudes.Encode(Exact.NaN with { Negative = false }, rounding, out _);
    }
}
