using Sim.ArchModel;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Workloads.Graph;

namespace Sim.Mapper.Tests;

/// <summary>Folds, legality and reuse, against counts made by hand or by enumeration.</summary>
public sealed class LayerMapperTests
{
    private static readonly DatapathSpec Int8 = new("int8", FormatCatalogue.Parse("int8"), FormatCatalogue.Parse("int8"),
        new IntegerAccumulator(32, RegisterOverflow.Wrap));

    private static Architecture Design(Dataflow dataflow, int rows, int columns, long activations, long weights, long outputs,
        bool doubleBuffered = true) =>
        new("test", "none", 1e9, Int8, new PeArray(rows, columns, dataflow),
            [
                new BufferLevel("activation_buffer", activations, 64, 1, doubleBuffered, Operands.Activations),
                new BufferLevel("weight_buffer", weights, 64, 1, doubleBuffered, Operands.Weights),
                new BufferLevel("output_buffer", outputs, 64, 1, doubleBuffered, Operands.Outputs),
            ],
            new DramLevel("LPDDR4", 16), new VectorUnit(16));

    private static GemmLayer Gemm(int m, int n, int k, int groups = 1) => new("fc", "Gemm", groups, m, n, k, (long)groups * m * k);

    [TestCase(Dataflow.OutputStationary, 100, 30, 7, 13, 4, 7)]
    [TestCase(Dataflow.WeightStationary, 100, 30, 7, 1, 4, 100)]
    [TestCase(Dataflow.InputStationary, 100, 30, 7, 1, 13, 30)]
    public void A_grid_lays_the_dataflows_dimensions_on_the_array(Dataflow dataflow, int m, int n, int k, int rowFolds, int columnFolds,
        int stream)
    {
        FoldGrid grid = FoldGrid.Of(new PeArray(8, 8, dataflow), Gemm(m, n, k, 3));
        Assert.That((grid.RowFolds, grid.ColumnFolds, grid.StreamLength, grid.Folds),
            Is.EqualTo((rowFolds, columnFolds, stream, 3L * rowFolds * columnFolds)));
        Assert.That(grid.RowRange(rowFolds - 1).End, Is.EqualTo(grid.RowExtent));
        Assert.That(Enumerable.Range(0, columnFolds).Sum(j => grid.ColumnRange(j).Count), Is.EqualTo(grid.ColumnExtent));
    }

    [Test]
    public void The_reduction_order_is_the_dataflows()
    {
        Assert.That(LayerMapper.OrderOf(new PeArray(16, 8, Dataflow.OutputStationary)), Is.EqualTo(ReductionOrder.Sequential));
        Assert.That(LayerMapper.OrderOf(new PeArray(16, 8, Dataflow.WeightStationary)), Is.EqualTo(new ReductionOrder(16)));
        Assert.That(LayerMapper.OrderOf(new PeArray(16, 8, Dataflow.InputStationary)), Is.EqualTo(new ReductionOrder(16)));
        Assert.That(LayerMapper.Map(Design(Dataflow.WeightStationary, 16, 8, 1 << 20, 1 << 20, 1 << 20), Gemm(4, 4, 16)).Required.Order,
            Is.EqualTo(ReductionOrder.Sequential));
    }

    [Test]
    public void Buffers_that_hold_everything_move_everything_once()
    {
        foreach (Dataflow dataflow in Enum.GetValues<Dataflow>())
        {
            Mapping mapping = LayerMapper.Map(Design(dataflow, 8, 8, 1 << 20, 1 << 20, 1 << 20), Gemm(100, 30, 70)).Required;
            Assert.That(mapping.DramBits, Is.EqualTo(8 * (100 * 70 + 30 * 70 + 100 * 30)), $"{dataflow}");
        }
    }

    [Test]
    public void An_operand_that_does_not_fit_is_fetched_for_every_fold_that_uses_it()
    {
        // 13 row folds of A (8 x 70) and 4 column folds of W: neither all of A (7000 B) nor all of W (2100 B) fits 1200 B, one fold's tile
        // of each does.
        Mapping mapping = LayerMapper.Map(Design(Dataflow.OutputStationary, 8, 8, 2400, 2400, 1 << 20), Gemm(100, 30, 70)).Required;
        long rowsOutside = 100 * 70 + 13 * 30 * 70 + 100 * 30, columnsOutside = 4 * 100 * 70 + 30 * 70 + 100 * 30;
        Assert.That(mapping.DramBits, Is.EqualTo(8 * Math.Min(rowsOutside, columnsOutside)));
        Assert.That(mapping.OuterLoop, Is.EqualTo(FoldAxis.Columns));
    }

    [Test]
    public void Partial_sums_that_do_not_fit_are_spilled_at_accumulator_width()
    {
        // M = 50 sums of 8 columns need 1600 B; a half has 800 B. K = 24 makes three folds, so two of them spill and two read back.
        Mapping mapping = LayerMapper.Map(Design(Dataflow.WeightStationary, 8, 8, 1 << 20, 1 << 20, 1600), Gemm(50, 8, 24)).Required;
        Assert.That(mapping.Outputs, Is.EqualTo(Residency.Stream));
        Assert.That(mapping.DramBits, Is.EqualTo(8 * (50 * 24 + 8 * 24 + 50 * 8) + 32 * 2 * 2 * 50 * 8));
        Assert.That(LayerMapper.Map(Design(Dataflow.WeightStationary, 8, 8, 1 << 20, 1 << 20, 3200), Gemm(50, 8, 24)).Required.Outputs,
            Is.Not.EqualTo(Residency.Stream));
    }

