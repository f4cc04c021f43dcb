using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Specs;

/// <summary>Exact (Kulisch-wide) register: no rounding until the end, then one rounding into Output.</summary>
public sealed record ExactAccumulator(INumberFormat Output, RoundingMode Rounding, OverflowPolicy Overflow) : AccumulatorSpec
{
    /// <summary>Bits above the largest product, so that 2^CarryBits products of any value add up exactly. Hardware only: no value depends
    /// on it.</summary>
    public int CarryBits { get; init; } = 16;

    /// <summary>Bounds of the register when it is a posit's quire; null: as wide as every sum needs.</summary>
    public Quire? Quire { get; init; }

    /// <summary>The window of every product, one sign bit and the carry bits.</summary>
    public override int RegisterBits(ProductShape product) => Quire?.Bits ?? product.WindowBits + (product.IsFloat ? 1 : 0) + CarryBits;

    /// <inheritdoc/>
    public override Structure Step(ProductShape product) =>
        FixedAccumulator.Place(product, product.WindowBits, dropped: 0, RoundingMode.ToZero)
            + RegisterAdder(RegisterBits(product), RegisterOverflow.Wrap);

    /// <inheritdoc/>
    public override Structure Combine(ProductShape product) => RegisterAdder(RegisterBits(product), RegisterOverflow.Wrap);

    /// <summary>One rounding of the whole register, done once a result, so one converter serves a column of the array.</summary>
    public override Structure OutputConverter(ProductShape product) => Output.Shape.IsFloat
        ? FloatUnits.FromFixed(RegisterBits(product), Output.Shape, Rounding)
        : Structure.Empty.With("output rounding increment", PrimitiveKind.Incrementer, RegisterBits(product), onPath: true)
            .With("output saturation", PrimitiveKind.Mux, Output.Bits, onPath: true);
}
