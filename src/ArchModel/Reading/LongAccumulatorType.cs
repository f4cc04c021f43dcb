using Sim.Datapath;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Reading;

/// <summary>What the `promote` key holds: the register that sums are promoted into, and how often.</summary>
internal sealed record Promotion(int Every, FloatAccumulator Into);

/// <summary>Accumulators made for long sums: promotion into a wider register, compensated and unnormalised ones.</summary>
internal static class LongAccumulatorType
{
    private static readonly YamlField<int> Every = YamlField.Required("every", YamlTypes.PositiveInteger,
        "Products between promotions; a multiple of the dot unit's lanes.");
    private static readonly YamlField<INumberFormat> Into = YamlField.Required("into", FormatType.Any,
        "Format of the wider register, up to fp32; results have it.");

    private static readonly YamlField<Normalization> Normalizations = YamlField.Required("normalization",
        YamlTypes.Choice(("approximate", Normalization.Approximate), ("none", Normalization.None), ("full", Normalization.Full)),
            "How a sum's leading zeros are shifted out.");
    private static readonly YamlField<int> K = YamlField.Optional("k", YamlTypes.Integer(1, 64), 0, "required by approximate",
        "Top places that ask for no shift.");
    private static readonly YamlField<int> Lambda = YamlField.Optional("lambda", YamlTypes.Integer(1, 64), 0, "required by approximate",
        "Places below them that ask for a shift of k; none set: k + lambda.");
    private static readonly YamlField<int> Guard = YamlField.Optional("guard", YamlTypes.Integer(0, NormalizingAccumulator.MaximumGuard),
        3, "3", "Places that the adder keeps below the register's.");

    /// <summary>The `promote` key of a datapath.</summary>
    public static YamlField<Promotion> Promote { get; } = YamlField.Optional("promote",
        YamlTypes.Map<Promotion>(new YamlSchema("promotion", "Sums of a narrow register are added to a wider one.",
            [Every, Into, AccumulatorType.Rounding, AccumulatorType.FloatOverflow]), ReadPromotion),
        "Adds the accumulator's sum to a wider register after every so many products. Left out: never.");

    /// <summary>Kahan's compensated sum.</summary>
    public static YamlVariant<AccumulatorSpec> Compensated => new("compensated",
        new YamlSchema("compensated accumulator", "Kahan's sum: a second register holds what the last addition lost.",
            [AccumulatorType.Format, AccumulatorType.Rounding, AccumulatorType.FloatOverflow]), ReadCompensated);

    /// <summary>A float register that need not be normalised.</summary>
    public static YamlVariant<AccumulatorSpec> Unnormalized => new("unnormalized",
        new YamlSchema("unnormalized accumulator", "Float register whose sums are normalised approximately, or not.",
            [AccumulatorType.Format, Normalizations, K, Lambda, Guard, AccumulatorType.Rounding]), ReadUnnormalized);

    /// <summary>The accumulator with its promotion; what is wrong is recorded at the key.</summary>
    public static AccumulatorSpec Promoted(YamlMap map, AccumulatorSpec accumulator, Promotion promotion, int lanes, DiagnosticBag bag)
    {
        if (accumulator is not FloatAccumulator inner)
        {
            bag.Error(Promote.Place(map), "CFG116", "'promote' needs an accumulator of kind float");
            return accumulator;
        }
        var promoted = new PromotedAccumulator(inner, promotion.Every, promotion.Into);
        if (promoted.Refuses(lanes) is { } reason) bag.Error(Promote.Place(map), "CFG116", $"'promote': {reason}");
        return promoted;
    }

    private static bool ReadPromotion(YamlMap map, DiagnosticBag bag, out Promotion value)
    {
        bool good = Every.TryRead(map, bag, out int every) & Into.TryRead(map, bag, out INumberFormat into);
        good &= AccumulatorType.Rounding.TryRead(map, bag, out RoundingMode rounding) & AccumulatorType.FloatOverflow.TryRead(map, bag,
            out OverflowPolicy overflow);
        good = good && AccumulatorType.UpToFp32(Into, map, into, bag);
        value = new Promotion(every, new FloatAccumulator(into, rounding, overflow));
        return good;
    }

    private static bool ReadCompensated(YamlMap map, DiagnosticBag bag, out AccumulatorSpec value)
    {
        bool good = AccumulatorType.Rounding.TryRead(map, bag, out RoundingMode rounding) & AccumulatorType.FloatOverflow.TryRead(map, bag,
            out OverflowPolicy overflow);
        good &= TryFloat(AccumulatorType.Format, map, bag, out FloatFormat format);
        value = new CompensatedAccumulator(format, rounding, overflow);
        return good;
    }

    private static bool ReadUnnormalized(YamlMap map, DiagnosticBag bag, out AccumulatorSpec value)
    {
        bool good = AccumulatorType.Rounding.TryRead(map, bag, out RoundingMode rounding)
            & Normalizations.TryRead(map, bag, out Normalization normalization);
        good &= K.TryRead(map, bag, out int k) & Lambda.TryRead(map, bag, out int lambda) & Guard.TryRead(map, bag, out int guard)
            & TryFloat(AccumulatorType.Format, map, bag, out FloatFormat format);
        bool approximate = normalization == Normalization.Approximate;
        if (good && !approximate && (K.IsIn(map) || Lambda.IsIn(map)))
        {
            bag.Error((K.IsIn(map) ? K : Lambda).Place(map), "CFG117",
                "'k' and 'lambda' belong to approximate normalization; leave them out");
            good = false;
        }
        var accumulator = new NormalizingAccumulator(format, normalization, approximate ? k : 0, approximate ? lambda : 0, guard, rounding);
        value = accumulator;
        if (!good || accumulator.Refuses() is not { } reason) return good;
        bag.Error(map.Location, "CFG117", reason);
        return false;
    }

    /// <summary>Reads a key that takes a float format up to fp32.</summary>
    internal static bool TryFloat(YamlField<INumberFormat> field, YamlMap map, DiagnosticBag bag, out FloatFormat format)
    {
        format = null!;
        if (!field.TryRead(map, bag, out INumberFormat any) || !AccumulatorType.UpToFp32(field, map, any, bag)) return false;
        if (any is FloatFormat found)
        {
            format = found;
            return true;
        }
        bag.Error(field.Place(map), "CFG102", $"'{field.Name}' must be a float format, found '{any.Name}'");
        return false;
    }
}
