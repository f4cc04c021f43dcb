using System.Globalization;
using System.Text.RegularExpressions;
using Sim.Datapath;
using Sim.Datapath.Specs;
using Sim.Datapath.Structures;

namespace Sim.Calibration;

/// <summary>The structure of a synthesised block, told by the same code that prices datapaths. Blocks that it does not list have no
/// structure here.</summary>
public static partial class BlockStructures
{
    /// <summary>Families whose rows are fitted.</summary>
    public static IReadOnlyList<string> Fitted { get; } =
    [
        "adder", "adder_ripple", "adder_tree", "barrel_shl", "barrel_shr_sticky", "lzc", "mux2", "comparator_lt", "normalizer_lzc_shl",
        "int_mul_signed", "int_mul_unsigned", "int_mac_sep", "fp_mul", "fp_add", "fp_fma", "fp_fma_mixed", "fp_kulisch_mac",
            "fp_fixacc_trunc_mac",
    ];

    /// <summary>Families that the fit never sees: other authors' RTL, other multiplier styles, units composed in another way.</summary>
    public static IReadOnlyList<string> HeldOut { get; } =
        ["int_mul_dadda_logic", "int_mac_sat", "int_dot_sep", "fp_int_mac", "hardfloat_mul", "hardfloat_add", "hardfloat_fma"];

    /// <summary>Families that are one primitive each.</summary>
    public static IReadOnlyList<string> Primitives { get; } =
        ["adder", "adder_ripple", "barrel_shl", "barrel_shr_sticky", "lzc", "mux2", "comparator_lt", "normalizer_lzc_shl",
            "int_mul_signed", "int_mul_unsigned"];

    /// <summary>
    /// Rows whose vectors hardly switch the unit, so that their energy says nothing about a primitive: 2-bit integers (mostly zero), and
    /// E5M2 products of which a truncated window drops nearly all.
    /// </summary>
    public static bool HasIdleVectors(SynthesisRow row) =>
        (row.Block == "int_mac_sep" && row.Parameters.Contains("x2_", StringComparison.Ordinal))
        || (row.Block == "fp_fixacc_trunc_mac" && row.Parameters.StartsWith("E5M2", StringComparison.Ordinal));

    /// <summary>The block's structure, or null for a family that is not listed.</summary>
    public static Structure? Of(string block, string parameters)
    {
        bool subnormals = !parameters.Contains("ftz", StringComparison.Ordinal);
        int[] n = [.. Numbers().Matches(parameters).Select(m => int.Parse(m.Value, CultureInfo.InvariantCulture))];
        OperandShape Float(int i) => OperandShape.Float(n[i], n[i + 1], (1 << n[i]) - 2, 0, subnormals);
        OperandShape Integer(int i) => OperandShape.Fixed(n[i], 0, true);
        Structure none = Structure.Empty;
        switch (block)
        {
            case "adder" or "adder_ripple": return none.With("adder", PrimitiveKind.Adder, n[0], onPath: true);
            case "barrel_shl": return none.With("shifter", PrimitiveKind.LeftShifter, n[0], onPath: true);
            case "barrel_shr_sticky": return none.With("shifter", PrimitiveKind.RightShifter, n[0], onPath: true);
            case "lzc": return none.With("counter", PrimitiveKind.LeadingZeroCounter, n[0], onPath: true);
            case "mux2": return none.With("mux", PrimitiveKind.Mux, n[0], onPath: true);
            case "comparator_lt": return none.With("comparator", PrimitiveKind.Comparator, n[0], onPath: true);
            case "normalizer_lzc_shl":
                return none.With("counter", PrimitiveKind.LeadingZeroCounter, n[0], onPath: true)
                    .With("shifter", PrimitiveKind.LeftShifter, n[0], onPath: true);
            case "int_mul_signed" or "int_mul_unsigned" or "int_mul_dadda_logic":
                return none.With("multiplier", PrimitiveKind.Multiplier, n[0], n[1], onPath: true);
            case "adder_tree": return Tree(n[0], n[1]);
            case "int_mac_sep" or "int_mac_sat":
                var integer = new IntegerAccumulator(n[2], block == "int_mac_sat" ? RegisterOverflow.Saturate : RegisterOverflow.Wrap);
                return Mac(new ProductShape(Integer(0), Integer(1)), integer);
            case "int_dot_sep":
                var product = new ProductShape(Integer(0), Integer(1));
                return product.Multiplier().Times(n[2]) + Tree(n[2], product.SignificandBits)
                    + new IntegerAccumulator(n[3], RegisterOverflow.Wrap).Step(product);
            case "fp_mul" or "hardfloat_mul" when !parameters.Contains("recoded", StringComparison.Ordinal):
                var square = new ProductShape(Float(0), Float(0));
                return square.Multiplier() + FloatUnits.ProductRounder(square, Float(0), Rounding(parameters));
            case "fp_add" or "hardfloat_add": return FloatUnits.Adder(Float(0), Float(0), Rounding(parameters));
            case "fp_fma" or "hardfloat_fma": return Fused(new ProductShape(Float(0), Float(0)), Float(0));
            case "fp_fma_mixed": return Fused(new ProductShape(Float(0), Float(0)), Float(2));
            case "fp_int_mac": return Fused(new ProductShape(Float(0), Integer(2)), Float(3));
            case "fp_kulisch_mac":
                var wide = new ProductShape(Float(0), Float(0));
                return wide.Multiplier() + FixedAccumulator.Place(wide, n[3] - 1, 0, RoundingMode.ToZero)
                    + new IntegerAccumulator(n[2], RegisterOverflow.Wrap).Step(wide);
            case "fp_fixacc_trunc_mac":
                var cut = new ProductShape(Float(0), Float(0));
                return Mac(cut, new FixedAccumulator(n[2], -n[3], RegisterOverflow.Wrap, RoundingMode.ToZero));
            default: return null;
        }
    }

    private static Structure Mac(ProductShape product, AccumulatorSpec accumulator) => product.Multiplier() + accumulator.Step(product);

    private static Structure Fused(ProductShape product, OperandShape result) =>
        product.Multiplier() + FloatUnits.FusedStep(product, result, RoundingMode.NearestEven);

    // A balanced tree over k words of n bits: each level is one bit wider; one adder a level lies on the path.
    private static Structure Tree(int k, int n)
    {
        Structure tree = Structure.Empty;
        for (int width = n + 1; k > 1; width++, k /= 2)
            tree = tree.With("tree adder", PrimitiveKind.Adder, width, onPath: true)
                .With("tree adder", PrimitiveKind.Adder, width, count: (k / 2) - 1);
        return tree;
    }

    private static RoundingMode Rounding(string parameters) =>
        parameters.Contains("trunc", StringComparison.Ordinal) ? RoundingMode.ToZero : RoundingMode.NearestEven;

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Numbers();
}
