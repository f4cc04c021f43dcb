using Sim.Datapath;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Foundation;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Reading;

/// <summary>The `dot` mapping of a datapath: `kind` and the keys of that kind.</summary>
internal static class DotUnitType
{
    private static readonly YamlField<int> Lanes = YamlField.Required("lanes", YamlTypes.Integer(1, DotUnitSpec.MaximumLanes),
        "Products of a step.");

    private static readonly YamlField<int?> Fraction = YamlField.Required("fraction",
        new YamlScalarType<int?>($"an integer from 1 to {AlignedDotUnit.MaximumFraction}, or 'exact'",
            (string t, out int? v) =>
            {
                v = t != "exact" && StrictNumber.TryWhole(t, out int bits) && bits >= 0 ? bits : null;
                return t == "exact" || v is >= 1 and <= AlignedDotUnit.MaximumFraction;
            },
            () => new System.Text.Json.Nodes.JsonObject { ["type"] = new System.Text.Json.Nodes.JsonArray("integer", "string") }),
        "Fraction bits kept below the largest exponent of a step; exact keeps all.");

    private static readonly YamlField<int> LeastExponent = YamlField.Optional("least_exponent",
        YamlTypes.Integer(AlignedDotUnit.LowestExponent, AlignedDotUnit.HighestExponent),
        "Terms are aligned to this exponent where all of theirs are smaller. Left out: to the largest, however small.");

    private static readonly YamlType<RoundingMode> Modes = YamlTypes.Choice(("to_zero", RoundingMode.ToZero), ("down", RoundingMode.Down),
        ("nearest_even", RoundingMode.NearestEven), ("nearest_away", RoundingMode.NearestAway), ("up", RoundingMode.Up),
            ("to_odd", RoundingMode.ToOdd));

    private static readonly YamlField<RoundingMode> Alignment = YamlField.Optional("alignment", Modes, RoundingMode.ToZero, "to_zero",
        "How aligned terms are shortened: to_zero truncates magnitudes, down two's complement words.");

    private static readonly YamlField<INumberFormat> Result = YamlField.Optional("result", FormatType.Any,
        "Format that a step's sum is rounded into before it enters the register, e.g. e8m13. Left out: the register's.");

    private static readonly YamlField<INumberFormat> Sum = YamlField.Required("sum", FormatType.Any,
        "Format of the sum of products, up to fp32.");
    private static readonly YamlField<RoundingMode> SumRounding = YamlField.Optional("sum_rounding", Modes, RoundingMode.NearestEven,
        "nearest_even",
        "How the sum of products is rounded into its format.");

    private static readonly YamlField<int> KeptFraction = YamlField.Required("fraction",
        YamlTypes.Integer(1, AlignedDotUnit.MaximumFraction),
        "Fraction bits of products kept below the largest exponent of their group.");

    private static readonly YamlField<int> Groups = YamlField.Optional("groups", YamlTypes.Integer(1, RealignedDotUnit.MostGroups), 1, "1",
        "Groups that products are dealt to in turn; 2: even and odd ones apart.");

    private static readonly YamlField<int> SumFraction = YamlField.Required("sum_fraction",
        YamlTypes.Integer(1, AlignedDotUnit.MaximumFraction),
        "Fraction bits of the sum of products beside the register.");

    private static readonly YamlField<int> AddendFraction = YamlField.Required("addend_fraction",
        YamlTypes.Integer(1, AlignedDotUnit.MaximumFraction),
        "Fraction bits of the register beside that sum.");

    private static readonly YamlField<int> AddendReach = YamlField.Optional("addend_reach",
        YamlTypes.Integer(0, AlignedDotUnit.HighestExponent),
        "The register counts as 0 when its exponent lies more than this below the alignment. Left out: it is floored like any other.");

    private static readonly YamlField<INumberFormat> AdderFormat = YamlField.Required("format", FormatType.Any,
        "Format of products and partial sums, up to fp32.");
    private static readonly YamlField<INumberFormat> ScaleFormat = YamlField.Required("format", FormatType.Any, "Format of the scales.");
    private static readonly YamlField<int> Block = YamlField.Required("block", YamlTypes.Integer(1, DotUnitSpec.MaximumLanes),
        "Operands that share a scale.");
    private static readonly YamlField<int> Group = YamlField.Optional("group", YamlTypes.Integer(1, DotUnitSpec.MaximumLanes),
        "Products added exactly before scaling. Left out: the block.");
    private static readonly YamlSchema ScaleKeys = new("block scales", "One scale for every block of operands of each side.",
        [ScaleFormat, Block, Group]);

    private static readonly YamlField<BlockScales> Scales = YamlField.Optional("scales", YamlTypes.Map<BlockScales>(ScaleKeys, ReadScales),
        "Scales of blocks of operands, for `sim dot`.");

