using Sim.ArchModel.Costs;
using Sim.ArchModel.Technologies;
using Sim.Datapath;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Datapath.Structures;
using Sim.Tests;

namespace Sim.ArchModel.Tests.Costs;

/// <summary>Area and energy of serial, shift-add and lookup multipliers.</summary>
public sealed class ExactMultiplierCostTests
{
    private static readonly CostModel Model = new(TechnologyCatalogue.Resolve("nangate45"));
    private static readonly DatapathSpec Int8 = new("int8", FormatCatalogue.Parse("int8"), FormatCatalogue.Parse("int8"),
        new IntegerAccumulator(24, RegisterOverflow.Wrap));

    private static double Area(DatapathSpec datapath) => Model.Price(datapath.MacLogic + datapath.MacRegisters).AreaSquareMicrometres;

    private static DatapathSpec Serial(int bits) => Int8 with { Multiplier = new BitSerialMultiplier(bits, ProductOperand.Weight) };

    private static Architecture Design(DatapathSpec datapath) =>
        new("test", "nangate45", 2e8, datapath, new PeArray(4, 4, Dataflow.OutputStationary, false, false, false),
        [new BufferLevel("buffer", 16384, 64, 1, true, Operands.All)], new DramLevel("LPDDR4", null), new VectorUnit(4));

    private static void Check(string what, double found, double published, double percent)
    {
        Assert.That(found, Is.EqualTo(published).Within(percent).Percent, what);
        Truth.Checked("Price", $"area of {what} over int8 into 24 bits", "yosys synthesis, NanGate45", 1,
            FormattableString.Invariant($"{found:0.00} against {published:0.00}"));
    }

    /// <summary>Logic and accumulator register relative to int8 into 24 bits (651 um2, as synthesised): 343 um2 for 8 × 1 bits, (282 and
    /// 534) um2 with shifters for one and two terms.</summary>
    [Test]
    public void AreaRelativeToInt8()
    {
        Check("a bit-serial 8 × 1 multiplier", Area(Serial(1)) / Area(Int8), 0.53, 15);
        OperandShape activation = Int8.Activation.Shape, weight = FormatCatalogue.Parse("po2_4").Shape;
        double ShiftAdd(int terms)
        {
            var unit = new ShiftAddMultiplier(terms);
            Structure mac = unit.Logic(activation, weight) + Int8.Accumulator.Step(unit.Product(activation, weight));
            return Model.Price(mac + Int8.MacRegisters).AreaSquareMicrometres / Area(Int8);
        }
        Check("shift-add, one term of 3 bits and sign", ShiftAdd(1), 0.60, 15);
        Check("shift-add, two terms", ShiftAdd(2), (425.9 + 108.5) / 651, 15);
    }

    [Test]
    public void EnergyIsThatOfAllDigits()
    {
        double Energy(DatapathSpec datapath) => new ArchitectureCost(Design(datapath), TechnologyCatalogue.Resolve("nangate45"))
            .EnergyPerAction(ActionNames.Pe, ActionNames.Mac).Picojoules;
        StructureCost logic = Model.Price(Serial(1).MacLogic), registers = Model.Price(Serial(1).MacRegisters);
        Assert.Multiple(() =>
        {
            Assert.That(Energy(Serial(1)), Is.EqualTo(8 * (logic.EnergyFemtojoules + registers.EnergyFemtojoules) / 1000)
                .Within(1e-9).Percent);
            Assert.That(Energy(Serial(1)), Is.GreaterThan(Energy(Serial(2))).And.GreaterThan(Energy(Int8)),
                "the register is clocked for every digit");
            Assert.That(Area(Serial(1)), Is.LessThan(Area(Serial(4))).And.LessThan(Area(Int8)));
        });
    }

    /// <summary>NF4's table of 16 words of 8 bits was synthesised to 46.0 um2; multiplexers without folding would be 223 (1.862 um2 each).
    /// The model is an upper bound.</summary>
    [Test]
    public void ConstantTablesAreBoundedFromAbove()
    {
        double found = Model.Price(ConstantTable.Of(4, 8)).AreaSquareMicrometres;
        Assert.That(found, Is.InRange(46.0, 2 * 46.0));
        Truth.Checked("Price", "a table of 16 constants of 8 bits", "yosys synthesis, NanGate45", 1,
            FormattableString.Invariant($"{found:0} um2 against 46: an upper bound"));
    }

    [Test]
    public void LookupPaysForShortCodesOnly()
    {
        double Ratio(string format)
        {
            var plain = new DatapathSpec(format, FormatCatalogue.Parse(format), FormatCatalogue.Parse(format),
                new IntegerAccumulator(24, RegisterOverflow.Wrap));
            return Area(plain with { Multiplier = new LookupMultiplier() }) / Area(plain);
        }
        Assert.That(Ratio("int2"), Is.LessThan(1.15));
        Assert.That(Ratio("int6"), Is.GreaterThan(3));
    }
}
