using Sim.ArchModel.Costs;
using Sim.ArchModel.Technologies;
using Sim.Datapath;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Datapath.Structures;
using Sim.Foundation.Diagnostics;

namespace Sim.ArchModel.Tests.Costs;

public sealed class ArchitectureCostTests
{
    private static readonly Technology Nangate = TechnologyCatalogue.Resolve("nangate45");

    private static INumberFormat Format(string name) =>
        FormatCatalogue.TryParse(name, out INumberFormat? format, out string error) ? format : throw new ArgumentException(error);

    private static Architecture Design(Dataflow dataflow = Dataflow.OutputStationary, int rows = 8, int columns = 4, long capacity = 16384,
        double clock = 200e6) =>
        new("design", "nangate45", clock,
            new DatapathSpec("int8", Format("int4"), Format("int8"), new IntegerAccumulator(24, RegisterOverflow.Wrap)),
            new PeArray(rows, columns, dataflow), [new BufferLevel("shared", capacity, 64, 2, false, Operands.All)],
                new DramLevel("LPDDR4", 8), new VectorUnit(2));

    [Test]
    public void AreaIsTheSumOfItsLinesAndScalesWithTheArray()
    {
        var small = new ArchitectureCost(Design(), Nangate);
        var large = new ArchitectureCost(Design(rows: 16), Nangate);
        double Of(ArchitectureCost c, string component) => c.Area.Where(a => a.Component == component).Sum(a => a.SquareMicrometres);
        Assert.Multiple(() =>
        {
            Assert.That(small.AreaSquareMicrometres, Is.EqualTo(small.Area.Sum(a => a.SquareMicrometres)));
            Assert.That(Of(large, ActionNames.Pe), Is.EqualTo(2 * Of(small, ActionNames.Pe)).Within(1e-9).Percent);
            Assert.That(Of(large, "shared"), Is.EqualTo(Of(small, "shared")));
            Assert.That(small.Area.Select(a => a.Source), Is.All.Not.Empty);
            // Two CACTI banks of 8 KiB with a 64-bit port: 0.025368 mm2 each.
            Assert.That(Of(small, "shared"), Is.EqualTo(2 * 25368.0).Within(1e-6).Percent);
            // 32 PEs keep 24 accumulator, 8 activation and 4 weight bits in flip-flops of 4.522 um2.
            Assert.That(small.Area.Where(a => a.Component == ActionNames.Pe && a.Role.EndsWith("register", StringComparison.Ordinal))
                .Sum(a => a.SquareMicrometres), Is.EqualTo(32 * 36 * 4.522).Within(1e-6).Percent);
        });
    }

    [Test]
    public void EveryActionThatAMachineCountsHasAPriceAboveZero([Values] Dataflow dataflow)
    {
        var cost = new ArchitectureCost(Design(dataflow), Nangate);
        List<(string, string)> needed =
        [
            (ActionNames.Pe, ActionNames.Mac), (ActionNames.Pe, ActionNames.OperandShift), (ActionNames.Dram, ActionNames.ReadBits),
                (ActionNames.Dram, ActionNames.WriteBits),
            (ActionNames.Vector, ActionNames.VectorOp),
                .. ActionNames.SingleOperands.SelectMany(o =>
                new[] { ("shared", ActionNames.ReadOf(o)), ("shared", ActionNames.WriteOf(o)) }),
        ];
        if (dataflow == Dataflow.OutputStationary) needed.Add((ActionNames.Pe, ActionNames.ResultShift));
        else needed.AddRange([(ActionNames.Pe, ActionNames.WeightLoad), (ActionNames.Accumulator, ActionNames.Add),
            (ActionNames.Accumulator, ActionNames.Read), (ActionNames.Accumulator, ActionNames.Write)]);
        foreach ((string component, string action) in needed)
            Assert.That(cost.EnergyPerAction(component, action).Picojoules, Is.GreaterThan(0), $"{component} {action}");
        Assert.That(cost.LeakageMilliwatts, Is.GreaterThan(0));
        Assert.That(() => cost.EnergyPerAction("pe", "sleep"), Throws.TypeOf<KeyNotFoundException>());
    }

