using Sim.ArchModel;
using Sim.ArchModel.Hierarchies;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Mapper.Nests;
using Sim.Mapper.Tests.Nests;
using Sim.Simulator.Cycles;
using Sim.Simulator.Nests;
using Sim.Workloads.Nests;

namespace Sim.Simulator.Tests.Nests;

/// <summary>Layers with operands in rows on the machine for nests.</summary>
public class NestLayerRunTests
{
    // 3×3 of stride 2 with zero points, weights stationary in 2×4 places with a chain.
    [TestCase(NestDepth.Registers)]
    [TestCase(NestDepth.Tiles)]
    public void RowsAreTheWindowsOfTheLoops(NestDepth depth)
    {
        LoopLayer layer = LoopLayer.Conv("conv", 2, 1, 4, 3, 5, 4, 3, 3, 2, 2);
        var hierarchy = new Hierarchy("h",
        [
            NestSamples.Memory("dram"), NestSamples.Memory("sums"),
            new FabricLevel("grid", [new("y", 3, Sharing.None, Sharing.None, Reduction.Chain), new("x", 4, Sharing.Systolic, Sharing.None,
                Reduction.None)]),
            NestSamples.Memory("registers"),
        ]);
        var datapath = new DatapathSpec("int8", FormatCatalogue.Parse("int8"), FormatCatalogue.Parse("int8"),
            new IntegerAccumulator(16, RegisterOverflow.Saturate));
        var architecture = new HierarchicalArchitecture("a", "generic28", 1e9, datapath, hierarchy,
            new ComputeUnit("mac", 1, Rational.One), new VectorUnit(1));
        var nest = new LoopNest(layer,
        [
            new StoreNode(Operand.Activations, 0), new StoreNode(Operand.Weights, 0), new StoreNode(Operand.Outputs, 0),
            new LoopNode(LoopDim.R, 3, 1), new LoopNode(LoopDim.S, 3, 1), new StoreNode(Operand.Outputs, 1),
            new SpatialNode(LoopDim.C, 3, 1, 2, 0), new SpatialNode(LoopDim.M, 4, 1, 2, 1), new StoreNode(Operand.Weights, 3),
            new LoopNode(LoopDim.N, 2, 1), new LoopNode(LoopDim.P, 5, 1), new LoopNode(LoopDim.Q, 4, 1),
        ]);
        Assert.That(NestLegality.Check(nest, hierarchy), Is.Empty);
        NestOperands operands = NestOperands.Random(layer, datapath, 3);
        const int Height = 11, Width = 9, K = 27, Rows = 40;
        var rows = new uint[Rows * K];
        for (int i = 0; i < rows.Length; i++)
        {
            (int n, int p, int q, int c, int r, int s) = (i / K / 20, i / K / 4 % 5, i / K % 4, i % K / 9, i % K / 3 % 3, i % 3);
            rows[i] = operands.Activations[((n * 3 + c) * Height + p * 2 + r) * Width + q * 2 + s];
        }
        var machine = new MachineOperands([.. rows], [.. operands.Weights]) { ActivationZeroPoint = -7, WeightZeroPoints = [1, -2, 0, 5] };
        NestLayerRun run = NestLayerRun.Of(nest, architecture, machine, depth);
        Assert.That(run.Differences, Is.Empty);
        for (int o = 0; o < run.Run.Results.Length; o++)
        {
            (int n, int m, int at) = (o / 80, o / 20 % 4, o % 20);
            long total = 0;
            // The nest's order: r and s outside, the three channels of a step in a chain that starts at zero.
            for (int tap = 0; tap < 9; tap++)
            {
                long chain = 0;
                for (int c = 0; c < 3; c++)
                    chain = Saturate(chain + (Value(rows[(n * 20 + at) * K + c * 9 + tap]) + 7)
                        * (Value(operands.Weights[m * K + c * 9 + tap]) - machine.WeightZeroPoints[m]));
                total = Saturate(total + chain);
            }
            Assert.That(run.Run.Results[o], Is.EqualTo(total), $"{n} {m} {at}");
        }
        Assert.That(() => NestLayerRun.Of(nest, architecture, new MachineOperands([1], machine.Weights), depth), Throws.ArgumentException);
    }

    private static long Value(uint code) => code < 128 ? code : code - 256L;

    private static long Saturate(long value) => Math.Clamp(value, short.MinValue, short.MaxValue);
}
