using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;
using Sim.Datapath.Tests.Numbers;
using Sim.Tests;

namespace Sim.Datapath.Tests.DotUnits;

/// <summary>Every row of every recording of a tensor core, and of the simulators', through the profile of the chip.</summary>
public sealed class TensorCoreTests
{
    private static readonly INumberFormat Fp16 = FormatCatalogue.Parse("fp16");

    /// <summary>File, profile for each output column, or null where the file has no such column.</summary>
    private static IEnumerable<TestCaseData> Recordings()
    {
        foreach (string chip in new[] { "V100", "A100", "A2", "Ada", "L40S", "H100", "H200", "B200" })
        {
            foreach (string type in chip == "V100" ? ["fp16"] : chip[0] == 'A' && chip != "Ada" ? new[] { "fp16", "bf16", "tf32" }
                : ["fp16", "bf16", "tf32", "E4M3", "E5M2"])
                yield return new TestCaseData($"hw_{chip}_{type}_mtc.csv.gz", $"{chip}_{type}".ToLowerInvariant())
                    .SetName($"{{m}}({chip} {type})");
        }
    }

    [TestCaseSource(nameof(Recordings))]
    public void Recorded(string file, string profile)
    {
        DatapathSpec wide = Spec(profile);
        DatapathSpec? narrow = ChipProfiles.Find(profile + "_acc16")?.Datapath;
        List<string> wrong = [];
        long rows = 0;
        foreach ((string[] cells, Dictionary<string, int> column) in GoldenRows.Read(file))
        {
            uint c = GoldenRows.Hex(cells[column["c_f32bits"]]);
            string a = cells[column["a_codes"]], b = cells[column["b_codes"]];
            Compare(wide, c, a, b, GoldenRows.Hex(cells[column["d_fp32_f32bits"]]), ++rows, wrong);
            if (!column.TryGetValue("d_fp16_f32bits", out int half)) continue;
            // The data set rounded C to binary16 first, and recorded the binary16 result as the binary32 of the same value.
            uint expected = Fp16.Encode(GoldenRows.Binary32(GoldenRows.Hex(cells[half])), Rounding.NearestEven, out RoundingFlags flags);
            Assert.That(flags & RoundingFlags.Inexact, Is.EqualTo(RoundingFlags.None));
            Compare(narrow!, Fp16.Encode(GoldenRows.Binary32(c), Rounding.NearestEven, out _), a, b, expected, ++rows, wrong);
        }
        GoldenRows.Report(file, rows, 2500, wrong);
        Truth.Checked("Numbers", file, "recorded on real hardware (MATLAB-tensor-core)", rows, "equal");
    }

    [TestCase("mma_Volta_m8n8k4.f32.f16.f16.f32_mmasim.csv", "v100_fp16")]
    [TestCase("mma_Volta_m8n8k4.f16.f16.f16.f16_mmasim.csv", "v100_fp16_acc16")]
    [TestCase("mma_Turing_m16n8k8.f32.f16.f16.f32_mmasim.csv.gz", "t4_fp16")]
    [TestCase("mma_Ampere_m16n8k16.f16.f16.f16.f16_mmasim.csv.gz", "a100_fp16_acc16")]
    [TestCase("mma_Ampere_m16n8k16.f32.bf16.bf16.f32_mmasim.csv.gz", "a100_bf16")]
    [TestCase("mma_Ampere_m16n8k16.f32.f16.f16.f32_mmasim.csv.gz", "a100_fp16")]
    [TestCase("mma_Ampere_m16n8k8.f32.tf32.tf32.f32_mmasim.csv.gz", "a100_tf32")]
    [TestCase("mma_AdaLovelace_m16n8k32.f16.e4m3.e4m3.f16_mmasim.csv.gz", "ada_e4m3_acc16")]
    [TestCase("mma_AdaLovelace_m16n8k32.f32.e4m3.e4m3.f32_mmasim.csv.gz", "ada_e4m3")]
    [TestCase("mma_AdaLovelace_m16n8k32.f32.e5m2.e5m2.f32_mmasim.csv.gz", "ada_e5m2")]
    [TestCase("mma_Hopper_m16n8k16.f32.bf16.bf16.f32_mmasim.csv.gz", "h100_bf16")]
    [TestCase("mma_Hopper_m16n8k16.f32.f16.f16.f32_mmasim.csv.gz", "h100_fp16")]
    [TestCase("mma_Hopper_m16n8k8.f32.tf32.tf32.f32_mmasim.csv.gz", "h100_tf32")]
    [TestCase("wgmma_Hopper_m64n8k16.f32.f16.f16_mmasim.csv.gz", "h100_fp16")]
    [TestCase("wgmma_Hopper_m64n8k32.f32.e4m3.e4m3_mmasim.csv.gz", "h100_e4m3")]
    [TestCase("wgmma_Hopper_m64n8k32.f32.e4m3.e5m2_mmasim.csv.gz", "h100_e4m3xe5m2")]
    [TestCase("wgmma_Hopper_m64n8k32.f32.e5m2.e5m2_mmasim.csv.gz", "h100_e5m2")]
    [TestCase("mma_Blackwell_m16n8k16.f32.f16.f16.f32_mmasim.csv.gz", "b200_fp16")]
    [TestCase("mma_RTXBlackwell_m16n8k32.f32.e4m3.e4m3.f32_mmasim.csv.gz", "rtx_blackwell_e4m3")]
    [TestCase("mxf4nvf4_m16n8k64_mxfp4_block32_ue8m0_mmasim.csv.gz", "rtx_blackwell_mxfp4")]
    [TestCase("mxf4nvf4_m16n8k64_nvfp4_block16_ue4m3_mmasim.csv.gz", "rtx_blackwell_nvfp4")]
    public void Simulated(string file, string profile)
    {
        DatapathSpec spec = Spec(profile);
        bool scaled = spec.Dot is AlignedDotUnit { Scales: not null };
        List<string> wrong = [];
        long rows = 0;
        foreach ((string[] cells, _) in GoldenRows.Read("tensorcore_" + file))
        {
            rows++;
            if (scaled) Compare(spec, GoldenRows.Hex(cells[0]), cells[4], cells[5], GoldenRows.Hex(cells[1]), rows, wrong, cells[2],
                cells[3]);
            else Compare(spec, GoldenRows.Hex(cells[0]), cells[2], cells[3], GoldenRows.Hex(cells[1]), rows, wrong);
        }
        GoldenRows.Report(file, rows, 64, wrong);
        Truth.Checked("Numbers", "tensorcore_" + file, "MMA-Sim", rows, "equal");
    }

