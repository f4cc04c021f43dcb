using Sim.ArchModel;
using Sim.Mapper;
using Sim.Simulator.Timing;
using Sim.Workloads.Graph;

namespace Sim.Simulator.Tests;

/// <summary>Depthwise layers on arrays that several groups share, by hand.</summary>
public sealed class TimeGroupTests
{
    // 9 rows and 1 column a group: 28 groups on the diagonal of 256 x 256, so 504 groups take 18 folds instead of 504.
    [Test]
    public void Weight_stationary_groups_lie_on_the_diagonal()
    {
        Architecture design = TimeDesigns.Design(new PeArray(256, 256, Dataflow.WeightStationary, true, true, true));
        Mapping mapping = LayerMapper.Map(design, TimeDesigns.Gemm(196, 1, 9, 504)).Required;
        LayerTiming timing = Estimator.Estimate(design, mapping);
        Assert.Multiple(() =>
        {
            Assert.That((mapping.Grid.Blocks, mapping.Grid.Folds), Is.EqualTo((28, 18L)));
            Assert.That(mapping.Order, Is.EqualTo(LayerMapper.OrderOf(design.Array).Canonical(9)), "the order of one group alone");
            // load, 17 intervals of max(R, T) = 256, the last stream and wave.
            Assert.That(timing.TotalCycles, Is.EqualTo(256 + 17 * 256 + 196 + 510));
            Assert.That(timing.Ledger[ActionNames.Pe, ActionNames.Mac], Is.EqualTo(504L * 196 * 9));
        });
    }

    // Products of two blocks of rows would be added up in one column: a block has all of K or the array to itself.
    [TestCase(16, 1)]
    [TestCase(18, 2)]
    public void A_block_holds_all_of_K(int rows, int blocks)
    {
        Architecture design = TimeDesigns.Design(new PeArray(rows, 16, Dataflow.WeightStationary));
        Assert.That(LayerMapper.Map(design, TimeDesigns.Gemm(50, 1, 9, 8)).Required.Grid.Blocks, Is.EqualTo(blocks));
    }

    // Output-stationary: a column's bus carries the 16 results of a fold, 9 steps are sooner done; two groups have 8 rows and a bus each.
    [Test]
    public void Output_stationary_groups_have_a_bus_each()
    {
        Architecture design = TimeDesigns.Design(new PeArray(16, 16, Dataflow.OutputStationary, true, true));
        LayerTiming timing = Estimator.Estimate(design, LayerMapper.Map(design, TimeDesigns.Gemm(16, 1, 9, 32)).Required);
        Assert.That((timing.Mapping.Grid.Blocks, timing.Mapping.Grid.Folds), Is.EqualTo((2, 32L)));
        Assert.That(timing.TotalCycles, Is.EqualTo(31 * 9 + 9 + 30), "alone: 31 * 16 + 9 + 30");
    }
}
