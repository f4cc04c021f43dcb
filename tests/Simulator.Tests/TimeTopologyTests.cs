using System.Collections.Immutable;
using Sim.ArchModel;
using Sim.Foundation.Diagnostics;
using Sim.Simulator.Timing;
using Sim.Tests;
using Sim.Workloads.Generators;
using Sim.Workloads.Graph;
using Sim.Workloads.Topologies;

namespace Sim.Simulator.Tests;

/// <summary>SCALE-Sim topology files: every shipped one, and every kind of mistake with its place.</summary>
public sealed class TimeTopologyTests
{
    [Test]
    public void Every_shipped_topology_loads_with_the_layers_it_lists()
    {
        string root = ReferenceData.Shared("reference/scalesim/topologies");
        int files = 0, layers = 0;
        foreach (string file in Directory.EnumerateFiles(root, "*.csv", SearchOption.AllDirectories))
        {
            ImmutableArray<GemmLayer> read = ScaleSimTopology.Load(file);
            Assert.That(read, Has.Length.EqualTo(File.ReadLines(file).Count(l => l.Trim(' ', ',', '\t').Length > 0) - 1), file);
            Assert.That(read.Select(l => l.Name), Is.Unique, file);
            (files, layers) = (files + 1, layers + read.Length);
        }
        Assert.That(files, Is.GreaterThanOrEqualTo(23));
        Truth.Checked("Time", "scalesim/topologies load", "files shipped with SCALE-Sim", files, $"all load, {layers} layers");
    }

    [Test]
    public void Layer_shapes_equal_the_ones_that_SCALE_Sim_ran()
    {
        string root = ReferenceData.Shared("reference/scalesim/topologies");
        var cache = new Dictionary<string, ImmutableArray<GemmLayer>>();
        int rows = 0;
        foreach (IReadOnlyDictionary<string, string> row in TimeDesigns.Table(ReferenceData.Shared("reference/scalesim/compute_only.csv")))
        {
            if (!cache.TryGetValue(row["topology"], out ImmutableArray<GemmLayer> layers))
                cache[row["topology"]] = layers = ScaleSimTopology.Load(Path.Combine(root, row["topology"]));
            GemmLayer layer = layers[int.Parse(row["layer_index"])];
            Assert.That((layer.M, layer.N, layer.K), Is.EqualTo((int.Parse(row["M"]), int.Parse(row["N"]), int.Parse(row["K"]))),
                $"{row["topology"]} {row["layer"]}");
            Assert.That(layer.Name, Does.StartWith(row["layer"]));
            rows++;
        }
        Assert.That(rows, Is.GreaterThanOrEqualTo(400));
        Truth.Checked("Time", "scalesim layer shapes", "SCALE-Sim v2 @22f88b1 runs", rows, "M, N, K equal");
    }

    [Test]
    public void Resnet50_takes_the_cycles_of_the_formula_on_a_32_by_32_array()
    {
        ImmutableArray<GemmLayer> layers =
            ScaleSimTopology.Load(ReferenceData.Shared("reference/scalesim/topologies/conv_nets/Resnet50.csv"));
        Architecture design = TimeDesigns.Design(new PeArray(32, 32, Dataflow.WeightStationary), bufferBytes: 256 * 1024,
            bytesPerCycle: 16);
        long expected = layers.Sum(l => (l.K + 31) / 32 * (long)((l.N + 31) / 32) * (2 * 32 + 32 + l.M - 2));
        LayerTiming[] timings = [.. layers.Select(l => Estimator.Estimate(design, l))];
        Assert.That(layers, Has.Length.EqualTo(54));
        Assert.That(timings.Sum(t => t.ComputeCycles), Is.EqualTo(expected));
        Assert.That(timings.All(t => t.TotalCycles >= t.ComputeCycles), Is.True);
    }

    [Test]
    public void The_built_in_ResNet50_has_the_published_shapes()
    {
        ImmutableArray<GemmLayer> theirs =
            ScaleSimTopology.Load(ReferenceData.Shared("reference/scalesim/topologies/conv_nets/Resnet50.csv"));
        ImmutableArray<GemmLayer> ours = GeneratedWorkload.ResNet50;
        Assert.That(ours.Select(l => (l.N, l.K)), Is.EqualTo(theirs.Select(l => (l.N, l.K))));
        // Their file has no padding and rounds a strided output up, so only 1x1 kernels of stride 1 have the true number of output pixels.
        static bool Comparable(GemmLayer l) => l.Conv is null or { KernelHeight: 1, StrideHeight: 1 };
        Assert.That(ours.Where(Comparable).Select(l => l.M), Is.EqualTo(theirs.Where(Comparable).Select(l => l.M)));
        Assert.That(ours.Sum(l => l.Macs), Is.EqualTo(3_857_973_248), "3.8 billion, He et al. Table 1");
    }

