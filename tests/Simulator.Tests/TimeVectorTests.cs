using Sim.ArchModel;
using Sim.Simulator.Timing;
using Sim.Workloads.Graph;

namespace Sim.Simulator.Tests;

/// <summary>Layers of the vector unit, by hand: 16 lanes; int8 elements; every element crosses the bus once.</summary>
public sealed class TimeVectorTests
{
    // 1,000 additions need 63 cycles of 16 lanes; 2,000 bytes in and 1,000 out need 94 at 32 B a cycle, 750 at 4.
    [TestCase(32.0, 63, 94, "dram")]
    [TestCase(4.0, 63, 750, "dram")]
    [TestCase(64.0, 63, 63, "compute")]
    [TestCase(null, 63, 63, "compute")]
    public void An_addition_takes_as_long_as_its_operations_or_its_bytes(double? bytesPerCycle, long compute, long total, string bound)
    {
        Architecture design = TimeDesigns.Design(new PeArray(4, 4, Dataflow.OutputStationary), bytesPerCycle: bytesPerCycle);
        VectorTiming timing = Estimator.Estimate(design, new VectorLayer("add", "Add", 1000, 2000, 1000));
        Assert.Multiple(() =>
        {
            Assert.That((timing.ComputeCycles, timing.TotalCycles), Is.EqualTo((compute, total)));
            Assert.That(timing.Stalls.Sum(s => s.Cycles), Is.EqualTo(total - compute));
            Assert.That(timing.Stalls.IsEmpty ? "compute" : timing.Stalls[^1].Cause, Is.EqualTo(bound));
            Assert.That(timing.Ledger[ActionNames.Vector, ActionNames.VectorOp], Is.EqualTo(1000));
            Assert.That(timing.Ledger[ActionNames.Dram, ActionNames.ReadBits], Is.EqualTo(16000));
            Assert.That(timing.Ledger[ActionNames.Dram, ActionNames.WriteBits], Is.EqualTo(8000));
            Assert.That(timing.Ledger["activation_buffer", "write_activations"], Is.EqualTo(3000), "2,000 from DRAM, 1,000 from the lanes");
            Assert.That(timing.Ledger["activation_buffer", "read_activations"], Is.EqualTo(3000));
        });
    }

    // A 32-bit port of one bank moves 4 elements a cycle: 2,000 inputs take 500 cycles to read.
    [Test]
    public void A_port_bounds_it()
    {
        Architecture wide = TimeDesigns.Design(new PeArray(4, 4, Dataflow.OutputStationary));
        Architecture narrow = wide with { Buffers = [.. wide.Buffers.Select(b => b with { PortBits = 32, Banks = 1 })] };
        VectorTiming timing = Estimator.Estimate(narrow, new VectorLayer("add", "Add", 1000, 2000, 1000));
        Assert.That(timing.TotalCycles, Is.EqualTo(500));
        Assert.That(timing.Stalls, Is.EqualTo(new[] { new Stall("port activation_buffer read", 437) }));
    }

    [Test]
    public void A_move_costs_no_operation_and_a_fused_layer_no_bytes()
    {
        Architecture design = TimeDesigns.Design(new PeArray(4, 4, Dataflow.OutputStationary), bytesPerCycle: 8);
        VectorTiming move = Estimator.Estimate(design, new VectorLayer("t", "Transpose", 800, 800, 800)),
            fused = Estimator.Estimate(design, new VectorLayer("r", "Relu", 800, 800, 800) { IsFused = true });
        Assert.Multiple(() =>
        {
            Assert.That(move.Ledger[ActionNames.Vector, ActionNames.VectorOp], Is.Zero);
            Assert.That(move.Ledger[ActionNames.Dram, ActionNames.ReadBits], Is.EqualTo(6400));
            Assert.That(move.TotalCycles, Is.EqualTo(200));
            Assert.That(fused.TotalCycles, Is.EqualTo(50));
            Assert.That(fused.Ledger[ActionNames.Vector, ActionNames.VectorOp], Is.EqualTo(800));
            Assert.That(fused.Ledger[ActionNames.Dram, ActionNames.ReadBits], Is.Zero);
        });
    }
}
