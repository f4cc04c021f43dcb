using System.Collections.Immutable;
using Sim.Datapath.Formats;

namespace Sim.Datapath.Specs;

/// <summary>A datapath that computes as the tensor core of a product does, and where that is known from.</summary>
public sealed record ChipProfile(string Name, DatapathSpec Datapath, string Source);

/// <summary>
/// Tensor cores by name, `chip_type[_accumulator]`: `h100_e4m3`, `a100_fp16_acc16`. One line for each rule that was found to explain every recorded
/// output; the chips on a line compute alike.
/// </summary>
public static class ChipProfiles
{
    private const string Recorded = "outputs recorded on the chip (MATLAB-tensor-core data set, Khattak and Mikaitis, arXiv 2512.07004)";
    private const string Simulated = "MMA-Sim (arXiv 2511.10909)";

    /// <summary>Every profile, in the order of the tables below.</summary>
    public static ImmutableArray<ChipProfile> All { get; } =
    [
        .. Line("v100", "fp16", "fp16", 4, 23, "fp32", null, Recorded),
        .. Line("v100", "fp16", "fp16", 4, 23, "fp16", null, Recorded),
        .. Line("t4", "fp16", "fp16", 8, 24, "fp32", null, Simulated),
        .. Line("t4", "fp16", "fp16", 8, 24, "fp16", null, "Turing as Ampere; no recording"),
        .. Line("a100 a2 ada l40s", "fp16", "fp16", 8, 24, "fp32", null, Recorded),
        .. Line("a100 a2 ada l40s", "fp16", "fp16", 8, 24, "fp16", null, Recorded),
        .. Line("a100 a2 ada l40s", "bf16", "bf16", 8, 24, "fp32", null, Recorded),
        .. Line("a100 a2 ada l40s", "tf32", "tf32", 4, 24, "fp32", null, Recorded),
        .. Line("ada l40s", "e4m3", "e4m3", 16, 13, "fp32", "e8m13", Recorded),
        .. Line("ada l40s", "e5m2", "e5m2", 16, 13, "fp32", "e8m13", Recorded),
        .. Line("ada l40s", "e4m3", "e5m2", 16, 13, "fp32", "e8m13", "as its two types alone, by MMA-Sim"),
        .. Line("ada l40s", "e4m3", "e4m3", 16, 13, "fp16", null, Recorded),
        .. Line("ada l40s", "e5m2", "e5m2", 16, 13, "fp16", null, Recorded),
        .. Line("h100 h200 b200", "fp16", "fp16", 16, 25, "fp32", null, Recorded),
        .. Line("h100 h200 b200", "fp16", "fp16", 16, 25, "fp16", null, Recorded),
        .. Line("h100 h200 b200", "bf16", "bf16", 16, 25, "fp32", null, Recorded),
        .. Line("h100 h200 b200", "tf32", "tf32", 8, 25, "fp32", null, Recorded + " with 4 of its 8 products used"),
        .. Line("h100 h200", "e4m3", "e4m3", 32, 13, "fp32", "e8m13", Recorded),
        .. Line("h100 h200", "e5m2", "e5m2", 32, 13, "fp32", "e8m13", Recorded),
        .. Line("h100 h200", "e4m3", "e5m2", 32, 13, "fp32", "e8m13", Simulated),
        .. Line("h100 h200", "e5m2", "e4m3", 32, 13, "fp32", "e8m13", "as the transposed product, by MMA-Sim"),
        // Exact sum and one rounding to nearest even: found here, as neither published model explains the recording.
        .. Line("b200", "e4m3", "e4m3", 32, null, "fp32", null, Recorded),
        .. Line("b200", "e5m2", "e5m2", 32, null, "fp32", null, Recorded),
        .. Line("rtx_blackwell", "e4m3", "e4m3", 32, 25, "fp32", null, Simulated),
        .. Line("rtx_blackwell", "mxfp4", "mxfp4", 64, 35, "fp32", null, Simulated, new BlockScales(Format("e8m0"), 32, 16)),
        .. Line("rtx_blackwell", "nvfp4", "nvfp4", 64, 35, "fp32", null, Simulated, new BlockScales(Format("e4m3"), 16, 16)),
    ];

    /// <summary>Other names of profiles.</summary>
    public static ImmutableDictionary<string, string> Aliases { get; } = ImmutableDictionary.CreateRange(StringComparer.Ordinal,
        new[] { "ada", "l40s", "h100", "h200", "b200" }.Select(chip => KeyValuePair.Create($"{chip}_fp8", $"{chip}_e4m3")));

    /// <summary>The profile of that name or alias, or null.</summary>
    public static ChipProfile? Find(string name) => All.FirstOrDefault(p => p.Name == Aliases.GetValueOrDefault(name, name));

    // Operands × products a step × fraction bits kept (null: all) → register, its result cut to a format. Binary32 registers cut, others round to nearest even.
    private static IEnumerable<ChipProfile> Line(string chips, string activation, string weight, int lanes, int? fraction, string register, string? result, string source, BlockScales? scales = null)
    {
        RoundingMode rounding = fraction is null || register != "fp32" ? RoundingMode.NearestEven : RoundingMode.ToZero;
        string type = activation == weight ? activation : $"{activation}x{weight}", tail = register == "fp32" ? "" : $"_acc{register[2..]}";
        INumberFormat Operand(string name) => Format(scales is null ? name : "e2m1");
        return chips.Split(' ').Select(chip => new ChipProfile($"{chip}_{type}{tail}",
            new DatapathSpec($"{chip}_{type}{tail}", Operand(weight), Operand(activation), new FloatAccumulator(Format(register), rounding, OverflowPolicy.Ieee))
            {
                Dot = new AlignedDotUnit(lanes, fraction, RoundingMode.ToZero, result is null ? null : Format(result), scales),
            }, source));
    }

    private static INumberFormat Format(string name) => FormatCatalogue.Parse(name);
}