    [TestCase("Layer,M,N,K,\nA,1,2,\n", "t.csv:2:6: error TOP003: layer 'A': the line ends before 'K'; 4 cells are needed, found 3")]
    [TestCase("Layer,M,N,K,\nA,1,-2,3,\n", "t.csv:2:5: error TOP003: layer 'A': 'N' must be an integer from 1 to 2147483647, found '-2'")]
    [TestCase("Layer,M,N,K,\nA, 1, x,3,\n", "t.csv:2:7: error TOP003: layer 'A': 'N' must be an integer from 1 to 2147483647, found 'x'")]
    [TestCase("Layer,P,Q\n", "t.csv:1:1: error TOP002: the header is of no known topology")]
    [TestCase("\n \n", "t.csv: error TOP001: the topology is empty")]
    [TestCase("Layer,M,N,K,\n", "t.csv: error TOP001: the topology has a header but no layer")]
    [TestCase("Layer,ifmap h,ifmap w,filter h,filter w,channels,num filter,strides\nC,4,4,5,1,1,1,1,",
        "t.csv:2:7: error TOP003: layer 'C': filter height 5 is larger than the input's 4")]
    [TestCase("Layer,M,N,K,Note\nA,1,2,3,big\n", "t.csv:2:9: warning TOP004: 'big' in column 'Note' is ignored")]
    [TestCase("Layer,M,N,K,Sparsity\nA,1,2,3,2:4\n",
        "t.csv:2:9: error TOP003: layer 'A': 'Sparsity' 2:4 changes the layer and is not supported; allowed is N:N (dense)")]
    [TestCase("L,ifmap h,ifmap w,filter h,filter w,channels,num filter,stride,Batch,Dilation\nC,9,9,3,3,1,1,1,1,2",
        "t.csv:2:19: error TOP003: layer 'C': 'Dilation' 2 changes the layer")]
    [TestCase("L,ifmap h,ifmap w,filter h,filter w,channels,num filter,stride h,stride w\nC,9,9,3,3,1,1,1,0",
        "t.csv:2:17: error TOP003: layer 'C': 'stride w' must be an integer from 1")]
    public void A_mistake_is_told_with_its_place(string text, string message)
    {
        var diagnostics = new DiagnosticBag();
        ScaleSimTopology.Read("t.csv", text, diagnostics);
        Assert.That(diagnostics.Sorted.Select(d => d.ToString()), Has.One.StartsWith(message));
    }

    [Test]
    public void A_depthwise_layer_becomes_one_group_a_channel_and_names_stay_unique()
    {
        const string text = "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,,\n" +
            "L1_DP,10,10,3,3,8,1,1,,\n,,,,,,,,\nL2,10,10,4,4,8,5,4,,\r\nL2,10,10,4,4,8,5,4,\n";
        var diagnostics = new DiagnosticBag();
        ImmutableArray<GemmLayer> layers = ScaleSimTopology.Read("t.csv", text, diagnostics);
        Assert.That(diagnostics.Sorted, Is.Empty);
        Assert.That(layers.Select(l => (l.Name, l.Groups, l.M, l.N, l.K)),
            Is.EqualTo(new[] { ("L1_DP", 8, 64, 1, 9), ("L2", 1, 9, 5, 128), ("L2#2", 1, 9, 5, 128) }));
    }

    // Output = ceil((input - filter + stride) / stride) a direction, the rule of SCALE-Sim's topology_utils; by hand.
    [TestCase("Stride height, Stride width", "32,32,3,3,3,16,2,1", 16, 30, 27, 16)]
    [TestCase("Stride height, Stride width", "17,32,3,5,8,4,1,3", 15, 10, 120, 4)]
    [TestCase("Stride width, Stride height", "17,32,3,5,8,4,3,1", 15, 10, 120, 4)]
    public void Strides_of_both_directions_are_read(string strides, string row, int height, int width, int k, int filters)
    {
        var diagnostics = new DiagnosticBag();
        string text = $"Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, {strides}, Batch\nConv1,{row},2,\nConv2,{row}\n";
        ImmutableArray<GemmLayer> layers = ScaleSimTopology.Read("t.csv", text, diagnostics);
        Assert.That(diagnostics.Sorted, Is.Empty);
        Assert.That(layers.Select(l => (l.M, l.K, l.N)),
            Is.EqualTo(new[] { (2 * height * width, k, filters), (height * width, k, filters) }));
        Assert.That((layers[1].Conv!.OutputHeight, layers[1].Conv!.OutputWidth), Is.EqualTo((height, width)));
    }
}
