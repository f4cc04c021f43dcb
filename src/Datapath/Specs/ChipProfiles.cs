using System.Collections.Immutable;
using Sim.Datapath.Formats;

namespace Sim.Datapath.Specs;

/// <summary>A datapath that computes as the tensor or matrix core of a product does, and where that is known from.</summary>
public sealed record ChipProfile(string Name, DatapathSpec Datapath, string Source);

/// <summary>
/// Tensor and matrix cores by name, `chip_type[_accumulator]`: `h100_e4m3`, `a100_fp16_acc16`, `mi300x_fp8`. One line for each rule that
/// was found to explain every recorded output; the chips on a line compute alike.
/// </summary>
public static class ChipProfiles
{
    private const string Recorded = "outputs recorded on the chip (MATLAB-tensor-core data set, Khattak and Mikaitis, arXiv 2512.07004)";
    private const string Simulated = "MMA-Sim (arXiv 2511.10909)";
    private const string Modelled = "MATLAB-tensor-core models (arXiv 2512.07004)";
    private const string Cdna2 = "mi210 mi250", Cdna3 = "mi300 mi300a mi300x", RtxBlackwell = "rtx_blackwell rtx_pro_6000";
    private const string Both = "MMA-Sim (arXiv 2511.10909) and MATLAB-tensor-core models (arXiv 2512.07004)";

    /// <summary>Every profile, in the order of the tables below.</summary>
    public static ImmutableArray<ChipProfile> All { get; } =
    [
        .. Line("v100", "fp16", "fp16", 4, 23, "fp32", null, Recorded),
        .. Line("v100", "fp16", "fp16", 4, 23, "fp16", null, Recorded, least: -19),
        .. Line("t4", "fp16", "fp16", 8, 24, "fp32", null, Simulated),
        .. Line("t4", "fp16", "fp16", 8, 24, "fp16", null, "Turing as Ampere; no recording", least: -20),
        .. Line("a100 a2 a30 ada l40s", "fp16", "fp16", 8, 24, "fp32", null, Recorded),
        .. Line("a100 a2 a30 ada l40s", "fp16", "fp16", 8, 24, "fp16", null, Recorded, least: -20),
        .. Line("a100 a2 a30 ada l40s", "bf16", "bf16", 8, 24, "fp32", null, Recorded, least: -132),
        .. Line("a100 a2 a30 ada l40s", "tf32", "tf32", 4, 24, "fp32", null, Recorded, least: -132),
        .. Line("ada l40s", "e4m3", "e4m3", 16, 13, "fp32", "e8m13", Recorded),
        .. Line("ada l40s", "e5m2", "e5m2", 16, 13, "fp32", "e8m13", Recorded),
        .. Line("ada l40s", "e4m3", "e5m2", 16, 13, "fp32", "e8m13", "as its two types alone, by MMA-Sim"),
        .. Line("ada l40s", "e4m3", "e4m3", 16, 13, "fp16", null, Recorded),
        .. Line("ada l40s", "e5m2", "e5m2", 16, 13, "fp16", null, Recorded),
        .. Line("h100 h200 b200", "fp16", "fp16", 16, 25, "fp32", null, Recorded),
        .. Line("h100 h200 b200", "fp16", "fp16", 16, 25, "fp16", null, Recorded, least: -21),
        .. Line("h100 h200 b200", "bf16", "bf16", 16, 25, "fp32", null, Recorded, least: -133),
        .. Line("h100 h200 b200", "tf32", "tf32", 8, 25, "fp32", null, Recorded + " with 4 of its 8 products used", least: -133),
        .. Line("h100 h200", "e4m3", "e4m3", 32, 13, "fp32", "e8m13", Recorded),
        .. Line("h100 h200", "e5m2", "e5m2", 32, 13, "fp32", "e8m13", Recorded),
        .. Line("h100 h200", "e4m3", "e5m2", 32, 13, "fp32", "e8m13", Simulated),
        .. Line("h100 h200", "e5m2", "e4m3", 32, 13, "fp32", "e8m13", "as the transposed product, by MMA-Sim"),
        // The recorded mma instructions keep the register outside the aligned sum; tcgen05 takes it in.
        Outside("b200", "e4m3"),
        Outside("b200", "e5m2"),
        .. Line("b200", "e4m3", "e4m3", 32, 25, "fp32", null, Both, tail: "_tcgen05"),
        .. Line("b200", "e5m2", "e5m2", 32, 25, "fp32", null, Both, tail: "_tcgen05"),
        .. Line(RtxBlackwell, "fp16", "fp16", 16, 25, "fp32", null, Both),
        .. Line(RtxBlackwell, "fp16", "fp16", 16, 25, "fp16", null, Both, least: -21),
        .. Line(RtxBlackwell, "bf16", "bf16", 16, 25, "fp32", null, Both, least: -133),
        .. Line(RtxBlackwell, "tf32", "tf32", 8, 25, "fp32", null, Both, least: -133),
        .. Line(RtxBlackwell, "e4m3", "e4m3", 32, 25, "fp32", null, Both),
        .. Line(RtxBlackwell, "e5m2", "e5m2", 32, 25, "fp32", null, Both),
        .. Line(RtxBlackwell, "mxfp4", "mxfp4", 64, 35, "fp32", null, Simulated, new BlockScales(Format("e8m0"), 32, 16)),
        .. Line(RtxBlackwell, "nvfp4", "nvfp4", 64, 35, "fp32", null, Simulated, new BlockScales(Format("e4m3"), 16, 16)),
        .. MatrixCore(Cdna2 + " " + Cdna3, "fp32", "fp32", null, "fp32", Simulated),
        .. MatrixCore(Cdna2, "fp16", "fp16_ftz", Pairs(4), "fp32_ftz", Both),
        .. MatrixCore(Cdna2, "bf16", "bf16_ftz", Pairs(4), "fp32_ftz", Both + ": the instructions named _1k"),
        .. MatrixCore(Cdna2, "bf16_k2", "bf16_ftz", Pairs(2), "fp32_ftz", Simulated + ": the instructions without _1k"),
        .. MatrixCore(Cdna3, "fp16", "fp16", Realigned(8), "fp32", Both),
        .. MatrixCore(Cdna3, "fp16_k4", "fp16", Realigned(4), "fp32", Simulated + ": instructions of 4 products"),
        .. MatrixCore(Cdna3, "bf16", "bf16", Realigned(8), "fp32", Both),
        .. MatrixCore(Cdna3, "bf16_k4", "bf16", Realigned(4), "fp32", Simulated + ": instructions of 4 products"),
        .. MatrixCore(Cdna3, "xf32", "tf32", Realigned(4), "fp32", Both),
        .. MatrixCore(Cdna3, "fp8", "e4m3fnuz", TwoGroups, "fp32", Both),
        .. MatrixCore(Cdna3, "bf8", "e5m2fnuz", TwoGroups, "fp32", Both),
        .. MatrixCore(Cdna3, "fp8xbf8", "e4m3fnuz", TwoGroups, "fp32", Simulated, "e5m2fnuz"),
        .. MatrixCore(Cdna3, "bf8xfp8", "e5m2fnuz", TwoGroups, "fp32", Simulated, "e4m3fnuz"),
    ];

