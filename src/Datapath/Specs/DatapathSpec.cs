using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Specs;

/// <summary>
/// Everything that changes a bit or a gate of a multiply-accumulate datapath, and nothing else.
/// Operands are codes of <paramref name="Activation"/> and <paramref name="Weight"/>; products are exact unless the accumulator rounds
/// them.
/// </summary>
/// <param name="Name">Name for reports; not part of its identity.</param>
/// <param name="Weight">Format of the stationary operand B.</param>
/// <param name="Activation">Format of the streamed operand A.</param>
/// <param name="Accumulator">The register that sums products and how each step is rounded.</param>
/// <param name="PipelineStages">Register stages inside the MAC, 0 or more: area and energy, not values.</param>
public sealed record DatapathSpec(string Name, INumberFormat Weight, INumberFormat Activation, AccumulatorSpec Accumulator,
    int PipelineStages = 0)
{
    /// <summary>The unit that adds several products in one step; null: one multiply-add a step.</summary>
    public DotUnitSpec? Dot { get; init; }

    /// <summary>Whether the clock and the technology of an architecture still have to choose <see cref="PipelineStages"/>
    /// (`pipeline_stages: auto`), 0 until then.</summary>
    public bool PipelineAuto { get; init; }

    /// <summary>What stands in place of an array multiplier; null: an array multiplier, whose products are exact.</summary>
    public MultiplierSpec? Multiplier { get; init; }

    /// <summary>The multiplier when its products may differ from the exact ones, so that values depend on it; else null.</summary>
    public MultiplierSpec? InexactMultiplier => Multiplier is ExactMultiplier ? null : Multiplier;

    /// <summary>Cycles for which a multiply-accumulate occupies a PE: 1, or the digits of a serial operand.</summary>
    public int CyclesPerMac => Multiplier?.CyclesPerMac(Activation, Weight) ?? 1;

    /// <summary>Products that one step of the hardware takes, which share its structure.</summary>
    public int Lanes => Dot?.Lanes ?? 1;

    /// <summary>The product of the two operands, as hardware sees it.</summary>
    public ProductShape Product => Multiplier?.Product(Activation.Shape, Weight.Shape) ?? new(Activation.Shape, Weight.Shape);

    /// <summary>The blocks that activations come in, with a scale each; null: single numbers.</summary>
    public BlockFormat? ActivationBlocks =>
        Dot switch { BlockDotUnit b => b.Activations, AlignedDotUnit { Scales: { } s } => s.Blocks(Activation), _ => null };

    /// <summary>The blocks that weights come in, as <see cref="ActivationBlocks"/>.</summary>
    public BlockFormat? WeightBlocks =>
        Dot switch { BlockDotUnit b => b.Weights, AlignedDotUnit { Scales: { } s } => s.Blocks(Weight), _ => null };

    /// <summary>What activations take in memories: so many bits for so many elements, which share a block's scale.</summary>
    public (int Bits, int Elements) ActivationStorage => ActivationBlocks?.Storage ?? (Activation.Bits, 1);

    /// <summary>What weights take in memories, as <see cref="ActivationStorage"/>.</summary>
    public (int Bits, int Elements) WeightStorage => WeightBlocks?.Storage ?? (Weight.Bits, 1);

    /// <summary>Flip-flops of the accumulating register, which is also the width of a partial sum that leaves a PE.</summary>
    public int AccumulatorBits => Accumulator.RegisterBits(Product);

    /// <summary>Multipliers and accumulation step of <see cref="Lanes"/> products without any register.</summary>
    public Structure MacLogic => Dot is { } unit
        ? MultiplierLogic.Times(unit.Lanes) + DotStep(unit)
        : MultiplierLogic + Accumulator.Step(Product);

    /// <summary>Accumulating register and pipeline registers: what a step of <see cref="Lanes"/> products clocks each time.</summary>
    public Structure MacRegisters =>
        ((Dot?.Registers ?? Structure.Empty) + (Multiplier?.Registers(Activation.Shape, Weight.Shape) ?? Structure.Empty))
        .With("accumulator register", PrimitiveKind.Register, AccumulatorBits)
        .With("product register", PrimitiveKind.Register, Product.RegisterBits, count: Math.Min(1, PipelineStages) * Lanes)
        .With("pipeline register", PrimitiveKind.Register, DeepCutBits, count: (PipelineStages - 1) * Lanes);

    private Structure MultiplierLogic =>
        Accumulator is LogAccumulator log ? log.Multiplier : Multiplier?.Logic(Activation.Shape, Weight.Shape) ?? Product.Multiplier();

    private Structure DotStep(DotUnitSpec unit) => Accumulator is PromotedAccumulator promoted
        ? unit.Step(Product, promoted.Inner) + promoted.Promotion
        : unit.Step(Product, (FloatAccumulator)Accumulator);

    // The first cut lies behind the multipliers. Further ones hold the sum window with sign and exponent, or the integer sum.
    private int DeepCutBits => Accumulator is FloatAccumulator f
        ? 1 + Math.Max(Product.ExponentBits, f.Format.Shape.ExponentBits) + FloatUnits.WindowBits(Product.SignificandBits, f.Format.Shape)
        : AccumulatorBits;
}
