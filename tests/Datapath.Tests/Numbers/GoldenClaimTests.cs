using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Sim.Datapath.Tests.Blocks;
using Sim.Datapath.Tests.DotUnits;
using Sim.Datapath.Tests.Kernels;
using Sim.Datapath.Tests.Kernels.Posits;
using Sim.Datapath.Tests.Multipliers;
using Sim.Datapath.Tests.Numbers.Logarithmic;
using Sim.Datapath.Tests.Numbers.Posits;
using Sim.Datapath.Tests.Numbers.Scalars;
using Sim.Tests;

namespace Sim.Datapath.Tests.Numbers;

/// <summary>
/// Every golden file has a test that reads it, and every column of it: a file or a column that is new, or that a test stopped reading,
/// fails here. A claim names the files, the classes that read them, and the columns that they compare or take as inputs.
/// </summary>
public sealed class GoldenClaimTests
{
    private sealed record Claim(string Files, string Columns, params Type[] Readers);

    private static readonly ImmutableArray<Claim> Claims =
    [
        new("arith_(float|bf16|fp16|fp32)",
            "a,b,c,mul,add,sub,div,mul_rne,add_rne,sub_rne,mulAdd_rne,mul_rtz,add_rtz,mulAdd_rtz,f32_fma_then_bf16_rne",
            typeof(ArithmeticGoldenTests)),
        new("arith_lns", "a,b,mul,add,sub", typeof(LogGoldenTests)),
        new("arith_posit", "a,b,c,mul,add,sub,div,mulAdd(a*b+c)", typeof(PositGoldenTests)),
        new("block_inputs\\.csv", "block,f32bits_hex", typeof(MxGoldenTests), typeof(MicroxcalingGoldenTests)),
        new("block_inputs_nvfp4", "block,f32bits_hex", typeof(Nvfp4GoldenTests)),
        new("block_mx.*_(gfloat|universal)", "block,scale_e8m0_code,elem_codes_hex,dequant_f64_rounded_to_f32bits_hex,dequant_f32bits_hex",
            typeof(MxGoldenTests)),
        new("block_mx.*_microxcaling",
            "block,dequant_nearest_f32bits,dequant_floor_f32bits,dequant_even_f32bits,dequant_even_block16_f32bits",
            typeof(MicroxcalingGoldenTests)),
        new("block_nvfp4", "block16,global_amax_f32bits,tensor_scale_f32bits,scale_e4m3_code,elem_codes(16 hex digits; element order),elem_codes_hex,dequant_f32bits_hex", typeof(Nvfp4GoldenTests)),
        new("decode_(float|ocp_)", "code,hexfloat,decimal,class", typeof(DecodeGoldenTests), typeof(GoldenColumnTests)),
        new("decode_(hifloat8|p3109)", "code,hexfloat,decimal,class", typeof(ScalarGoldenTests), typeof(GoldenColumnTests)),
        new("decode_lns", "code,hexfloat,decimal", typeof(LogGoldenTests), typeof(GoldenColumnTests)),
        new("decode_posit", "code,hexfloat,decimal", typeof(PositGoldenTests), typeof(GoldenColumnTests)),
        new("decode_(nf4|fp4)_bitsandbytes", "code,decimal,f32_bits,raw_decimal,normalised_f32_bits", typeof(ScalarGoldenTests),
            typeof(GoldenColumnTests)),
        new("elemwise", "f32_bits,nearest,nearest_sat,floor,floor_sat,even,even_sat", typeof(ElementGoldenTests)),
        new("quant_exmy", "f32_bits,e4m3,e5m2,e3m2,e2m3,e2m1,e5m10,e8m7,e6m9", typeof(ElementGoldenTests)),
        new("encode_(float|ocp|bf16|bfloat16|fp16|binary16)", Encodings, typeof(EncodeGoldenTests)),
        new("encode_(p3109|hifloat8|nf4)", Encodings, typeof(ScalarGoldenTests)),
        new("encode_stochastic", "f32_bits,srnumbits,srbits,stochastic_sat,stochastic_fast_sat,stochastic_fastest_sat,stochastic_odd_sat",
            typeof(ScalarGoldenTests)),
        new("encode_lns", "f32_bits,code", typeof(LogGoldenTests)),
        new("encode_posit", "f32_bits,code", typeof(PositGoldenTests)),
        new("quant_hifloat8", "f32_bits,value_f32bits", typeof(ScalarGoldenTests)),
        new("hw_", "c_f32bits,d_fp32_f32bits,d_fp16_f32bits,a_codes,b_codes", typeof(TensorCoreTests)),
        new("tensorcore_(mma|wgmma|mfma)",
            "c_bits,d_bits,a_codes_hex(k=4),a_codes_hex(k=8),a_codes_hex(k=16),a_codes_hex(k=32),b_codes_hex", typeof(TensorCoreTests)),
        new("tensorcore_mxf4nvf4", "c_f32bits,d_f32bits,scale_a_codes,scale_b_codes,a_codes(64 hex digits),b_codes(64 hex digits)",
            typeof(TensorCoreTests)),
        new("lmul", "a,b,lmul", typeof(MultiplierGoldenTests)),
        new("pam", "a,b,pam_offset0,pad_offset0(a/b)", typeof(MultiplierGoldenTests)),
        new("quiredot", "result,a[64 codes hex concatenated],b[64 codes hex concatenated]", typeof(QuireTests)),
        new("seqdot", "len,fp16_mulAdd_chain(fp16),fp16_mul_then_add_chain(fp16),f32_mulAdd_chain(f32bits),f32_mulAdd_chain_rtz(f32bits),a_hex,b_hex", typeof(SequentialDotTests)),
        new("testfloat", "", typeof(ArithmeticGoldenTests)),
    ];