    /// <summary>Other names of profiles.</summary>
    public static ImmutableDictionary<string, string> Aliases { get; } = ImmutableDictionary.CreateRange(StringComparer.Ordinal,
        new[] { "ada", "l40s", "h100", "h200", "b200", "rtx_blackwell", "rtx_pro_6000" }.Select(chip =>
            KeyValuePair.Create($"{chip}_fp8", $"{chip}_e4m3")));

    /// <summary>The profile of that name or alias, or null.</summary>
    public static ChipProfile? Find(string name) => All.FirstOrDefault(p => p.Name == Aliases.GetValueOrDefault(name, name));

    // Operands × products a step × fraction bits kept → register, its result truncated to a format. Binary32 registers truncate, others
    // round to nearest even.
    private static IEnumerable<ChipProfile> Line(string chips, string activation, string weight, int lanes, int fraction, string register,
        string? result, string source,
        BlockScales? scales = null, int? least = null, string tail = "")
    {
        RoundingMode rounding = register != "fp32" ? RoundingMode.NearestEven : RoundingMode.ToZero;
        string type = (activation == weight ? activation : $"{activation}x{weight}") + (register == "fp32" ? "" : $"_acc{register[2..]}")
            + tail;
        INumberFormat Operand(string name) => Format(scales is null ? name : "e2m1");
        return chips.Split(' ').Select(chip => new ChipProfile($"{chip}_{type}",
            new DatapathSpec($"{chip}_{type}", Operand(weight), Operand(activation),
                new FloatAccumulator(Format(register), rounding, OverflowPolicy.Ieee))
            {
                Dot = new AlignedDotUnit(lanes, fraction, RoundingMode.ToZero, result is null ? null : Format(result), scales, least),
            }, chip == "a30" ? Modelled + ": as A100" : source));
    }

    private static ChipProfile Outside(string chip, string type) => new($"{chip}_{type}",
        new DatapathSpec($"{chip}_{type}", Format(type), Format(type),
            new FloatAccumulator(Format("fp32"), RoundingMode.NearestEven, OverflowPolicy.Ieee))
        {
            Dot = new AlignedSumDotUnit(32, 25, Format("fp32"), RoundingMode.ToZero),
        }, Recorded);

    // AMD: registers round to nearest even.
    private static IEnumerable<ChipProfile> MatrixCore(string chips, string type, string activation, DotUnitSpec? dot, string register,
        string source,
        string? weight = null)
    {
        var accumulator = new FloatAccumulator(Format(register), RoundingMode.NearestEven, OverflowPolicy.Ieee);
        return chips.Split(' ').Select(chip => $"{chip}_{type}").Select(name =>
            new ChipProfile(name, new DatapathSpec(name, Format(weight ?? activation), Format(activation), accumulator) { Dot = dot },
                source));
    }

    private static AdderTreeDotUnit Pairs(int lanes) => new(lanes, Format("fp32_ftz"), RoundingMode.NearestEven);

    private static RealignedDotUnit TwoGroups => new(16, 24, 2, 31, 24, 25);

    private static RealignedDotUnit Realigned(int lanes) => new(lanes, 24, 1, 31, 24);

    private static INumberFormat Format(string name) => FormatCatalogue.Parse(name);
}
