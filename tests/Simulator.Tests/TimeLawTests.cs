using Sim.ArchModel;
using Sim.Mapper;
using Sim.Simulator.Timing;
using Sim.Workloads.Graph;

namespace Sim.Simulator.Tests;

/// <summary>What must hold of any accelerator, whatever the model: conservation, bounds, monotonicity.</summary>
public sealed class TimeLawTests
{
    private const int Cases = 2000;

    [Test]
    public void Every_level_reads_what_the_level_below_writes()
    {
        int checkedCases = ForEachCase(sample =>
        {
            LayerTiming timing = Estimator.Estimate(sample.Design, sample.Layer);
            (Ledger ledger, TrafficTotals dram, ElementWidths widths) = (timing.Ledger, timing.Dram,
                ElementWidths.Of(sample.Design.Datapath));
            string Keeper(Operands operand) => sample.Design.Buffers.Single(b => b.Keeps.HasFlag(operand)).Name;
            GemmLayer layer = sample.Layer;
            bool stationaryOutputs = sample.Design.Array.Dataflow == Dataflow.OutputStationary;
            long fromPes = stationaryOutputs ? layer.OutputElements : 0;
            Assert.Multiple(() =>
            {
                Assert.That(ledger[ActionNames.Pe, ActionNames.Mac], Is.EqualTo((long)layer.Groups * layer.M * layer.N * layer.K));
                Assert.That(ledger[Keeper(Operands.Activations), "write_activations"], Is.EqualTo(dram.Activations));
                Assert.That(ledger[Keeper(Operands.Weights), "write_weights"], Is.EqualTo(dram.Weights));
                Assert.That(ledger[Keeper(Operands.Outputs), "write_outputs"], Is.EqualTo(fromPes + dram.SumsRead));
                Assert.That(ledger[Keeper(Operands.Outputs), "read_outputs"], Is.EqualTo(layer.OutputElements + dram.SumsWritten));
                Assert.That(dram.SumsRead, Is.EqualTo(dram.SumsWritten), "what is spilled comes back");
                Assert.That(dram.Outputs, Is.EqualTo(layer.OutputElements));
                Assert.That(dram.Weights, Is.GreaterThanOrEqualTo(layer.WeightElements));
                Assert.That(ledger["dram", "read_bits"] + ledger["dram", "write_bits"],
                    Is.EqualTo(dram.Bits(widths)).And.EqualTo(timing.Mapping.DramBits));
                Assert.That(ledger["accumulator", "write"] - ledger["accumulator", "read"],
                    Is.EqualTo(stationaryOutputs ? 0 : layer.OutputElements));
                Assert.That(ledger["accumulator", "add"],
                    Is.EqualTo(ledger["accumulator", "read"] + (sample.CyclesPerMac - 1) * ledger["accumulator", "write"]));
                // A register of a PE passes a streamed operand on to one MAC each.
                Assert.That(ledger["pe", "operand_shift"], Is.EqualTo((stationaryOutputs ? 2 : 1) * layer.Macs));
            });
        });
        Assert.That(checkedCases, Is.GreaterThan(Cases / 2));
    }

    [Test]
    public void No_layer_is_faster_than_its_multiplications_or_its_transfers()
    {
        int checkedCases = ForEachCase(sample =>
        {
            LayerTiming timing = Estimator.Estimate(sample.Design, sample.Layer);
            Assert.That(timing.TotalCycles * sample.Rows * sample.Lanes * sample.Columns, Is.GreaterThanOrEqualTo(sample.Layer.Macs));
            Assert.That(timing.StallCycles, Is.Not.Negative);
            if (sample.BytesPerCycle is { } rate)
                Assert.That(timing.TotalCycles, Is.GreaterThanOrEqualTo((long)(timing.Mapping.DramBits / (rate * 8) * (1 - 1e-12))));
            else if (sample.HasWidePorts)
                Assert.That(timing.StallCycles, Is.Zero);
        });
        Assert.That(checkedCases, Is.GreaterThan(Cases / 2));
    }

    [Test]
    public void More_bandwidth_is_never_slower()
    {
        double?[] rates = [0.3, 0.5, 1, 1.7, 2.5, 7, 64, 1e6, null];
        int checkedCases = ForEachCase(sample =>
        {
            Mapping mapping = LayerMapper.Map(sample.Design, sample.Layer).Required;
            long[] cycles = [.. rates.Select(r => Estimator.Estimate(sample.With(sample.Switches, r), mapping).TotalCycles)];
            Assert.That(cycles, Is.Ordered.Descending, $"{sample}");
        });
        Assert.That(checkedCases, Is.GreaterThan(Cases / 2));
    }

    [Test]
    public void More_overlap_is_never_slower()
    {
        int checkedCases = ForEachCase(sample =>
        {
            var cycles = new long[8];
            for (int switches = 0; switches < 8; switches++) cycles[switches] =
                Estimator.Estimate(sample.With(switches, sample.BytesPerCycle), sample.Layer).TotalCycles;
            for (int switches = 0; switches < 8; switches++)
                for (int bit = 1; bit < 8; bit <<= 1)
                    Assert.That(cycles[switches | bit], Is.LessThanOrEqualTo(cycles[switches]), $"{sample} {switches} | {bit}");
        });
        Assert.That(checkedCases, Is.GreaterThan(Cases / 2));
    }

    private static int ForEachCase(Action<TimeCase> check)
    {
        var random = new Random(4711);
        int mapped = 0;
        for (int i = 0; i < Cases; i++)
        {
            var sample = TimeCase.Random(random);
            if (LayerMapper.Map(sample.Design, sample.Layer).Mapping is null) continue;
            check(sample);
            mapped++;
        }
        return mapped;
    }
}
