using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Tests;
using Sim.Workloads.Generators;
using Sim.Workloads.Graph;
using Sim.Workloads.Nests;
using Sim.Workloads.Topologies;

namespace Sim.Mapper.Tests.Nests;

/// <summary>Layers of networks as loops: the same products, weights, outputs, and the inputs that windows touch.</summary>
public class LoopLayersTests
{
    [Test]
    public void LoopsHaveTheProductsAndElementsOfTheirLayer()
    {
        int layers = 0, windows = 0;
        foreach (GemmLayer layer in Layers())
        {
            layers++;
            LoopLayer loops = LoopLayers.Of(layer);
            long Words(Operand operand) => TileWords.Of(loops, operand, loops.Sizes.AsSpan());
            Assert.That(loops.Macs, Is.EqualTo(layer.Macs), layer.Name);
            Assert.That(Words(Operand.Outputs), Is.EqualTo(layer.OutputElements), layer.Name);
            Assert.That(Words(Operand.Weights), Is.EqualTo((long)layer.Groups * layer.N * layer.K), layer.Name);
            long real = Words(Operand.Activations) - LoopLayers.PaddingTouched(layer);
            if (layer.Conv is null || loops.IsGemm)
            {
                Assert.That(real, Is.EqualTo((long)layer.Groups * layer.M * layer.K), layer.Name);
                continue;
            }
            windows++;
            Assert.That(real, Is.EqualTo(loops.Size(LoopDim.N) * InputsOf(layer)), layer.Name);
        }
        Assert.That(layers, Is.GreaterThan(50));
        Assert.That(windows, Is.GreaterThan(50));
    }

    [Test]
    public void PaddingIsToldApart()
    {
        // 3 taps on 4 elements padded by 1: 6 touched, 4 real, in both directions; two groups of one channel.
        var layer = new GemmLayer("c", "Conv", 2, 16, 1, 9, 32, new ConvGeometry(2, 4, 4, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 4, 4));
        Assert.That(LoopLayers.PaddingTouched(layer), Is.EqualTo(2 * (36 - 16)));
        Assert.That(LoopLayers.Of(layer, 3).Sizes, Is.EqualTo(new long[] { 3, 2, 1, 1, 4, 4, 3, 3 }));
        // Two products of attention: 12 heads, each with keys of its own.
        LoopLayer scores = LoopLayers.Of(new GemmLayer("qk", "MatMul", 12, 512, 512, 64, 12 * 512 * 64));
        Assert.That(scores.Sizes, Is.EqualTo(new long[] { 1, 12, 512, 64, 512, 1, 1, 1 }));
        Assert.That(NestText.Document(new LoopNest(scores, []), new Hierarchy("h", [])), Does.Contain(
            "gemm: {B: 12, M: 512, N: 512, K: 64}, shared_weights: false"));
    }

    private static IEnumerable<GemmLayer> Layers()
    {
        foreach (GemmLayer layer in GeneratedWorkload.ResNet50) yield return layer;
        string root = Path.Combine(ReferenceData.RepositoryRoot, "..", "shared", "reference", "scalesim", "topologies");
        if (!Directory.Exists(root)) yield break;
        foreach (string file in Directory.EnumerateFiles(Path.Combine(root, "conv_nets"), "*.csv").Order(StringComparer.Ordinal))
            foreach (GemmLayer layer in ScaleSimTopology.Load(file)) yield return layer;
    }

    // Input elements that some output needs, found output by output.
    private static long InputsOf(GemmLayer layer)
    {
        ConvGeometry c = layer.Conv!;
        var touched = new HashSet<(int, int)>();
        for (int y = 0; y < c.OutputHeight; y++)
            for (int x = 0; x < c.OutputWidth; x++)
                for (int ky = 0; ky < c.KernelHeight; ky++)
                    for (int kx = 0; kx < c.KernelWidth; kx++)
                    {
                        int row = y * c.StrideHeight - c.PadTop + ky * c.DilationHeight;
                        int column = x * c.StrideWidth - c.PadLeft + kx * c.DilationWidth;
                        if (row >= 0 && row < c.InputHeight && column >= 0 && column < c.InputWidth) touched.Add((row, column));
                    }
        return touched.Count * (long)layer.Groups * (layer.K / (c.KernelHeight * c.KernelWidth));
    }
}
