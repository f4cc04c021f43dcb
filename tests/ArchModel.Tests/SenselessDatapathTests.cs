using Sim.ArchModel.Reading;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Tests;

/// <summary>Datapaths that cannot mean anything: each is one located error that says what is wrong and what is allowed.</summary>
public class SenselessDatapathTests
{
    private const string Float = "accumulator: {kind: float, format: fp32}";

    [TestCase("posit3_3", "CFG011: 'weight': number format 'posit3_3': 3 exponent bits do not fit a posit of 3 bits")]
    [TestCase("posit4_4", "CFG011: 'weight': number format 'posit4_4': 4 exponent bits do not fit a posit of 4 bits")]
    [TestCase("posit2_0", "CFG011: 'weight': number format 'posit2_0': a posit has 3 to 32 bits")]
    [TestCase("posit33_2", "CFG011: 'weight': number format 'posit33_2': a posit has 3 to 32 bits")]
    [TestCase("e2m1b300", "CFG011: 'weight': number format 'e2m1b300': the bias 300 leaves no number that binary32 holds: the largest is below 2^-297")]
    [TestCase("{exponent: 4, fraction: 3, bias: 170, specials: fn}",
        "CFG011: number format 'e4m3b170_fn': the bias 170 leaves no number that binary32 holds: the largest is below 2^-154")]
    [TestCase("e4m3b5000", "CFG011: 'weight': number format 'e4m3b5000': the bias is 0 to 2048")]
    [TestCase("e1m6", "CFG011: 'weight': number format 'e1m6': the exponent has 2 to 11 bits")]
    [TestCase("e11m21", "CFG011: 'weight': number format 'e11m21': sign, 11 exponent and 21 fraction bits are more than 32 bits")]
    [TestCase("int1", "CFG011: 'weight': number format 'int1': a fixed-point format has 2 to 32 bits")]
    [TestCase("q0.0", "CFG011: 'weight': number format 'q0.0': a fixed-point format has 2 to 32 bits")]
    [TestCase("lns8_7", "CFG011: 'weight': number format 'lns8_7': sign and one bit above the point leave at most 6 fraction bits of 8")]
    [TestCase("p3109_k8p9se", "CFG011: 'weight': number format 'p3109_k8p9se': the precision of 8 signed bits is 1 to 7")]
    [TestCase("p3109_k2p1se", "CFG011: 'weight': number format 'p3109_k2p1se': a P3109 format has 3 to 15 bits")]
    [TestCase("'table[1,2,3]'", "CFG011: 'weight': number format 'table[1,2,3]': a codebook has 2, 4, 8, … or 65536 numbers, found 3")]
    [TestCase("afpq_e2m1_0", "CFG011: 'weight': number format 'afpq_e2m1_0': the ratio of the negative to the positive scale is 0.01 to 100")]
    [TestCase("bitmod4_7", "CFG011: 'weight': number format 'bitmod4_7': additional values are ±3 and ±6 of 3 bits, ±5 and ±8 of 4 bits")]
    [TestCase("power4_0", "CFG011: 'weight': number format 'power4_0': power-exponent formats have 2 to 8 bits and a power of 0.25 to 8 in quarters")]
    [TestCase("po2_1", "CFG011: 'weight': number format 'po2_1': powers of two have 2 to 8 bits")]
    [TestCase("mxint1", "CFG011: 'weight': block format 'mxint1': an element has 2 to 16 bits")]
    [TestCase("mxfp4_b0", "CFG011: 'weight': block format 'mxfp4_b0': a block has 1 to 65536 elements")]
    [TestCase("mxfp4_b70000", "CFG011: 'weight': block format 'mxfp4_b70000': a block has 1 to 65536 elements")]
    public void Formats(string format, string problem) =>
        Refused($"weight: {format}\nactivation: e4m3\n{Float}", $"d:2:9: error {problem}");

