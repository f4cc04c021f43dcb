using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;
using Sim.Datapath.Tests.Numbers;
using Sim.Tests;

namespace Sim.Datapath.Tests.Kernels;

/// <summary>Reference dots against chains of SoftFloat operations: four accumulators, left to right from +0.</summary>
public sealed class SequentialDotTests
{
    private static readonly INumberFormat Fp16 = FormatCatalogue.Parse("fp16"), Fp32 = FormatCatalogue.Parse("fp32");

    private static readonly Dictionary<string, FloatAccumulator> Accumulators = new()
    {
        ["fp16_mulAdd_chain(fp16)"] = new(Fp16, RoundingMode.NearestEven, OverflowPolicy.Ieee),
        ["fp16_mul_then_add_chain(fp16)"] = new(Fp16, RoundingMode.NearestEven, OverflowPolicy.Ieee, Product: Fp16),
        ["f32_mulAdd_chain(f32bits)"] = new(Fp32, RoundingMode.NearestEven, OverflowPolicy.Ieee),
        ["f32_mulAdd_chain_rtz(f32bits)"] = new(Fp32, RoundingMode.ToZero, OverflowPolicy.Ieee),
    };

    [Test]
    public void DotsAsSoftFloat()
    {
        const string file = "seqdot_fp16_softfloat.csv.gz";
        List<string> wrong = [];
        long rows = 0;
        foreach ((string[] cells, Dictionary<string, int> column) in GoldenRows.Read(file))
        {
            rows++;
            uint[] a = Codes(cells[column["a_hex"]]), b = Codes(cells[column["b_hex"]]);
            Assert.That(a, Has.Length.EqualTo(int.Parse(cells[0])));
            foreach ((string name, FloatAccumulator accumulator) in Accumulators)
            {
                GemmEvents events = default;
                uint actual = (uint)ReferenceKernel.Dot(new DatapathSpec(name, Fp16, Fp16, accumulator), 0, a, b, ref events);
                if (!GoldenRows.Same(accumulator.Format, GoldenRows.Hex(cells[column[name]]),
                    actual)) wrong.Add($"row {rows} {name} gave {actual:x}, not {cells[column[name]]}");
            }
        }
        GoldenRows.Report(file, rows, 60, wrong);
        Truth.Checked("Numbers", file, "SoftFloat-3e", rows * Accumulators.Count, "equal");
    }

    private static uint[] Codes(string hex) =>
        [.. Enumerable.Range(0, hex.Length / 4).Select(i => GoldenRows.Hex(hex.Substring(4 * i, 4)))];
}
