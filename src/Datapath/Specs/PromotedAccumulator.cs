using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Specs;

/// <summary>
/// A narrow register whose sum is added to a wider one after every <paramref name="Every"/> products, and once more at the end, one step of
/// the wider register each; the narrow one then starts again at +0. The result, and what a sum starts from, is the wider register's.
/// Source: DeepSeek-V3 (arXiv 2412.19437 §3.3.2), 128 products of FP8 tensor cores into FP32.
/// </summary>
/// <param name="Inner">The register that takes products.</param>
/// <param name="Every">Products between promotions, 1 or more; a multiple of the dot unit's lanes.</param>
/// <param name="Outer">The register that takes sums.</param>
public sealed record PromotedAccumulator(FloatAccumulator Inner, int Every, FloatAccumulator Outer) : AccumulatorSpec
{
    /// <inheritdoc/>
    public override INumberFormat? ResultFormat => Outer.Format;

    /// <inheritdoc/>
    public override int RegisterBits(ProductShape product) => Inner.RegisterBits(product) + Outer.RegisterBits(product);

    /// <summary>The step of the narrow register and the adder that promotes, which works once in Every products.</summary>
    public override Structure Step(ProductShape product) => Inner.Step(product) + Promotion;

    /// <inheritdoc/>
    public override Structure Combine(ProductShape product) => Outer.Combine(product);

    /// <summary>The adder of the wider register, off the path of a step and as seldom active as it is used.</summary>
    public Structure Promotion =>
        new([.. FloatUnits.Adder(Inner.Format.Shape, Outer.Format.Shape, Outer.Rounding).Items.Select(i =>
        i with { OnPath = false, Activity = i.Activity / Every })]);

    /// <summary>null when it means something; else what is wrong with it.</summary>
    public string? Refuses(int lanes)
    {
        if (Every < 1 || Every % lanes
            != 0) return $"promotion every {Every} products must be a multiple of the {lanes} products of a step";
        if (Inner.Rounding == RoundingMode.Stochastic
            || Outer.Rounding == RoundingMode.Stochastic) return "stochastic rounding needs random bits, which an accumulator does not carry";
        return Outer.Product is null ? null : "the wider register takes sums, not products";
    }
}
