using Sim.Datapath;
using Sim.Datapath.Formats;
using Sim.Datapath.Formats.Logarithmic;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Reading;

/// <summary>The `accumulator` mapping of a datapath: `kind` and the keys of that kind.</summary>
internal static class AccumulatorType
{
    private static readonly YamlField<int> Bits = YamlField.Required("bits", YamlTypes.Integer(2, 64), "Register width.");
    private static readonly YamlField<int> Fraction = YamlField.Required("fraction", YamlTypes.Integer(0, 64),
        "Bits below the binary point.");

    private static readonly YamlField<RegisterOverflow> RegisterOverflows = YamlField.Required("overflow",
        YamlTypes.Choice(("wrap", RegisterOverflow.Wrap), ("saturate", RegisterOverflow.Saturate)),
            "What a sum that leaves the register becomes.");

    // Stochastic rounding needs random bits, which an accumulator does not carry.
    internal static readonly YamlField<RoundingMode> Rounding = YamlField.Optional("rounding",
        YamlTypes.Choice(("nearest_even", RoundingMode.NearestEven), ("nearest_away", RoundingMode.NearestAway),
            ("to_zero", RoundingMode.ToZero),
            ("up", RoundingMode.Up), ("down", RoundingMode.Down), ("to_odd", RoundingMode.ToOdd)),
        RoundingMode.NearestEven, "nearest_even", "How each step is rounded.");

    internal static readonly YamlField<OverflowPolicy> FloatOverflow = YamlField.Optional("overflow",
        YamlTypes.Choice(("ieee", OverflowPolicy.Ieee), ("saturate", OverflowPolicy.Saturate),
            ("saturate_inf", OverflowPolicy.SaturateInfinity)),
        OverflowPolicy.Ieee, "ieee", "What a result beyond the largest finite number becomes.");

    internal static readonly YamlField<INumberFormat> Format = YamlField.Required("format", FormatType.Any,
        "Format of the register: a float format up to fp32.");
    private static readonly YamlField<INumberFormat> Output = YamlField.Required("output", FormatType.Any,
        "Format that the finished sum is rounded into: a float format up to fp32, or integer or fixed point.");
    private static readonly YamlField<YamlNode> Product = YamlField.Optional("product",
        YamlTypes.Node("'fused' or a number format", FormatType.Any.JsonSchema),
        "`fused` (left out: the same): the exact product is added and the sum rounded once. A format: the product is rounded into it first.");

    private static readonly YamlField<INumberFormat> QuireFormat = YamlField.Required("format", FormatType.Any,
        "Posit that the finished sum is rounded into, and whose square of the smallest number is the register's unit.");
    private static readonly YamlField<int> QuireBits = YamlField.Optional("bits", YamlTypes.Integer(2, Quire.MostBits), 0,
        "16 for each bit of the posit",
        "Register width. SoftPosit's quire8 has 32, its quire16 128.");

    private static readonly YamlField<INumberFormat> LogFormatField = YamlField.Required("format", FormatType.Any,
        "Logarithmic format of the register (lnsN_R, with its adder); operands have its fraction bits.");

    /// <summary>The type of the `accumulator` key.</summary>
    public static YamlType<AccumulatorSpec> Instance { get; } = new YamlVariantType<AccumulatorSpec>("accumulator", "kind",
    [
        new("integer", new YamlSchema("integer accumulator", "Two's complement integer register.", [Bits, RegisterOverflows]), ReadInteger),
        new("fixed", new YamlSchema("fixed-point accumulator",
            "Two's complement fixed-point register; each product is rounded to its grid.", [Bits, Fraction, RegisterOverflows, Rounding]),
            ReadFixed),
        new("float", new YamlSchema("float accumulator", "Float register, rounded after every step.",
            [Format, Product, Rounding, FloatOverflow]), ReadFloat),
        new("exact", new YamlSchema("exact accumulator", "Wide register that loses nothing; one rounding at the end.",
            [Output, Rounding, FloatOverflow]), ReadExact),
        new("quire", new YamlSchema("quire", "A posit's exact register of stated width; one rounding at the end.",
            [QuireFormat, QuireBits, Rounding]), ReadQuire),
        LongAccumulatorType.Compensated,
        LongAccumulatorType.Unnormalized,
        MultiComponentType.Variant,
        new("log", new YamlSchema("register of logarithms", "Logarithms added by the format's own adder at every step, never made linear.",
            [LogFormatField, Rounding]), ReadLog),
    ]);

