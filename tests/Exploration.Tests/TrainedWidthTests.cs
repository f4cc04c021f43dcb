using Sim.Exploration.Studies;
using Sim.Exploration.Widths;
using Sim.Foundation.Diagnostics;
using Sim.Simulator.Inputs;
using Sim.Simulator;
using Sim.Tests;
using Sim.Verification;
using Sim.Verification.Verdicts;
using Sim.Workloads.Integers;

namespace Sim.Exploration.Tests;

/// <summary>The networks that tools/train made for narrow accumulators: proved at the width they were trained for, and as accurate there as
/// the documentation says.</summary>
public class TrainedWidthTests
{
    // Images of 450 that are classified right: here, bit for bit, and as tools/train printed them from PyTorch's own float32 arithmetic,
    // whose roundings move a tie now and then.
    private static readonly (string Method, int Bits, int Right, int PyTorch)[] Trained =
    [
        ("a2q", 16, 446, 446), ("a2q", 15, 445, 445), ("a2q", 14, 440, 440), ("a2q", 13, 367, 367), ("a2q", 12, 205, 205),
        ("a2qplus", 16, 443, 443), ("a2qplus", 15, 443, 443), ("a2qplus", 14, 443, 443), ("a2qplus", 13, 441, 440),
            ("a2qplus", 12, 338, 338),
    ];

    [Test]
    public void Networks_trained_for_a_width_are_proved_at_it_and_run_there_as_in_training()
    {
        foreach ((string method, int bits, int right, int torch) in Trained)
        {
            LoadedWorkload workload = Digits($"digits_cnn_{method}_{bits}");
            IntegerNetwork network = Read(workload);
            Assert.That(network.Layers, Has.Length.EqualTo(5));
            foreach (IntegerLayer layer in network.Layers)
            {
                LayerVerdict verdict = Verifier.Decide(layer, new VerifyOptions { Threads = 2 }, [bits]);
                Assert.That(verdict.Channels, Is.All.InstanceOf<Proved>(),
                    $"{method} {bits}: {layer.Name}, bias in the register, every order");
            }
            AccuracyRecord found = new WrappedRuns(workload.Graph, workload.Data!, 2).At(bits);
            Assert.That(Math.Round(found.Top1!.Value * 450), Is.EqualTo(right), $"{method} {bits}");
            Assert.That(right, Is.EqualTo(torch).Within(1));
            Assert.That(found.AgreementWithFloat, Is.EqualTo(1), "what is proved runs as with exact sums");
        }
        Truth.Checked("Proofs", "networks trained under A2Q and A2Q+ (arXiv 2301.13376, 2401.10432)", "tools/train, PyTorch 1.13",
            Trained.Length * 450, "proved at the width of training; as many of 450 images right as PyTorch counted, give or take one");
    }

    [Test]
    public void Narrower_registers_cost_a2q_more_accuracy_than_a2q_plus()
    {
        // The published order (A2Q+, table of CIFAR-10 ResNet18: equal at 16 bits, 83.9 beside 90.6 % at 12).
        foreach (int bits in (int[])[12, 13, 14])
            Assert.That(Trained.Single(t => t.Method == "a2qplus" && t.Bits == bits).Right,
                Is.GreaterThan(Trained.Single(t => t.Method == "a2q" && t.Bits == bits).Right));
        foreach (string method in (string[])["a2q", "a2qplus"])
            Assert.That(Trained.Where(t => t.Method == method).Select(t => t.Right), Is.Ordered.Descending);
    }

    [Test]
    public void Without_a_constraint_the_same_training_needs_23_bits()
    {
        LoadedWorkload workload = Digits("digits_cnn_qat");
        Assert.That(Read(workload).Layers.Max(l => Verifier.Minimal(l, new VerifyOptions { Threads = 2 }).Widest()), Is.EqualTo(23));
        Assert.That(Math.Round(new WrappedRuns(workload.Graph, workload.Data!, 2).At(23).Top1!.Value * 450), Is.EqualTo(444));
    }

    internal static LoadedWorkload Digits(string network)
    {
        string folder = Path.Combine(ReferenceData.RepositoryRoot, "configs", "workloads", "digits");
        var bag = new DiagnosticBag();
        LoadedWorkload? workload = WorkloadLoader.Load(new WorkloadFiles(network, Path.Combine(folder, network + ".onnx"),
            Path.Combine(folder, "digits_test_x_u8.npy"),
            Path.Combine(folder, "digits_test_labels_u8.npy"), null, null, new Location(network)), bag);
        bag.ThrowIfErrors();
        return workload!;
    }

    internal static IntegerNetwork Read(LoadedWorkload workload)
    {
        var bag = new DiagnosticBag();
        IntegerNetwork? network = IntegerNetworkReader.Read(workload.Graph, workload.Source.Name, bag);
        bag.ThrowIfErrors();
        return network!;
    }
}
