using Sim.ArchModel.Reading;
using Sim.Datapath.Specs;
using Sim.Exploration.Studies;
using Sim.Simulator.Inputs;
using Sim.Exploration.Sweeps;
using Sim.Foundation.Diagnostics;
using Sim.Simulator.Execution;
using Sim.Workloads.Quantization;

namespace Sim.Cli.Verbs.Bench;

/// <summary>Whole networks executed bit for bit over their data sets: the digits that come with Sim, and the keyword study where its data
/// are at hand.</summary>
internal sealed class AccuracyBenchmark : IBenchmark
{
    private const double BudgetSeconds = 5, BudgetSamples = 500;
    private static readonly string KeywordStudy = Path.Combine("configs", "studies", "kws.yaml");

    public string Name => "accuracy";

    public string Summary => "A quantized network executed bit for bit over its whole data set under one datapath, every processor at work, after calibration. " +
        "The rows of the keyword network need the data that configs/studies/kws.yaml names.";

    public IReadOnlyList<BenchRow> Run(Action<string> progress)
    {
        var rows = new List<BenchRow>();
        foreach (string study in new[] { "demo", KeywordStudy })
        {
            if (Load(study) is not { } workload)
            {
                progress($"{study}: its network or data are not here");
                continue;
            }
            PreparedNetwork network = PreparedNetwork.Create(workload.Graph, workload.Data!, workload.Calibration, Recipe.Default,
                Environment.ProcessorCount);
            foreach (string datapath in new[] { "int8_acc32", "e4m3_fp16", "e4m3_fp32" })
            {
                progress($"{workload.Source.Name}, {datapath}");
                rows.Add(Measure(workload.Source.Name, network, datapath));
            }
        }
        return rows;
    }

    private static BenchRow Measure(string name, PreparedNetwork network, string datapath)
    {
        var bag = new DiagnosticBag();
        DatapathSpec spec = DatapathReader.Load(datapath, bag)
            ?? throw new InvalidOperationException($"datapath {datapath} is not in the catalogue");
        AccuracyPlan plan = AccuracyPlan.Create(network, spec, Recipe.Default, _ => ReductionOrder.Sequential);
        double seconds = BestOf.Seconds(() => AccuracyEvaluator.Evaluate(plan, Environment.ProcessorCount));
        int samples = network.Data.Samples;
        double budget = BudgetSeconds * samples / BudgetSamples;
        return new BenchRow($"{name}, {samples} samples", datapath, seconds * 1e3, samples / seconds, "samples/s", budget / seconds,
            "5 s for 500 samples", 1);
    }

    // Null when the study's files are not beside this checkout; the study itself is checked by its own tests.
    private static LoadedWorkload? Load(string study)
    {
        if (study != "demo" && !File.Exists(study)) return null;
        try
        {
            return LoadedStudy.Load(study, Program.Version).Workloads[0];
        }
        catch (InvalidInputException) when (study != "demo")
        {
            return null;
        }
    }
}