    [Test]
    public void A_buffer_too_small_for_one_fold_is_named_with_what_it_needs()
    {
        MappingResult result = LayerMapper.Map(Design(Dataflow.WeightStationary, 8, 8, 15, 127, 1 << 20), Gemm(100, 30, 70));
        Assert.That(result.Mapping, Is.Null);
        Assert.That(result.Problems.Select(p => (p.Layer, p.Buffer, p.NeededBytes, p.AvailableBytes)),
            Is.EqualTo(new[] { ("fc", "activation_buffer", 8L, 7L), ("fc", "weight_buffer", 64L, 63L) }));
        Assert.That(() => result.Required, Throws.TypeOf<MappingException>().With.Message.Contains(
            "layer 'fc': buffer 'weight_buffer' is too small for one fold of the 8 x 8 array: 64 bytes are needed, 63 are available (half of a double buffer)"));
        Assert.That(LayerMapper.Map(Design(Dataflow.WeightStationary, 8, 8, 16, 128, 1 << 20), Gemm(100, 30, 70)).Mapping, Is.Not.Null);
        Assert.That(LayerMapper.Map(Design(Dataflow.WeightStationary, 8, 8, 8, 64, 1 << 20, doubleBuffered: false),
            Gemm(100, 30, 70)).Mapping, Is.Not.Null);
    }

    [Test]
    public void Convolution_inputs_count_once_however_often_im2col_repeats_them()
    {
        // 3x3, stride 1, padding 1 on 8 channels of 10x10: im2col has 100 x 72 entries of 800 distinct elements.
        var conv = new ConvGeometry(8, 10, 10, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 10, 10);
        var layer = new GemmLayer("conv", "Conv", 1, 100, 16, 72, 800, conv);
        foreach (Dataflow dataflow in Enum.GetValues<Dataflow>())
        {
            Mapping mapping = LayerMapper.Map(Design(dataflow, 8, 8, 1 << 20, 1 << 20, 1 << 20), layer).Required;
            Assert.That(mapping.DramBits, Is.EqualTo(8 * (800 + 16 * 72 + 1600)), $"{dataflow}");
        }
    }

    [Test]
    public void Rows_that_a_stride_steps_over_are_not_fetched()
    {
        // 1x1, stride 2 on 9x9: output rows touch input rows 0, 2, 4, 6, 8, each fetched whole.
        var conv = new ConvGeometry(3, 9, 9, 1, 1, 2, 2, 0, 0, 0, 0, 1, 1, 5, 5);
        Assert.That(new InputFootprint(new GemmLayer("conv", "Conv", 1, 25, 4, 3, 243, conv)).Whole(25, 3), Is.EqualTo(3 * 5 * 9));
    }

    [Test]
    public void Footprints_equal_an_enumeration_of_the_elements()
    {
        var random = new Random(99);
        int cases = 0;
        for (; cases < 400; cases++)
        {
            int kernel = random.Next(1, 4), stride = random.Next(1, 4), dilation = random.Next(1, 3), pad = random.Next(0, kernel),
                channels = random.Next(1, 4);
            int outputHeight = random.Next(1, 7), outputWidth = random.Next(1, 5),
                height = Math.Max(1, (outputHeight - 1) * stride + (kernel - 1) * dilation + 1 - pad);
            var conv = new ConvGeometry(channels, height, 6, kernel, 2, stride, 1, pad, 0, 0, 0, dilation, 1, outputHeight, outputWidth);
            int batch = random.Next(1, 4), pixels = outputHeight * outputWidth;
            var layer = new GemmLayer("conv", "Conv", 1, batch * pixels, 1, channels * kernel * 2, 1, conv) { Batch = batch };
            var footprint = new InputFootprint(layer);
            IndexRange m = Range(random, layer.M), k = Range(random, layer.K);
            // Rows of the input of one channel, and channels, that ranges touch.
            HashSet<(int, int)> Rows(int from, int to)
            {
                var rows = new HashSet<(int, int)>();
                for (int pixel = from; pixel < to; pixel++)
                    for (int ky = 0; ky < kernel; ky++)
                        if (pixel % pixels / outputWidth * stride + ky * dilation - pad is var y && y >= 0
                            && y < height) rows.Add((pixel / pixels, y));
                return rows;
            }
            HashSet<int> Channels(int from, int to) => [.. Enumerable.Range(from, to - from).Select(tap => tap / (kernel * 2))];
            long touched = 6L * Rows(m.Start, m.End).Count * Channels(k.Start, k.End).Count;
            Assert.That(footprint.Elements(m, k), Is.EqualTo(Math.Min(touched, (long)m.Count * k.Count)), $"{conv} {m} {k}");
            Assert.That(footprint.NewElements(m, k), Is.EqualTo(6L * Rows(m.Start, m.End).Except(Rows(0, m.Start)).Count()
                * Channels(k.Start, k.End).Except(Channels(0, k.Start)).Count()), $"new in {conv} {m} {k}");
        }
        Assert.That(cases, Is.EqualTo(400));
    }

    [Test]
    public void Groups_repeat_the_grid()
    {
        // Depthwise: every channel is a GEMM of its own with one output column.
        var conv = new ConvGeometry(32, 8, 8, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 8, 8);
        var layer = new GemmLayer("dw", "Conv", 32, 64, 1, 9, 32 * 64, conv);
        Mapping mapping = LayerMapper.Map(Design(Dataflow.WeightStationary, 16, 16, 1 << 20, 1 << 20, 1 << 20), layer).Required;
        Assert.That(mapping.Grid.Folds, Is.EqualTo(32));
        Assert.That(mapping.DramBits, Is.EqualTo(8 * (32 * 64 + 32 * 9 + 32 * 64)));
    }

    private static IndexRange Range(Random random, int count)
    {
        int start = random.Next(count);
        return new IndexRange(start, random.Next(start + 1, count + 1));
    }
}