    private static bool ReadInteger(YamlMap map, DiagnosticBag bag, out AccumulatorSpec value)
    {
        bool good = Bits.TryRead(map, bag, out int bits) & RegisterOverflows.TryRead(map, bag, out RegisterOverflow overflow);
        value = new IntegerAccumulator(bits, overflow);
        return good;
    }

    private static bool ReadFixed(YamlMap map, DiagnosticBag bag, out AccumulatorSpec value)
    {
        bool good = Bits.TryRead(map, bag, out int bits) & Fraction.TryRead(map, bag, out int fraction)
            & RegisterOverflows.TryRead(map, bag, out RegisterOverflow overflow) & Rounding.TryRead(map, bag, out RoundingMode rounding);
        if (good && fraction > bits)
        {
            bag.Error(Fraction.Place(map), "CFG101", $"'fraction' must not exceed the {bits} bits of the register, found {fraction}");
            good = false;
        }
        value = new FixedAccumulator(bits, fraction, overflow, rounding);
        return good;
    }

    private static bool ReadFloat(YamlMap map, DiagnosticBag bag, out AccumulatorSpec value)
    {
        INumberFormat? product = null;
        bool good = Format.TryRead(map, bag, out INumberFormat format) && UpToFp32(Format, map, format, bag);
        good &= Rounding.TryRead(map, bag, out RoundingMode rounding) & FloatOverflow.TryRead(map, bag, out OverflowPolicy overflow);
        if (Product.TryRead(map, bag, out YamlNode node) && node is not YamlScalar { Text: "fused" })
            good &= FormatType.Any.TryRead(node, Product.Name, bag, out product) && UpToFp32(Product, map, product, bag);
        value = new FloatAccumulator(format, rounding, overflow, product);
        return good;
    }

    private static bool ReadExact(YamlMap map, DiagnosticBag bag, out AccumulatorSpec value)
    {
        bool good = Output.TryRead(map, bag, out INumberFormat output) && (output is FixedFormat || UpToFp32(Output, map, output, bag));
        good &= Rounding.TryRead(map, bag, out RoundingMode rounding) & FloatOverflow.TryRead(map, bag, out OverflowPolicy overflow);
        value = new ExactAccumulator(output, rounding, overflow);
        return good;
    }

    private static bool ReadQuire(YamlMap map, DiagnosticBag bag, out AccumulatorSpec value)
    {
        value = null!;
        if (!(QuireFormat.TryRead(map, bag, out INumberFormat format) & QuireBits.TryRead(map, bag, out int bits)
            & Rounding.TryRead(map, bag, out RoundingMode rounding))) return false;
        if (format is not PositFormat posit)
        {
            bag.Error(QuireFormat.Place(map), "CFG102", $"'format' of a quire must be a posit (positN_ES), found '{format.Name}'");
            return false;
        }
        if (bits == 0) bits = Quire.StandardBits(posit);
        if (bits < Quire.FewestBits(posit))
        {
            bag.Error(QuireBits.Place(map), "CFG101",
                $"'bits' must be at least {Quire.FewestBits(posit)}, what one product of {posit.Name} needs, found {bits}");
            return false;
        }
        value = Quire.Accumulator(posit, bits, rounding);
        return UpToFp32(QuireFormat, map, format, bag);
    }

    private static bool ReadLog(YamlMap map, DiagnosticBag bag, out AccumulatorSpec value)
    {
        value = null!;
        if (!(LogFormatField.TryRead(map, bag, out INumberFormat format)
            & Rounding.TryRead(map, bag, out RoundingMode rounding))) return false;
        if (format is LogFormat log)
        {
            value = new LogAccumulator(log, rounding);
            return true;
        }
        bag.Error(LogFormatField.Place(map), "CFG102", $"'format' must be a logarithmic format (lnsN_R), found '{format.Name}'");
        return false;
    }

    // Every value of the register's format must be a binary32 number: the kernels' lanes and the golden files hold no more.
    internal static bool UpToFp32(YamlField field, YamlMap map, INumberFormat format, DiagnosticBag bag)
    {
        if (format is FloatFormat f && f.FractionBits <= 23 && f.Bits - 1 - f.FractionBits <= 8 && f.Maximum.LeadingExponent <= 127
            && f.MinimumExponent - f.FractionBits >= -149)
            return true;
        // A posit keeps more than 24 significant bits only where it is wide; the vector unit rounds those once, as it does int32.
        if (format is PositFormat { MaximumExponent: <= 126 }) return true;
        bag.Error(map[field.Name]!.Location, "CFG102",
            $"'{field.Name}' must be a float format whose every value fits in fp32 (at most 8 exponent and 23 fraction bits) or a posit within 2^±126, found '{format.Name}'");
        return false;
    }
}
