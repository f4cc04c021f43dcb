using Sim.ArchModel;
using Sim.Datapath.Specs;
using Sim.Simulator.Timing;
using Sim.Workloads.Graph;

namespace Sim.Simulator.Tests;

/// <summary>Steps of several cycles: a serial multiplier takes a digit of its operand a cycle.</summary>
public sealed class TimeSerialTests
{
    // Stripes (MICRO 2016): with p-bit activations the time of a long reduction is p cycles a product, so p/8 of that with 8 bits.
    [Test]
    public void TimeIsProportionalToTheDigits([Values("os", "ws", "is")] string flow, [Values(1, 2, 3, 4, 8)] int bits)
    {
        int digits = (8 + bits - 1) / bits;
        var array = new PeArray(4, 5, TimeDesigns.DataflowOf(flow), false, false, false);
        GemmLayer layer = TimeDesigns.Gemm(40, 30, 20);
        long whole = Estimator.Estimate(TimeDesigns.Design(array), layer).TotalCycles;
        LayerTiming serial = Estimator.Estimate(TimeDesigns.Design(array,
            datapath: TimeDesigns.Int8 with { Multiplier = new BitSerialMultiplier(bits) }), layer);
        (int rows, int columns, int stream) = flow switch { "os" => (40, 30, 20), "ws" => (20, 30, 40), _ => (20, 40, 30) };
        int folds = ((rows + 3) / 4) * ((columns + 4) / 5);
        Assert.Multiple(() =>
        {
            Assert.That(serial.TotalCycles - whole, Is.EqualTo((long)folds * (digits - 1) * stream),
                "every step of every fold takes as many cycles as it has digits");
            Assert.That(serial.Ledger[ActionNames.Pe, ActionNames.Mac], Is.EqualTo(40L * 30 * 20), "as many products");
        });
    }
}