    [TestCase("{kind: float, format: e8m0}", "36: error CFG102: 'format' must be a float format")]
    [TestCase("{kind: float, format: fp32, rounding: stochastic}",
        "52: error CFG002: 'rounding' must be one of nearest_even, nearest_away, to_zero, up, down, to_odd, found 'stochastic'")]
    [TestCase("{kind: float, format: posit8_2, overflow: wrap}",
        "56: error CFG002: 'overflow' must be one of ieee, saturate, saturate_inf, found 'wrap'")]
    [TestCase("{kind: exact, output: mxfp4}",
        "36: error CFG011: 'output': 'mxfp4' is a block format; here a format of single numbers is needed")]
    [TestCase("{kind: fixed, bits: 0, fraction: 0, overflow: wrap}", "34: error CFG002: 'bits' must be an integer from 2 to 64, found '0'")]
    [TestCase("{kind: quire, format: posit8_2, bits: 0}", "52: error CFG002: 'bits' must be an integer from 2 to 8192, found '0'")]
    [TestCase("{kind: compensated, format: int8}", "42: error CFG102: 'format' must be a float format")]
    [TestCase("{kind: unnormalized, format: bf16, normalization: approximate, k: 0, lambda: 3}",
        "80: error CFG002: 'k' must be a positive integer up to 64, found '0'")]
    [TestCase("{kind: unnormalized, format: bf16, normalization: approximate, k: 2}",
        "14: error CFG117: k and lambda are 1 or more, and together at most the adder's 11 places; found 2 and 0")]
    [TestCase("{kind: unnormalized, format: bf16, normalization: approximate, k: 8, lambda: 4}",
        "14: error CFG117: k and lambda are 1 or more, and together at most the adder's 11 places; found 8 and 4")]
    [TestCase("{kind: unnormalized, format: bf16, normalization: full, k: 2, lambda: 2}",
        "73: error CFG117: 'k' and 'lambda' belong to approximate normalization; leave them out")]
    [TestCase("{kind: unnormalized, format: bf16, normalization: none, lambda: 2}",
        "78: error CFG117: 'k' and 'lambda' belong to approximate normalization; leave them out")]
    public void Accumulators(string accumulator, string problem) =>
        Refused($"weight: e4m3\nactivation: e4m3\naccumulator: {accumulator}", $"d:4:{problem}");

    [TestCase("dot: {kind: aligned, lanes: 8, fraction: 0}",
        "5:42: error CFG002: 'fraction' must be an integer from 1 to 96, or 'exact', found '0'")]
    [TestCase("dot: {kind: aligned, lanes: 8}",
        "5:6: error CFG004: the key 'fraction' is missing; it must be an integer from 1 to 96, or 'exact'")]
    [TestCase("dot: {kind: tree, lanes: 0, format: fp16}", "5:26: error CFG002: 'lanes' must be a positive integer up to 1024, found '0'")]
    [TestCase("promote: {every: 0, into: fp32}", "5:18: error CFG002: 'every' must be a positive integer, found '0'")]
    [TestCase("promote: {every: -5, into: fp32}", "5:18: error CFG002: 'every' must be a positive integer, found '-5'")]
    [TestCase("promote: {every: 4, into: int8}", "5:27: error CFG102: 'into' must be a float format")]
    [TestCase("multiplier: {kind: table, rows: [0 0, 0 1]}",
        "5:13: error CFG108: 'multiplier': the table has 2^1 × 2^1 products, but e4m3 × e4m3 needs 2^8 × 2^8")]
    [TestCase("multiplier: {kind: table, file: nowhere.csv}", "5:33: error CFG008: 'file' names ")]
    public void Steps(string line, string problem) => Refused($"weight: e4m3\nactivation: e4m3\n{Float}\n{line}", $"d:{problem}");

    [TestCase("profile: h1000_fp8", "d:2:10: error CFG106: no chip profile 'h1000_fp8'")]
    [TestCase("profile: h100_fp8\npromote: {every: 0, into: fp32}", "d:3:18: error CFG002: 'every' must be a positive integer, found '0'")]
    [TestCase("profile: h100_fp8\npromote: {every: 33, into: fp32}",
        "d:3:10: error CFG116: 'promote': promotion every 33 products must be a multiple of the 32 products of a step")]
    public void Profiles(string body, string problem) => Refused(body, problem);

    private static void Refused(string body, string problem)
    {
        var bag = new DiagnosticBag();
        Assert.That(DatapathReader.Read(YamlDocument.Parse($"schema: sim.datapath/1\n{body}\n", "d", bag)!.Root, bag), Is.Null);
        Assert.That(bag.ToString(), Does.StartWith(problem));
        Assert.That(bag.ErrorCount, Is.EqualTo(1), "one cause, one error");
    }
}