    [TestCase("CDNA2_f32_16x16x4f32", "mi250_fp32")]
    [TestCase("CDNA2_f32_16x16x16f16", "mi250_fp16")]
    [TestCase("CDNA2_f32_16x16x16bf16_1k", "mi210_bf16")]
    [TestCase("CDNA2_f32_16x16x8bf16", "mi210_bf16_k2")]
    [TestCase("CDNA3_f32_16x16x4_f32", "mi300a_fp32")]
    [TestCase("CDNA3_f32_16x16x16_f16", "mi300x_fp16")]
    [TestCase("CDNA3_f32_16x16x16_bf16", "mi300x_bf16")]
    [TestCase("CDNA3_f32_4x4x4_16b_f16", "mi300_fp16_k4")]
    [TestCase("CDNA3_f32_4x4x4_16b_bf16", "mi300_bf16_k4")]
    [TestCase("CDNA3_f32_16x16x8_xf32", "mi300x_xf32")]
    [TestCase("CDNA3_f32_16x16x32_fp8_fp8", "mi300x_fp8")]
    [TestCase("CDNA3_f32_16x16x32_fp8_bf8", "mi300x_fp8xbf8")]
    [TestCase("CDNA3_f32_16x16x32_bf8_fp8", "mi300x_bf8xfp8")]
    [TestCase("CDNA3_f32_16x16x32_bf8_bf8", "mi300x_bf8")]
    public void MatrixCores(string instruction, string profile) => Simulated($"mfma_{instruction}_mmasim.csv.gz", profile);

    private static DatapathSpec Spec(string profile) =>
        ChipProfiles.Find(profile)?.Datapath ?? throw new ArgumentException($"no profile {profile}");

    private static void Compare(DatapathSpec spec, uint c, string a, string b, uint expected, long row, List<string> wrong,
        string scalesA = "", string scalesB = "")
    {
        GemmEvents events = default;
        uint[] x = Codes(spec.Activation, a), y = Codes(spec.Weight, b);
        uint actual = (uint)ReferenceKernel.Dot(spec, c, Bytes(scalesA), Bytes(scalesB), x, y, ref events);
        INumberFormat register = ((FloatAccumulator)spec.Accumulator).Format;
        if (!GoldenRows.Same(register, expected, actual)) wrong.Add($"row {row} gave {actual:x}, not {expected:x}");
    }

    // TF32 operands are kept as binary32 patterns.
    private static uint[] Codes(INumberFormat format, string hex)
    {
        int digits = (format.ContainerBits + 3) / 4;
        return [.. Enumerable.Range(0, hex.Length / digits)
            .Select(i => GoldenRows.Hex(hex.Substring(i * digits, digits)) >> format.ContainerBits - format.Bits)];
    }

    private static uint[] Bytes(string hex) =>
        [.. Enumerable.Range(0, hex.Length / 2).Select(i => GoldenRows.Hex(hex.Substring(2 * i, 2)))];
}
