using Sim.ArchModel.Hierarchies;
using Sim.ArchModel.Hierarchies.Reading;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Mapper.Nests;
using Sim.Mapper.Timing;
using Sim.Tests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Tests.Published;

/// <summary>
/// What the chip Eyeriss measured (JSSC 52(1), 2017, table V; the tables are pictures in the paper, their text is that of cucapra/fodlam,
/// data/eyeriss-alexnet.csv) beside our counts and times of the mappings that it ran (table III: configs/nests/eyeriss_alexnet_*.yaml).
/// Nothing is fitted: the nests are the table's parameters, the machine is configs/architectures/eyeriss_v1.yaml.
/// </summary>
public class EyerissTests
{
    private const string Source = "Chen et al., JSSC 52(1), 2017, tables III and V, measured";

    // 200 MHz.
    private const double CyclesAMs = 200e3;

    // Milliseconds, 10^6 bytes, words of 16 bits.
    private sealed record Ours(long Pes, double ComputeMs, double Ms, double DramMs, double BufferMb,
        double UnpaddedBufferMb, double Words, double CodedWords, long Macs);

    // Batch of 4: latency without and with waits for the DRAM, active PEs, share of zeros in the inputs, traffic in 10^6 bytes.
    private sealed record Measured(string Layer, double ProcessingMs, double TotalMs, int Pes, double Zeros, double BufferMb,
        double DramMb);

    private static readonly Measured[] s_table =
    [
        new("CONV1", 16.5, 20.9, 154, 0.0001, 18.5, 5.0), new("CONV2", 39.2, 41.9, 135, 0.387, 77.6, 4.0),
        new("CONV3", 21.8, 23.6, 156, 0.725, 50.2, 3.0), new("CONV4", 16.0, 18.4, 156, 0.793, 37.4, 2.1),
        new("CONV5", 10.0, 10.5, 156, 0.776, 24.9, 1.3),
    ];

    // Share of the inputs that is no padding: the chip stores none.
    private static double Unpadded(LoopLayer layer)
    {
        long padded = (layer.Size(LoopDim.P) - 1) * layer.StrideHeight + layer.Size(LoopDim.R);
        double share = (double)layer.Size(LoopDim.P) / padded;
        return layer.StrideHeight > 1 ? 1 : share * share;
    }

    // Section IV-B: three pairs of a run and a 16-bit level in 64 bits; the first layer's inputs are not coded.
    private static double Coded(double zeros) => (1 - zeros) * 64 / 3 / 16;

    [Test]
    public void ItsMappingsTakeWhatItMeasured()
    {
        double words = 0, milliseconds = 0, overlapped = 0;
        long macs = 0;
        for (int i = 0; i < s_table.Length; i++)
        {
            Measured chip = s_table[i];
            Ours ours = Of(Load($"eyeriss_alexnet_{chip.Layer.ToLowerInvariant()}"), chip.Zeros,
                s_table[Math.Min(i + 1, s_table.Length - 1)].Zeros, codedInputs: i > 0);
            (words, macs) = (words + ours.CodedWords, macs + ours.Macs);
            (milliseconds, overlapped) = (milliseconds + ours.Ms, overlapped + ours.Ms - ours.DramMs);
            Assert.That(ours.Pes, Is.EqualTo(chip.Pes), chip.Layer);
            // Its FIFOs overlap a part of what our pads wait for: it lies between the products alone and all but the waits for the DRAM.
            Assert.That(chip.ProcessingMs, Is.InRange(ours.ComputeMs, ours.Ms - ours.DramMs), chip.Layer);
            Assert.That(2e-6 * ours.CodedWords, Is.EqualTo(chip.DramMb).Within(13).Percent, chip.Layer);
            if (chip.Layer != "CONV3") Assert.That(ours.BufferMb, Is.EqualTo(chip.BufferMb).Within(5).Percent, chip.Layer);
            Truth.Checked("Published accelerators", $"Eyeriss, AlexNet {chip.Layer}, batch 4, its own mapping", Source, 5,
                Text($"PEs {chip.Pes}: equal; DRAM {chip.DramMb:F1} MB: ours {2e-6 * ours.CodedWords:F2} with its run-length coding, ")
                + Text($"{2e-6 * ours.Words:F2} without; global buffer {chip.BufferMb:F1} MB: ours {ours.BufferMb:F1}, ")
                + Text($"{ours.UnpaddedBufferMb:F1} without padding; processing {chip.ProcessingMs:F1} ms: ours {ours.ComputeMs:F1} of ")
                + Text($"products, {ours.Ms - ours.DramMs:F1} with waits inside the chip; with the DRAM {chip.TotalMs:F1} ms: ")
                + Text($"ours {ours.Ms:F1}"));
        }
        // The table's own total, and the paper's abstract.
        Assert.That(2e-6 * words, Is.EqualTo(15.4).Within(1).Percent);
        Assert.That(words / macs, Is.EqualTo(0.0029).Within(0.00005));
        Truth.Checked("Published accelerators", "Eyeriss, AlexNet's convolutions, batch 4, its own mappings", Source, 3,
            Text($"0.0029 DRAM accesses a MAC: ours {words / macs:F4} with its run-length coding; 34.7 frames/s: ours ")
            + Text($"{4000 / milliseconds:F1}, the uncoded traffic over 480 MB/s; 38.6 with the DRAM overlapped (its processing latency): ")
            + "ours "
            + Text($"{4000 / overlapped:F1}"));
    }