    [Test]
    public void AnAccessIsSharedByTheElementsOfAPortWord()
    {
        var cost = new ArchitectureCost(Design(), Nangate);
        // CACTI 7, 45 nm hp, 8 KiB, 64 b: 4.3069 pJ a read. 8-bit activations: 8 a word; 4-bit weights: 16; 24-bit outputs: 2.
        Assert.Multiple(() =>
        {
            Assert.That(cost.EnergyPerAction("shared", "read_activations").Picojoules, Is.EqualTo(4.3069 / 8).Within(1e-9));
            Assert.That(cost.EnergyPerAction("shared", "read_weights").Picojoules, Is.EqualTo(4.3069 / 16).Within(1e-9));
            Assert.That(cost.EnergyPerAction("shared", "read_outputs").Picojoules, Is.EqualTo(4.3069 / 2).Within(1e-9));
            Assert.That(cost.EnergyPerAction("dram", "read_bits").Picojoules, Is.EqualTo(8));
        });
    }

    [Test]
    public void EveryBankLeaks()
    {
        // CACTI 7, 45 nm hp, 64 b: 8.23156 mW a bank of 8 KiB, 15.2914 mW one of 16 KiB; the buffer has two, all else is the same.
        double more = new ArchitectureCost(Design(capacity: 32768), Nangate).LeakageMilliwatts
            - new ArchitectureCost(Design(), Nangate).LeakageMilliwatts;
        Assert.That(more, Is.EqualTo(2 * (15.2914 - 8.23156)).Within(1e-6).Percent);
    }

    [Test]
    public void AMemoryThatTheTechnologyDoesNotKnowIsRefused()
    {
        Architecture huge = Design(capacity: 1L << 30);
        var error = Assert.Throws<InvalidInputException>(() =>
            _ = new ArchitectureCost(huge with { Dram = new DramLevel("LPDDR9", null) }, Nangate))!;
        Assert.That(error.Diagnostics.Select(d => d.Code), Is.EqualTo(new[] { "COST001", "COST001" }));
        Assert.That(error.Message, Does.Contain("LPDDR9").And.Contain("LPDDR4").And.Contain("'shared'").And.Contain("536870912 bytes"));
    }

    [Test]
    public void AClockThatTheDatapathCannotMeetIsWarnedOf()
    {
        Assert.That(new ArchitectureCost(Design(clock: 200e6), Nangate).Warnings, Is.Empty);
        Assert.That(new ArchitectureCost(Design(clock: 2e9), Nangate).Warnings, Has.Some.Contains("COST002").And.Some.Contains("0.50 ns"));
    }

    [Test]
    public void SmallBanksAreFlipFlops()
    {
        var cost = new ArchitectureCost(Design(capacity: 256), Nangate);
        // 2 banks of 128 bytes: 2048 flip-flops and 2 x 15 x 64 multiplexer bits.
        double flipFlops = 2048 * 4.522, area = cost.Area.Single(a => a.Component == "shared").SquareMicrometres;
        Assert.That(area, Is.GreaterThan(flipFlops).And.LessThan(2 * flipFlops));
    }

    [Test]
    public void APrimitiveWithoutAPriceIsAnError()
    {
        var model = new CostModel(Nangate);
        Assert.That(() => model.Price(Structure.Empty.With("table", PrimitiveKind.Table, 8, 8)),
            Throws.TypeOf<KeyNotFoundException>().With.Message.Contains("Table"));
    }

    [Test]
    public void TechnologyFilesReportEverythingThatIsWrong()
    {
        const string text = """
            schema: sim.technology/1
            name: x
            node_nm: -45
            voltage_v: 1.1
            activity: none
            glitch_factor: {value: 0.5, source: here}
            path_base_ns: {value: 0.1}
            primitives:
              adderr: {area_um2: {width: 1}, energy_fj_per_um2: 1, leakage_nw_per_um2: 1, source: here}
              adder: {area_um2: {}, energy_fj_per_um2: 0, leakage_nw_per_um2: 1, source: here}
            sram: {source: here, points: []}
            register_file_limit_bytes: {value: 1, source: here}
            dram: [{kind: LPDDR4, energy: 8, source: here}]
            """;
        var bag = new DiagnosticBag();
        Technology? technology = TechnologyReader.Read(Sim.Foundation.Yaml.YamlDocument.Parse(text, "t.yaml", bag)!.Root, bag);
        Assert.That(technology, Is.Null);
        Assert.That(bag.Sorted.Select(d => d.Location.Line), Is.SupersetOf(new[] { 3, 6, 7, 9, 10, 11, 13 }), bag.ToString());
        Assert.That(bag.ToString(), Does.Contain("did you mean 'adder'").And.Contain("'source' is missing"));
    }
}
