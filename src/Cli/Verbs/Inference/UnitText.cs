using System.Globalization;
using Sim.Datapath.Inference;
using Sim.Datapath.Specs;

namespace Sim.Cli.Verbs.Inference;

/// <summary>Datapaths of an inference in few words: a profile by its name, others by what they differ in, those that differ in fraction
/// bits alone together.</summary>
internal static class UnitText
{
    /// <summary>One line for each rule.</summary>
    public static IEnumerable<string> Lines(IEnumerable<DatapathSpec> datapaths) =>
        datapaths.GroupBy(Rule).Select(g => g.Key.Replace("{F}", Fractions(g), StringComparison.Ordinal));

    private static string Rule(DatapathSpec spec)
    {
        if (spec.Name.Length > 0) return spec.Name;
        var register = (FloatAccumulator)spec.Accumulator;
        string operands = spec.Activation.Equals(spec.Weight) ? spec.Activation.Name : $"{spec.Activation.Name}x{spec.Weight.Name}",
            end = $"; register {register.Format.Name} {Word(register.Rounding)}";
        return string.Create(CultureInfo.InvariantCulture, $"{operands}: ") + spec.Dot switch
        {
            null => (register.Product is null ? "fused multiply-add" : $"product rounded to {register.Product.Name}, then added"),
            AlignedDotUnit u => $"aligned, {u.Lanes} lanes, fraction {{F}}, alignment {Word(u.Alignment)}{(u.Result is { } r ? $", result {r.Name}" : "")}",
            AlignedSumDotUnit u => $"aligned_sum, {u.Lanes} lanes, fraction {{F}}, alignment {Word(u.Alignment)}, sum {u.Sum.Name} {Word(u.SumRounding)}",
            RealignedDotUnit u => $"realigned, {u.Lanes} lanes, fraction {u.Fraction}, groups {u.Groups}, sum_fraction {u.SumFraction}, addend_fraction {u.AddendFraction}"
                + (u.AddendReach is { } reach ? $", addend_reach {reach}" : ""),
            AdderTreeDotUnit u => $"{(u.IsChain ? "chain" : "tree")}, {u.Lanes} lanes, format {u.Format.Name} {Word(u.Rounding)}",
            { } other => throw new NotSupportedException($"dot unit {other.GetType().Name}"),
        } + end;
    }

    // 23 to 40, exact.
    private static string Fractions(IEnumerable<DatapathSpec> specs)
    {
        int?[] all = [.. specs.Select(s => s.Dot is AlignedDotUnit a ? a.Fraction : (s.Dot as AlignedSumDotUnit)?.Fraction).Order()];
        int[] kept = [.. all.OfType<int>()];
        var runs = new List<string>();
        for (int i = 0, end; i < kept.Length; i = end + 1)
        {
            for (end = i; end + 1 < kept.Length && kept[end + 1] == kept[end] + 1;) end++;
            string last = kept[end] == CandidateGrid.MostFraction ? $"{kept[end]} and more" : Number(kept[end]);
            runs.Add(end == i ? last : $"{Number(kept[i])} to {last}");
        }
        if (all.Contains(null)) runs.Add("exact");
        return string.Join(", ", runs);
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Word(RoundingMode mode) => mode switch
    {
        RoundingMode.ToZero => "to_zero",
        RoundingMode.NearestEven => "nearest_even",
        RoundingMode.Down => "down",
        _ => throw new NotSupportedException(mode.ToString()),
    };
}
