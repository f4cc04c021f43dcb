using System.Collections.Immutable;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Inference;

/// <summary>The datapaths that recorded rows are held against: every chip profile, and beyond them a grid over what such chips differ
/// in.</summary>
public static class CandidateGrid
{
    /// <summary>Fraction bits below the largest exponent that are tried, beside an exact sum.</summary>
    public const int LeastFraction = 8, MostFraction = 40;

    private static readonly ImmutableArray<string> Operands = ["e2m1", "e3m2", "e2m3", "e4m3", "e5m2", "e4m3fnuz", "e5m2fnuz", "fp16",
        "bf16", "tf32", "fp32"];

    /// <summary>Chip profiles whose codes have these widths in hexadecimal digits; those with scales are left out.</summary>
    public static IEnumerable<DatapathSpec> Profiles(int operandDigits, int registerDigits,
        (INumberFormat Activation, INumberFormat Weight)? operands) =>
        ChipProfiles.All.Select(p => p.Datapath)
            .Where(d => d.Dot is not { Segment: > 0 } && Digits(d.Activation) == operandDigits && Digits(d.Weight) == operandDigits
            && Digits(((FloatAccumulator)d.Accumulator).Format) == registerDigits
                && (operands is not { } o || d.Activation.Equals(o.Activation) && d.Weight.Equals(o.Weight)));

    /// <summary>The grid for rows of at most <paramref name="k"/> products: operand formats (the given, else every one of the width with
    /// itself) × registers × units.</summary>
    public static IEnumerable<DatapathSpec> Units(int operandDigits, int registerDigits, int k,
        (INumberFormat Activation, INumberFormat Weight)? operands)
    {
        IEnumerable<(INumberFormat A, INumberFormat W)> pairs = operands is { } given ? [given]
            : Operands.Select(FormatCatalogue.Parse).Where(f => Digits(f) == operandDigits).Select(f => (f, f));
        foreach ((INumberFormat a, INumberFormat w) in pairs)
            foreach (string register in registerDigits == 8 ? new[] { "fp32" } : ["fp16", "bf16"])
                foreach (RoundingMode rounding in new[] { RoundingMode.ToZero, RoundingMode.NearestEven })
                {
                    var accumulator = new FloatAccumulator(FormatCatalogue.Parse(register), rounding, OverflowPolicy.Ieee);
                    if (ReferenceKernel.RefusesDot(new("", w, a, accumulator), ReductionOrder.Sequential, k) is not null) continue;
                    yield return new("", w, a, accumulator);
                    yield return new("", w, a, accumulator with { Product = accumulator.Format });
                    foreach (DotUnitSpec unit in Of(accumulator, k)) yield return new("", w, a, accumulator) { Dot = unit };
                    if (register == "fp32" && rounding == RoundingMode.NearestEven)
                        foreach (DotUnitSpec unit in Adders(FormatCatalogue.Parse("fp32_ftz"), k))
                            yield return new("", Flushed(w), Flushed(a), accumulator with { Format = FormatCatalogue.Parse("fp32_ftz") })
                                { Dot = unit };
                }
    }

    /// <summary>Hexadecimal digits of a code as text.</summary>
    public static int Digits(INumberFormat format)
    {
        ArgumentNullException.ThrowIfNull(format);
        return (format.ContainerBits + 3) / 4;
    }

    private static IEnumerable<DotUnitSpec> Of(FloatAccumulator register, int k)
    {
        INumberFormat fp32 = FormatCatalogue.Parse("fp32"), shorter = FormatCatalogue.Parse("e8m13");
        foreach (int lanes in Lanes(1, k))
            foreach (int? fraction in Fractions())
                foreach (RoundingMode alignment in fraction is null ? new[] { RoundingMode.ToZero }
                    : [RoundingMode.ToZero, RoundingMode.Down, RoundingMode.NearestEven])
                {
                    yield return new AlignedDotUnit(lanes, fraction, alignment);
                    if (register.Format.Equals(fp32)) yield return new AlignedDotUnit(lanes, fraction, alignment, shorter);
                    foreach (RoundingMode sum in new[]
                        { RoundingMode.ToZero, RoundingMode.NearestEven }) yield return new AlignedSumDotUnit(lanes, fraction, fp32, sum,
                        alignment);
                }
        foreach (DotUnitSpec unit in Adders(register.Format, k)) yield return unit;
        if (register.Rounding != RoundingMode.NearestEven || !register.Format.Equals(fp32)) yield break;
        foreach (int lanes in Lanes(1, k))
            foreach (int fraction in Enumerable.Range(22, 6))
                foreach (int groups in new[] { 1, 2 })
                    foreach (int sum in new[] { fraction, 31 })
                        foreach (int? reach in new int?[] { null, fraction + 1 }) yield return new RealignedDotUnit(lanes, fraction,
                            groups, sum, fraction, reach);
    }

    private static IEnumerable<DotUnitSpec> Adders(INumberFormat format, int k) =>
        from lanes in Lanes(2, k) from chain in new[] { false, true } from mode in new[] { RoundingMode.NearestEven, RoundingMode.ToZero }
        where lanes > 2 || !chain select new AdderTreeDotUnit(lanes, format, mode, chain);

    // Powers of two, up to the first that takes all products of a row in one step.
    private static IEnumerable<int> Lanes(int first, int k)
    {
        for (int lanes = first; lanes <= DotUnitSpec.MaximumLanes; lanes *= 2)
        {
            yield return lanes;
            if (lanes >= k) yield break;
        }
    }

    private static IEnumerable<int?> Fractions() =>
        Enumerable.Range(LeastFraction, MostFraction - LeastFraction + 1).Select(f => (int?)f).Append(null);

    private static INumberFormat Flushed(INumberFormat format) => format is FloatFormat { Subnormals: true } f
        ? FormatCatalogue.TryParse(f.Name + "_ftz", out INumberFormat? flushed, out _) ? flushed : f : format;
}
