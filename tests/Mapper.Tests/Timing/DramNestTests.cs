using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.ArchModel.Hierarchies.Dram;
using Sim.Foundation.Diagnostics;
using Sim.Mapper.Nests;
using Sim.Mapper.Timing;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Tests.Timing;

/// <summary>Rows of a DRAM in the time of a nest, by hand from the data sheet's times of DDR4-2400.</summary>
public class DramNestTests
{
    private const long Rows = 10, Depth = 131_072, Chunk = 64;

    // Ten rows of a matrix, 128 KiB apart: one bank, another row each time. tRAS + tRP = 45833 ps from one opening to the next, so the data
    // of ten bursts end 9 · 45833 + 3333 ps after the first begin. Refreshes take 376666 of every 7800000 ps: 437 cycles at 1 GHz a chunk.
    // A chunk of weights is one burst: 3333 ps, 4 cycles; so are the ten results at the end.
    [Test]
    public void ColumnsOfALongMatrixConflict() => Assert.That(Bus(LoopLayer.Gemm("g", 1, Rows, 1, Depth, true)),
        Is.EqualTo(Depth / Chunk * (437 + 4) + 4));

    // The same sizes as a convolution of 1x1: channels lie apart, the ten rows of one together. 640 of them follow each other: ten bursts
    // in one row, 33330 ps, 36 cycles with refreshes.
    [Test]
    public void ChannelsOfAnImageAreContiguous() => Assert.That(Bus(LoopLayer.Conv("c", 1, 1, 1, Depth, Rows, 1, 1, 1)),
        Is.EqualTo(Depth / Chunk * (36 + 4) + 4));

    private static long Bus(LoopLayer layer)
    {
        var bag = new DiagnosticBag();
        DramTiming timing = DramTimingReader.Load("ddr4_2400", bag)!;
        bag.ThrowIfErrors();
        var dram = new MemoryLevel("dram", null, default, 64, 1, default, timing.PeakBytesPerSecond * 8 / 1e9, 27, timing.BurstBytes * 8,
            PerOperand.Of(_ => Keeping.Must), default) { Timing = timing, ClockHertz = 1e9 };
        var buffer = new MemoryLevel("buffer", 1 << 20, default, 64, 1, new(1, 1, 0), null, 0, 0, PerOperand.Of(_ => Keeping.Must),
            PerOperand.Of(_ => true));
        ImmutableArray<NestNode> nodes =
        [
            .. Enum.GetValues<Operand>().Select(o => new StoreNode(o, 0)), new StoreNode(Operand.Outputs, 1),
            new LoopNode(LoopDim.C, Depth / Chunk, Chunk), new StoreNode(Operand.Activations, 1), new StoreNode(Operand.Weights, 1),
            new LoopNode(LoopDim.P, Rows, 1), new LoopNode(LoopDim.C, Chunk, 1),
        ];
        NestCycles cycles = NestTiming.Of(new LoopNest(layer, nodes), new Hierarchy("h", [dram, buffer]), new NestWidths(8, 8, 32, 8),
            ComputeRate.One);
        return cycles.Uses.Single(u => u.Resource is { Level: 0, Kind: WaitKind.Bus }).BusyCycles;
    }
}