    /// <summary>The type of the `dot` key.</summary>
    public static YamlType<DotUnitSpec> Instance { get; } = new YamlVariantType<DotUnitSpec>("dot unit", "kind",
    [
        new("aligned", new YamlSchema("aligned dot unit",
            "Products and accumulator are shifted to the largest exponent, truncated, and added exactly: tensor cores.",
            [Lanes, Fraction, Alignment, Result, Scales, LeastExponent]), ReadAligned),
        new("aligned_sum", new YamlSchema("aligned sum",
            "Products alone are aligned, added and rounded; a float adder adds that to the accumulator.",
            [Lanes, Fraction, Alignment, Sum, SumRounding, LeastExponent]), ReadAlignedSum),
        new("realigned", new YamlSchema("realigned dot unit",
            "Products are aligned and added in groups; their sum and the accumulator are aligned again: CDNA3 matrix cores.",
            [Lanes, KeptFraction, Groups, SumFraction, AddendFraction, AddendReach]), ReadRealigned),
        new("tree", new YamlSchema("adder tree", "Products are rounded into a format and added pairwise, level by level.",
            [Lanes, AdderFormat, AccumulatorType.Rounding]), ReadTree),
        new("chain", new YamlSchema("adder chain", "Products are rounded into a format and added one after the other.",
            [Lanes, AdderFormat, AccumulatorType.Rounding]), ReadChain),
    ]);

    private static bool ReadAligned(YamlMap map, DiagnosticBag bag, out DotUnitSpec value)
    {
        int before = bag.ErrorCount;
        bool good = Lanes.TryRead(map, bag, out int lanes) & Fraction.TryRead(map, bag, out int? fraction)
            & Alignment.TryRead(map, bag, out RoundingMode alignment);
        INumberFormat? result = Result.TryRead(map, bag, out INumberFormat cut) ? cut : null;
        if (result is not (null or FloatFormat)) bag.Error(Result.Place(map), "CFG102",
            $"'{Result.Name}' must be a float format, found '{result.Name}'");
        BlockScales? scales = Scales.TryRead(map, bag, out BlockScales blocks) ? blocks : null;
        value = new AlignedDotUnit(lanes, fraction, alignment, result, scales, LeastExponent.TryRead(map, bag, out int least) ? least
            : null);
        return good && bag.ErrorCount == before;
    }

    private static bool ReadAlignedSum(YamlMap map, DiagnosticBag bag, out DotUnitSpec value)
    {
        int before = bag.ErrorCount;
        bool good = Lanes.TryRead(map, bag, out int lanes) & Fraction.TryRead(map, bag, out int? fraction)
            & Alignment.TryRead(map, bag, out RoundingMode alignment)
            & SumRounding.TryRead(map, bag, out RoundingMode rounding);
        good &= Sum.TryRead(map, bag, out INumberFormat sum) && AccumulatorType.UpToFp32(Sum, map, sum, bag);
        value = new AlignedSumDotUnit(lanes, fraction, sum, rounding, alignment, LeastExponent.TryRead(map, bag, out int least) ? least
            : null);
        return good && bag.ErrorCount == before;
    }

    private static bool ReadRealigned(YamlMap map, DiagnosticBag bag, out DotUnitSpec value)
    {
        int before = bag.ErrorCount;
        bool good = Lanes.TryRead(map, bag, out int lanes) & KeptFraction.TryRead(map, bag, out int fraction)
            & SumFraction.TryRead(map, bag, out int sum)
            & AddendFraction.TryRead(map, bag, out int addend);
        value = new RealignedDotUnit(lanes, fraction, Groups.Read(map, bag), sum, addend, AddendReach.TryRead(map, bag, out int reach)
            ? reach : null);
        return good && bag.ErrorCount == before;
    }

    private static bool ReadTree(YamlMap map, DiagnosticBag bag, out DotUnitSpec value) => ReadAdders(map, bag, false, out value);

    private static bool ReadChain(YamlMap map, DiagnosticBag bag, out DotUnitSpec value) => ReadAdders(map, bag, true, out value);

    private static bool ReadAdders(YamlMap map, DiagnosticBag bag, bool chain, out DotUnitSpec value)
    {
        bool good = Lanes.TryRead(map, bag, out int lanes) & AccumulatorType.Rounding.TryRead(map, bag, out RoundingMode rounding);
        good &= AdderFormat.TryRead(map, bag, out INumberFormat format) && AccumulatorType.UpToFp32(AdderFormat, map, format, bag);
        value = new AdderTreeDotUnit(lanes, format, rounding, chain);
        return good;
    }

    private static bool ReadScales(YamlMap map, DiagnosticBag bag, out BlockScales value)
    {
        bool good = ScaleFormat.TryRead(map, bag, out INumberFormat format) & Block.TryRead(map, bag, out int block);
        value = new BlockScales(format, block, Group.TryRead(map, bag, out int group) ? group : block);
        return good;
    }
}
