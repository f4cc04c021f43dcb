using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Specs;

/// <summary>
/// Dot products of operands in blocks (OCP MX v1.0 §6.1 Dot and DotGeneral): within a segment, which is the smaller of the two blocks,
/// products of elements are added exactly; the sum times the scales of both sides, exact too, is one addend of the register, so a segment
/// costs one rounding (two with a separate product format). An exact sum of zero is +0. Scales of whole tensors are left to the vector
/// unit.
/// <para>Rows of operands carry their scales: each segment is the code of its scale followed by its element codes
/// (<see cref="DotUnitSpec.RowCodes"/>), so the K of a matrix product, and the chunks of its order, count scale codes too. A side without
/// blocks carries codes that nothing reads in the places of scales.</para>
/// </summary>
/// <param name="Activations">Blocks of the activations; null: single numbers.</param>
/// <param name="Weights">Blocks of the weights; null: single numbers.</param>
public sealed record BlockDotUnit(BlockFormat? Activations, BlockFormat? Weights) : DotUnitSpec(Smaller(Activations?.Size, Weights?.Size))
{
    /// <inheritdoc/>
    public override int Segment => Lanes;

    /// <inheritdoc/>
    public override INumberFormat? ActivationScale => Activations?.Scale;

    /// <inheritdoc/>
    public override INumberFormat? WeightScale => Weights?.Scale;

    /// <inheritdoc/>
    public override string? Refuses(AccumulatorSpec accumulator)
    {
        if (Activations?.Size == 0 || Weights?.Size
            == 0) return "one scale a tensor is applied behind the sum: use the element's format, and a recipe for its scale";
        if (Activations is { } a && Weights is { } w
            && Math.Max(a.Size, w.Size) % Lanes
            != 0) return $"blocks of {a.Size} activations and {w.Size} weights: one size must divide the other";
        if (Lanes is < 1 or > MaximumLanes) return $"a dot unit takes blocks of 1 to {MaximumLanes}, found {Lanes}";
        return accumulator is FloatAccumulator or PromotedAccumulator ? null
            : "operands in blocks need a float accumulator, promoted or not";
    }

    /// <inheritdoc/>
    public override Structure Step(ProductShape product, FloatAccumulator register)
    {
        int sumBits = product.WindowBits + 1 + BitOperations.Log2((uint)Lanes);
        Structure unit = FixedAccumulator.Place(product, product.WindowBits, dropped: 0, RoundingMode.ToZero).Times(Lanes)
            + AlignedDotUnit.AdderTree("block adder", Lanes, product.WindowBits + 1);
        OperandShape a = ScaleShape(Activations), b = ScaleShape(Weights);
        int exponent = Math.Max(a.ExponentBits, b.ExponentBits) + 1, scaleBits = a.SignificandBits > 1 && b.SignificandBits > 1
            ? a.SignificandBits + b.SignificandBits : Math.Max(a.SignificandBits, b.SignificandBits);
        if (Activations is not null && Weights is not null) unit = unit.With("scale exponent adder", PrimitiveKind.Adder, exponent);
        if (a.SignificandBits > 1 && b.SignificandBits > 1) unit = unit.With("scale multiplier", PrimitiveKind.Multiplier,
            a.SignificandBits, b.SignificandBits);
        if (scaleBits > 1) unit = unit.With("scaling multiplier", PrimitiveKind.Multiplier, sumBits, scaleBits, onPath: true);
        // To the register the scaled sum is a product of the block sum and the scales: one wide significand with the scales' exponent.
        var sum = new OperandShape(sumBits, 0, 0, product.LeastExponent, true, false, 0);
        var scale = new OperandShape(scaleBits > 1 ? scaleBits : 0, exponent, a.Range + b.Range, a.LeastExponent + b.LeastExponent, false,
            false, 0);
        return unit + register.Step(new ProductShape(sum, scale));
    }

    /// <inheritdoc/>
    public override Structure Registers =>
        Structure.Empty.With("scale register", PrimitiveKind.Register, (Activations?.Scale.ContainerBits ?? 0)
        + (Weights?.Scale.ContainerBits ?? 0));

    private static OperandShape ScaleShape(BlockFormat? blocks) => blocks?.Scale.Shape ?? new OperandShape(1, 0, 0, 0, false, false, 0);

    private static int Smaller(int? activations, int? weights) => Math.Min(activations ?? int.MaxValue, weights ?? int.MaxValue);
}
