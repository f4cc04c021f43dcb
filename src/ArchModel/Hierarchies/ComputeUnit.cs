using System.Collections.Immutable;

namespace Sim.ArchModel.Hierarchies;

/// <summary>Cycles that a product of operands of up to these widths takes.</summary>
public readonly record struct PrecisionRow(int ActivationBits, int WeightBits, Rational Cycles);

/// <summary>Bits of each operand that a cycle takes; 0: the whole operand.</summary>
public readonly record struct SerialBits(int Activations, int Weights);

/// <summary>
/// The multiply-accumulate units at the inner end of a hierarchy.
/// </summary>
/// <param name="Name">Unique name, the component of their actions.</param>
/// <param name="Lanes">Products that a unit takes at once and sums; above 1 the hierarchy ends in a fabric of so many places along which
/// only summed dimensions may run.</param>
/// <param name="Cycles">Cycles between two products of a lane at the datapath's own formats.</param>
public sealed record ComputeUnit(string Name, int Lanes, Rational Cycles)
{
    /// <summary>Cycles by the widths of the operands; empty: <see cref="Cycles"/> for all.</summary>
    public ImmutableArray<PrecisionRow> Precisions { get; init; } = [];

    /// <summary>Operands that are cut into digits; null: none.</summary>
    public SerialBits? Serial { get; init; }

    /// <summary>Stated costs; what is left out is the technology's.</summary>
    public StatedCosts Stated { get; init; } = StatedCosts.None;

    /// <summary>Cycles of a product of operands of these widths; null: the unit does not take them.</summary>
    public Rational? CyclesFor(int activationBits, int weightBits)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(activationBits);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(weightBits);
        if (Serial is { } serial) return Rational.Of(Digits(activationBits, serial.Activations) * Digits(weightBits, serial.Weights));
        if (Precisions.Length == 0) return Cycles;
        Rational? best = null;
        foreach (PrecisionRow row in Precisions)
            if (row.ActivationBits >= activationBits && row.WeightBits >= weightBits && (best is null || row.Cycles < best))
                best = row.Cycles;
        return best;
    }

    private static long Digits(int bits, int taken) => taken == 0 ? 1 : ((long)bits + taken - 1) / taken;

    public bool Equals(ComputeUnit? other) => other is not null && Name == other.Name && Lanes == other.Lanes && Cycles == other.Cycles
        && Precisions.AsSpan().SequenceEqual(other.Precisions.AsSpan()) && Serial == other.Serial && Stated == other.Stated;

    public override int GetHashCode() => HashCode.Combine(Name, Lanes, Cycles, Precisions.Length, Serial, Stated);
}