    private const string Encodings = "f32_bits,code,rne,rne_sat,rtz,rtz_sat,rtn,rtn_sat,rtp,rtp_sat,rna,rna_sat,rto,rto_sat";

    [Test]
    public void EveryFileAndColumnHasAReader()
    {
        string[] files = [.. Directory.GetFiles(ReferenceData.Shared("golden")).Select(Path.GetFileName).OfType<string>()
            .Where(f => f.Contains(".csv", StringComparison.Ordinal) || f.Contains(".txt.gz", StringComparison.Ordinal))];
        int columns = 0;
        Assert.Multiple(() =>
        {
            foreach (string file in files)
            {
                Claim[] claims = [.. Claims.Where(c => Regex.IsMatch(file, $"^{c.Files}", RegexOptions.CultureInvariant))];
                Assert.That(claims, Is.Not.Empty, $"no test reads {file}");
                if (claims.Length == 0 || file.EndsWith(".txt.gz", StringComparison.Ordinal)) continue;
                string[] header = ReferenceData.Lines(ReferenceData.Golden(file)).First().Split(',');
                Assert.That(header, Is.SubsetOf(claims.SelectMany(c => c.Columns.Split(','))), $"columns of {file} that no test reads");
                columns += header.Length;
                Assert.That(claims.SelectMany(c => c.Readers).Any(r => Mentions(r, file)), Is.True,
                    $"{string.Join(", ", claims.SelectMany(c => c.Readers).Select(r => r.Name))} do not name {file}");
            }
        });
        Assert.That((files.Length, columns), Is.EqualTo((Math.Max(files.Length, 252), Math.Max(columns, 900))));
    }

    // Whether a class has a test case, a source of cases or a text that names the file or its stem; names that a test puts together from
    // parts are found by their parts.
    private static bool Mentions(Type reader, string file)
    {
        string path = Directory.GetFiles(Path.Combine(ReferenceData.RepositoryRoot, "tests", "Datapath.Tests"), $"{reader.Name}.cs",
            SearchOption.AllDirectories).Single();
        string source = File.ReadAllText(path), stem = file.Split('.')[0];
        string[] parts = [.. stem.Split('_').Skip(1)];
        return source.Contains(stem, StringComparison.Ordinal) || source.Contains(file.Split('_')[0] + "_", StringComparison.Ordinal)
            && parts.All(p => Regex.IsMatch(source, Regex.Escape(p), RegexOptions.IgnoreCase | RegexOptions.CultureInvariant));
    }
}
