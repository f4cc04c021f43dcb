using Sim.ArchModel.Costs;
using Sim.ArchModel.Reading;
using Sim.ArchModel.Technologies;
using Sim.Datapath;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Datapath.Structures;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Tests;

/// <summary>The `multiplier` key: what each kind reads to, located errors, and what the hardware costs against published
/// synthesis.</summary>
public class MultiplierReaderTests
{
    private const string Float = "accumulator: {kind: float, format: fp32}\n",
        Integer = "accumulator: {kind: integer, bits: 32, overflow: wrap}\n";

    [Test]
    public void EveryKindIsRead()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Read("e4m3", "{kind: exact}", Float).Spec!.Multiplier, Is.Null);
            Assert.That(Read("e4m3", "{kind: lmul}", Float).Spec!.Multiplier, Is.EqualTo(new LMulMultiplier()));
            Assert.That(Read("e4m3", "{kind: lmul, offset: 2}", Float).Spec!.Multiplier, Is.EqualTo(new LMulMultiplier(2)));
            Assert.That(Read("int8", "{kind: mitchell}", Integer).Spec!.Multiplier, Is.EqualTo(new MitchellMultiplier()));
            Assert.That(Read("fp32", "{kind: piecewise_affine, offset: -7}", Float).Spec!.Multiplier,
                Is.EqualTo(new PiecewiseAffineMultiplier(-7)));
            Assert.That(Read("int8", "{kind: truncated, dropped_columns: 5, correction: 20}", Integer).Spec!.Multiplier,
                Is.EqualTo(new TruncatedMultiplier(5, 20)));
            Assert.That(Read("int2", "{kind: table, rows: [0 0 0 0, 0 1 -2 -1, 0 -2 4 2, 0 -1 2 1]}", Integer).Spec!.Multiplier,
                Is.EqualTo(new TableMultiplier(2, 2, [0, 0, 0, 0, 0, 1, -2, -1, 0, -2, 4, 2, 0, -1, 2, 1])));
            Assert.That(Read("e4m3", "{kind: lmul}", Float).Spec!.Name, Is.EqualTo("e4m3_lmul_fp32"));
        });
    }

    [TestCase("int8", "{kind: lmul}", Integer, "d:4:13: error CFG108: 'multiplier': L-Mul needs float operands, found int8 and int8")]
    [TestCase("e4m3", "{kind: lmul, offset: 4}", Float,
        "d:4:13: error CFG108: 'multiplier': the offset 2^-4 is below the last of 3 fraction bits")]
    [TestCase("e4m3", "{kind: lmul, offset: 0}", Float, "d:4:34: error CFG002: 'offset' must be a positive integer up to 28, found '0'")]
    [TestCase("e4m3", "{kind: piecewise_affine}", Float,
        "d:4:13: error CFG108: 'multiplier': piecewise-affine multiplication adds binary32 patterns, found e4m3 and e4m3; mitchell takes any format")]
    [TestCase("int8", "{kind: truncated, dropped_columns: 15}", Integer,
        "d:4:13: error CFG108: 'multiplier': 15 dropped columns leave none of the 15 of int8 × int8")]
    [TestCase("int2", "{kind: table, rows: [0 0 0 0, 0 1 -2 -1, 0 -2 4 2]}", Integer,
        "d:4:33: error CFG109: a product table has 2^a rows of 2^b numbers, at most 2^16 in all; found 3 rows of 4")]
    [TestCase("int2", "{kind: table, rows: [0 0 0 0, 0 1 -2]}", Integer,
        "d:4:33: error CFG109: row 2 of the product table has 3 numbers, the first has 4")]
    [TestCase("int2", "{kind: table, rows: [0 0, 0 x]}", Integer,
        "d:4:33: error CFG109: row 2 of the product table: 'x' is not a finite binary32 number")]
    [TestCase("int4", "{kind: table, rows: [0 0, 0 1]}", Integer,
        "d:4:13: error CFG108: 'multiplier': the table has 2^1 × 2^1 products, but int4 × int4 needs 2^4 × 2^4")]
    [TestCase("int2", "{kind: table, rows: [0 0 0 0, 0 1 -2 -1, 0 -2 4.5 2, 0 -1 2 1]}", Integer,
        "d:4:13: error CFG108: 'multiplier': an integer accumulator needs a table of integer products")]
    [TestCase("int2", "{kind: table}", Integer, "d:4:13: error CFG109: a product table has either 'file' or 'rows'")]
    [TestCase("e4m3", "{kind: lmull}", Float,
        "d:4:20: error CFG002: 'kind' must be one of exact, lmul, mitchell, piecewise_affine, truncated, log, bit_serial, grouped_lookup, shift_add, lookup, table, found 'lmull'; did you mean 'lmul'?")]
    public void MistakesAreLocated(string format, string multiplier, string accumulator, string error)
    {
        (DatapathSpec? spec, DiagnosticBag bag) = Read(format, multiplier, accumulator);
        Assert.That(spec, Is.Null);
        Assert.That(bag.ToString(), Is.EqualTo(error));
    }

    [Test]
    public void TablesComeFromFiles()
    {
        string folder = Directory.CreateTempSubdirectory("sim-table").FullName, table = Path.Combine(folder, "t.csv"),
            yaml = Path.Combine(folder, "d.yaml");
        File.WriteAllText(yaml, $"schema: sim.datapath/1\nweight: int2\nactivation: int2\nmultiplier: {{kind: table, file: t.csv}}\n{Integer}");
        File.WriteAllText(table, "# an exact one\n0, 0, 0, 0\n0, 1, -2, -1\n0, -2, 4, 2\n0, -1, 2, 1 # last\n");
        var good = new DiagnosticBag();
        Assert.That(DatapathReader.Load(yaml, good)?.Multiplier,
            Is.EqualTo(new TableMultiplier(2, 2, [0, 0, 0, 0, 0, 1, -2, -1, 0, -2, 4, 2, 0, -1, 2, 1])), good.ToString());
        File.WriteAllText(table, "0 0 0 0\n0 1 -2 -1\n0 -2 4 inf\n");
        var bad = new DiagnosticBag();
        Assert.That(DatapathReader.Load(yaml, bad), Is.Null);
        Assert.That(bad.ToString(), Does.StartWith($"{table}:3").And.Contain("'inf' is not a finite"));
        File.Delete(table);
        var missing = new DiagnosticBag();
        Assert.That(DatapathReader.Load(yaml, missing), Is.Null);
        Assert.That(missing.ToString(), Does.Contain("4:33: error CFG008"));
        Directory.Delete(folder, true);
    }

    /// <summary>
    /// Area of L-Mul relative to the multiplier that rounds into the format (UCSD, FreePDK45 and OpenROAD: 112.8/347.4, 255.6/1067.7,
    /// 702.5/6311.9 um2; own synthesis with NanGate45: 0.346, 0.262, 0.078 to 0.097).
    /// </summary>
    [TestCase("e4m3", 0.325, 0.15)]
    [TestCase("bf16", 0.239, 0.25)]
    [TestCase("fp32", 0.097, 0.25)]
    public void LMulCostsTheShareThatSynthesisFinds(string name, double published, double tolerance)
    {
        var model = new CostModel(TechnologyCatalogue.Resolve("nangate45"));
        OperandShape shape = FormatCatalogue.Parse(name).Shape;
        var exact = new ProductShape(shape, shape);
        double lmul = model.Price(new LMulMultiplier().Logic(shape, shape)).AreaSquareMicrometres;
        double multiplier = model.Price(exact.Multiplier()
            + FloatUnits.ProductRounder(exact, shape, RoundingMode.NearestEven)).AreaSquareMicrometres;
        TestContext.Out.WriteLine($"{name}: {lmul:F1} / {multiplier:F1} = {lmul / multiplier:F3}");
        Assert.That(lmul / multiplier, Is.EqualTo(published).Within(100 * tolerance).Percent);
    }

    [Test]
    public void NothingIsFree()
    {
        OperandShape e4m3 = FormatCatalogue.Parse("e4m3").Shape, int8 = FormatCatalogue.Parse("int8").Shape;
        var model = new CostModel(TechnologyCatalogue.Resolve("nangate45"));
        double Area(MultiplierSpec multiplier, OperandShape shape) => model.Price(multiplier.Logic(shape, shape)).AreaSquareMicrometres;
        double exact = model.Price(new ProductShape(int8, int8).Multiplier()).AreaSquareMicrometres;
        Assert.Multiple(() =>
        {
            Assert.That(Area(new MitchellMultiplier(), e4m3), Is.GreaterThan(50));
            Assert.That(Area(new TruncatedMultiplier(8), int8), Is.LessThan(Area(new TruncatedMultiplier(2), int8)));
            Assert.That(Area(new TruncatedMultiplier(0), int8), Is.InRange(exact, 2 * exact), "rows of adders and magnitudes");
            // No technology has a price for a product table: refused, never 0.
            Assert.That(() => Area(new TableMultiplier(8, 8, [.. Enumerable.Repeat(1f, 65536)]), int8),
                Throws.InstanceOf<KeyNotFoundException>());
        });
    }

    private static (DatapathSpec? Spec, DiagnosticBag Bag) Read(string format, string multiplier, string accumulator)
    {
        var bag = new DiagnosticBag();
        YamlDocument document = YamlDocument.Parse($"schema: sim.datapath/1\nweight: {format}\nactivation: {format}\nmultiplier: {multiplier}\n{accumulator}", "d", bag)!;
        return (DatapathReader.Read(document.Root, bag), bag);
    }
}
