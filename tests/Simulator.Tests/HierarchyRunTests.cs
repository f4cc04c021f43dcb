using Sim.ArchModel;
using Sim.ArchModel.Costs;
using Sim.Foundation.Diagnostics;
using Sim.Mapper.Search;
using Sim.Simulator.Accelerators;
using Sim.Simulator.Inputs;
using Sim.Tests;
using Sim.Workloads.Quantization;

namespace Sim.Simulator.Tests;

/// <summary>Whole networks on `sim.architecture/2`: records follow from their own lines, and values are those of any machine with the same
/// datapath where the order of additions cannot matter.</summary>
public class HierarchyRunTests
{
    private static readonly string Digits = Path.Combine(ReferenceData.RepositoryRoot, "configs", "workloads", "digits");

    private static readonly string[] Machines = ["gemmini_default", "tpu_v1", "shidiannao"];

    [Test]
    public void ARecordFollowsFromItsLines([ValueSource(nameof(Machines))] string machine)
    {
        (IAccelerator accelerator, RunRecord record) = Run(machine, "digits_mlp", null, MapObjective.Edp);
        AcceleratorCost cost = accelerator.Price();
        Assert.That(record.Layers.Select(l => l.Name), Is.EqualTo(new[] { "fc1", "relu1", "fc2", "relu2", "fc3" }));
        Assert.That(record.TotalCycles, Is.EqualTo(record.Layers.Sum(l => l.Cycles)));
        Assert.That(record.LatencySeconds, Is.EqualTo(record.TotalCycles / accelerator.ClockHertz));
        Assert.That(record.DynamicEnergyPicojoules, Is.EqualTo(record.Layers.Sum(l => l.Energy.Sum(e => e.Count * e.PerActionPicojoules))));
        Assert.That(record.LeakageEnergyPicojoules, Is.EqualTo(cost.LeakageMilliwatts * record.LatencySeconds * 1e9).Within(1e-9).Percent);
        foreach (LayerRecord layer in record.Layers)
        {
            Assert.That(layer.Stalls.Sum(s => s.Cycles), Is.EqualTo(layer.StallCycles), layer.Name);
            Assert.That(layer.Energy.Select(e => e.Source), Has.None.Empty, layer.Name);
            if (layer.Groups == 0) continue;
            Assert.That(Count(layer, e => e.Action == "product"), Is.EqualTo((long)layer.M * layer.N * layer.K), layer.Name);
            Assert.That(layer.DramBytes, Is.GreaterThanOrEqualTo(layer.CompulsoryBytes!.Value), layer.Name);
            // K·N weights, M·K activations, M·N results, each once at least, all as wide as activations here.
            int bytes = accelerator.Datapath.Activation.Bits / 8;
            Assert.That(layer.CompulsoryBytes, Is.EqualTo(bytes * (layer.K * layer.N + layer.M * layer.K + layer.M * layer.N)), layer.Name);
        }
    }

    [Test]
    public void PaddingIsNotAmongTheLeastBytes()
    {
        LayerRecord conv = Run("gemmini_default", "digits_cnn", null, MapObjective.Edp).Record.Layers.Single(l => l.Name == "conv1");
        // 16 filters of 3 x 3 over an image of 8 x 8 with a border of one: pixels, weights and results of a byte each.
        Assert.That(conv.CompulsoryBytes, Is.EqualTo(8 * 8 + 16 * 9 + 8 * 8 * 16));
        Assert.That(conv.DramBytes, Is.GreaterThanOrEqualTo(conv.CompulsoryBytes));
    }

    [Test]
    public void AnObjectiveIsLeastForItself()
    {
        foreach (string machine in Machines)
        {
            RunRecord energy = Run(machine, "digits_mlp", null, MapObjective.Energy).Record,
                latency = Run(machine, "digits_mlp", null, MapObjective.Latency).Record;
            double Memories(RunRecord r) => r.Layers.Where(l => l.Groups > 0)
                .Sum(l => l.Energy.Where(e => !e.Action.StartsWith("hop", StringComparison.Ordinal) && e.Action != "add_outputs")
                    .Sum(e => e.Count * e.PerActionPicojoules));
            Assert.That(Memories(energy), Is.LessThanOrEqualTo(Memories(latency) * (1 + 1e-9)), machine);
        }
    }

    [Test]
    public void ExactSumsHaveOneValueOnEveryMachine()
    {
        string data = Path.Combine(Digits, "digits_test_x_u8.npy"), labels = Path.Combine(Digits, "digits_test_labels_u8.npy");
        RunRecord hierarchy = Run("gemmini_default", "digits_mlp", (data, labels), MapObjective.Edp).Record,
            array = Run("edge_npu", "digits_mlp", (data, labels), null).Record;
        Assert.That(hierarchy.Accuracy, Is.Not.Null);
        Assert.That(hierarchy.Accuracy, Is.EqualTo(array.Accuracy));
        Assert.That(hierarchy.Layers.Select(l => l.Numerics?.SqnrDb), Is.EqualTo(array.Layers.Select(l => l.Numerics?.SqnrDb)));
    }

    [Test]
    public void AnObjectiveIsRefusedWhereThereIsOneMapping()
    {
        var bag = new DiagnosticBag();
        Assert.That(AcceleratorLoader.Load("edge_npu", MapObjective.Energy, bag), Is.Not.Null);
        Assert.That(bag.Sorted.Single().Code, Is.EqualTo("CLI002"));
    }

    private static long Count(LayerRecord layer, Func<ActionEnergy, bool> which) => layer.Energy.Where(which).Sum(e => e.Count);

    private static (IAccelerator Accelerator, RunRecord Record) Run(string machine, string network, (string Data, string Labels)? data,
        MapObjective? objective)
    {
        var bag = new DiagnosticBag();
        IAccelerator? accelerator = AcceleratorLoader.Load(machine, objective, bag);
        string model = Path.Combine(Digits, network + ".onnx");
        LoadedWorkload? workload = WorkloadLoader.LoadAny(new WorkloadFiles(network, model, data?.Data, data?.Labels, null, null,
            new Location(model)), bag);
        bag.ThrowIfErrors();
        return (accelerator!, new Evaluator("0", 1).Evaluate(new DesignInputs(accelerator!, workload!, Recipe.Default)));
    }
}