    // Table III has CONV3 take 4 channels and 4 x 16 filters a pass, which moves 70 MB. The 50.2 MB of table V are those of 6 channels
    // and 2 x 16 filters, the parameters of CONV4 and CONV5.
    [Test]
    public void Conv3MovesWhatTheParametersOfConv4Give()
    {
        (LoopNest nest, HierarchicalArchitecture machine) = Load("eyeriss_alexnet_conv3", text => text.Replace("for C 64 (tile 4)",
            "for C 43 (tile 6)", StringComparison.Ordinal).Replace("  - store weights@filter_buffer\n  - spatial M 4 grid.y (tile 16)",
            "  - for M 2 (tile 32)\n  - store weights@filter_buffer\n  - spatial M 2 grid.y (tile 16)\n  - spatial C 2 grid.y (tile 3)",
            StringComparison.Ordinal).Replace("  - for C 4\n", "  - for C 3\n", StringComparison.Ordinal));
        Measured chip = s_table[2];
        Ours table = Of(Load("eyeriss_alexnet_conv3"), chip.Zeros, chip.Zeros, codedInputs: true),
            other = Of((nest, machine), chip.Zeros, chip.Zeros, codedInputs: true);
        Assert.That(table.UnpaddedBufferMb, Is.GreaterThan(1.3 * chip.BufferMb));
        Assert.That(other.UnpaddedBufferMb, Is.EqualTo(chip.BufferMb).Within(1).Percent);
        Assert.That(other.Pes, Is.EqualTo(chip.Pes));
        Truth.Checked("Published accelerators", "Eyeriss, AlexNet CONV3, the mapping of CONV4 in place of table III's", Source, 1,
            Text($"global buffer {chip.BufferMb:F1} MB: ours {other.UnpaddedBufferMb:F1} without padding, against ")
            + Text($"{table.UnpaddedBufferMb:F1} ") + "by table III: the paper's tables disagree");
    }

    private static Ours Of((LoopNest Nest, HierarchicalArchitecture Machine) mapped, double zerosBefore, double zerosAfter,
        bool codedInputs)
    {
        (LoopNest nest, HierarchicalArchitecture machine) = mapped;
        Hierarchy hierarchy = machine.Hierarchy;
        NestCounts counts = NestCounts.Of(nest, hierarchy);
        NestCycles cycles = ArchitectureTiming.Of(nest, machine);
        StoreCounts At(Operand operand, string memory) => counts.At(operand, hierarchy.IndexOf(memory))!;
        StoreCounts sums = At(Operand.Outputs, "global_buffer"), windows = At(Operand.Activations, "global_buffer");
        double inputs = At(Operand.Activations, "dram").Reads * Unpadded(nest.Layer);
        long weights = At(Operand.Weights, "dram").Reads, outputs = At(Operand.Outputs, "dram").Updates;
        long waits = cycles.Stalls.Where(s => s.Resource.ToString().StartsWith("dram", StringComparison.Ordinal)).Sum(s => s.Cycles);
        return new(At(Operand.Weights, "filter_pad").Instances, cycles.Compute / CyclesAMs, cycles.Total / CyclesAMs, waits / CyclesAMs,
            2e-6 * (sums.Reads + sums.Updates + windows.Fills + windows.Reads),
            2e-6 * (sums.Reads + sums.Updates + Unpadded(nest.Layer) * (windows.Fills + windows.Reads)), inputs + weights + outputs,
            inputs * (codedInputs ? Coded(zerosBefore) : 1) + weights + outputs * Coded(zerosAfter), counts.Macs);
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

    private static (LoopNest, HierarchicalArchitecture) Load(string name, Func<string, string>? change = null)
    {
        string path = Path.Combine(ReferenceData.RepositoryRoot, "configs", "nests", name + ".yaml");
        var bag = new DiagnosticBag();
        YamlMap root = YamlDocument.Parse((change ?? (t => t))(File.ReadAllText(path)), path, bag)!.Root;
        LoadedHierarchy loaded = HierarchyReader.Load(NestFile.ArchitectureOf(root, bag)!, bag)!;
        LoopNest? nest = NestFile.Read(root, loaded.Architecture.Hierarchy, PerOperand.Of(loaded.Architecture.PackingOf), bag);
        Assert.That(bag.ToString(), Is.Empty, name);
        return (nest!, loaded.Architecture);
    }
}
