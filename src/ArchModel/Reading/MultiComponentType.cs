using Sim.Datapath;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Reading;

/// <summary>The accumulator kind `multi_component`.</summary>
internal static class MultiComponentType
{
    private static readonly YamlField<int> Components = YamlField.Optional("components",
        YamlTypes.Integer(2, MultiComponentAccumulator.MostComponents), 2, "2", "Floats that a sum is made of.");

    private static readonly YamlField<ErrorFreeSum> Sum =
        YamlField.Optional("sum", YamlTypes.Choice(("fast2sum", ErrorFreeSum.Fast2Sum), ("two_sum", ErrorFreeSum.TwoSum)),
        ErrorFreeSum.Fast2Sum, "fast2sum",
        "How an addend meets a component: fast2sum (three operations, right for addends that are not the larger), two_sum (six).");

    private static readonly YamlField<bool> Split = YamlField.Optional("product", YamlTypes.Choice(("rounded", false), ("split", true)),
        false, "rounded",
        "rounded: the product is rounded into the format. split: what that lost is added in a second step.");

    private static readonly YamlField<INumberFormat> Output = YamlField.Optional("output", FormatType.Any,
        "Format that the finished sum is rounded into, up to fp32. Left out: the components'.");

    /// <summary>The kind with its keys.</summary>
    public static YamlVariant<AccumulatorSpec> Variant => new("multi_component",
        new YamlSchema("multi-component accumulator", "A sum of several floats of one format (Collage, arXiv 2405.03637).",
            [AccumulatorType.Format, Components, Sum, Split, Output, AccumulatorType.Rounding, AccumulatorType.FloatOverflow]), Read);

    private static bool Read(YamlMap map, DiagnosticBag bag, out AccumulatorSpec value)
    {
        bool good = AccumulatorType.Rounding.TryRead(map, bag, out RoundingMode rounding) & AccumulatorType.FloatOverflow.TryRead(map, bag,
            out OverflowPolicy overflow);
        good &= Components.TryRead(map, bag, out int components) & Sum.TryRead(map, bag, out ErrorFreeSum sum)
            & Split.TryRead(map, bag, out bool split);
        good &= LongAccumulatorType.TryFloat(AccumulatorType.Format, map, bag, out FloatFormat format);
        FloatFormat output = format;
        if (Output.IsIn(map)) good &= LongAccumulatorType.TryFloat(Output, map, bag, out output);
        value = new MultiComponentAccumulator(format, components, sum, split, output, rounding, overflow);
        return good;
    }
}
