using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using Sim.ArchModel.Hierarchies;
using Sim.ArchModel.Hierarchies.Costs;
using Sim.ArchModel.Hierarchies.Reading;
using Sim.Foundation.Diagnostics;
using Sim.Mapper.Constraints;
using Sim.Mapper.Networks;
using Sim.Simulator.Inputs;
using Sim.Workloads.Graph;
using Sim.Workloads.Nests;
using Sim.Workloads.Topologies;

namespace Sim.Cli.Verbs;

/// <summary>`sim schedule ARCH --workload W`: a whole network in time: what stays on chip, which layers run as one, tile by tile.</summary>
internal sealed class ScheduleVerb : IVerb
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private sealed record Options(string Architecture, string Workload, ScheduleObjective Objective, bool Fuse, bool Mapped, bool Json,
        string? Out, long Effort);

    public VerbCommand Build(Terminal terminal)
    {
        var arch = new Argument<string>("ARCH") { Description = "Architecture by name or file" };
        var workload = new Option<string>("--workload") { Description = "What `sim import` takes: ONNX network, generated workload, "
            + "SCALE-Sim topology, Timeloop problem", Required = true, HelpName = "W" };
        var objective = new Option<string>("--objective") { Description = "What is made least: energy, latency or edp (their product)",
            DefaultValueFactory = _ => "edp", HelpName = "O" };
        objective.AcceptOnlyFromAmong("energy", "latency", "edp");
        var fuse = new Option<bool>("--fuse") { Description = "Let consecutive layers run as one, tile by tile" };
        var mapped = new Option<bool>("--mapped") { Description = "Search the best mapping of each matrix layer first (takes longer); "
            + "otherwise their cycles and energy on chip are lower bounds" };
        Option<string> effort = EffortOption.Create();
        effort.Description = "With --mapped: " + char.ToLowerInvariant(effort.Description![0]) + effort.Description[1..];
        var output = new Option<string?>("--out") { Description = "Also write the JSON to this file", HelpName = "FILE" };
        Option<bool> json = CommonOptions.Json();
        var command = new VerbCommand("schedule", "Schedule a whole network: what stays on chip, which layers are fused, when all run",
            "sim schedule tpu_v1 --workload resnet18",
            "sim schedule edge_npu --workload mobilenet_v2 --fuse --objective energy")
            { arch, workload, objective, fuse, mapped, effort, output, json };
        command.Validators.Add(given =>
        {
            if (given.GetResult(effort) is { Implicit: false } && !given.GetValue(mapped))
                given.AddError("--effort is for --mapped: without it nothing is searched in a layer");
        });
        command.SetAction(parsed => Run(new(parsed.GetRequiredValue(arch), parsed.GetRequiredValue(workload),
            Enum.Parse<ScheduleObjective>(parsed.GetRequiredValue(objective), ignoreCase: true), parsed.GetValue(fuse),
            parsed.GetValue(mapped), parsed.GetValue(json), parsed.GetValue(output),
            EffortOption.Parse(parsed.GetRequiredValue(effort))!.Value), terminal));
        return command;
    }

    private static int Run(Options options, Terminal terminal)
    {
        var bag = new DiagnosticBag();
        ResultFiles.Check(options.Out, "--out", bag);
        LoadedHierarchy? loaded = HierarchyReader.Load(options.Architecture, bag);
        MapConstraints constraints = loaded is null || !options.Mapped ? MapConstraints.None : ConstraintReader.Of(loaded, bag);
        string name = ShapeFile.IsOne(options.Workload) ? "" : Path.GetFileNameWithoutExtension(options.Workload);
        LoadedWorkload? workload = WorkloadLoader.LoadAny(new WorkloadFiles(name, options.Workload, null, null, null, null,
            new Location(options.Workload)), bag);
        bag.ThrowIfErrors();
        var cost = new HierarchyCost(loaded!);
        foreach (string warning in cost.Clock.Warnings) terminal.Error.WriteLine($"warning: {warning}");
        terminal.Print(bag.Sorted);
        NetworkSchedule schedule = Schedule(options, loaded!, cost, constraints, workload!);
        double clock = loaded!.Architecture.ClockHertz;
        string document = ScheduleJson.Write(schedule, clock).ToJsonString(Indented);
        if (options.Out is { } file)
            ResultFiles.Write(Path.GetDirectoryName(Path.GetFullPath(file))!, (Path.GetFileName(file), document + "\n"));
        if (options.Json) terminal.Out.WriteLine(document);
        else ScheduleReport.Print(schedule, clock, terminal);
        return ExitCode.Ok;
    }

    private static NetworkSchedule Schedule(Options options, LoadedHierarchy loaded, HierarchyCost cost,
        MapConstraints constraints, LoadedWorkload workload)
    {
        (ScheduleStage? stage, string? problem) = ScheduleStage.Of(cost);
        if (stage is null) throw new InvalidInputException(loaded.PlaceOf(""), "MAP040", problem!);
        try
        {
            NetworkLayers layers = workload.Layers(foldBatchNormalization: true);
            var vector = new VectorCosts(cost, stage.ActivationLevel);
            ILayerCosts costs = options.Mapped ? new SearchedCosts(cost, vector, options.Objective, constraints,
                options.Effort)
                : new PeakCosts(cost, vector, stage.Cores);
            (NetworkSchedule? schedule, problem) = NetworkSchedule.Of(loaded.Architecture, stage.Machine, stage.Stage, layers,
                workload.Name, costs, options.Objective, options.Fuse);
            string memory = loaded.Architecture.Hierarchy.Levels[stage.ActivationLevel].Name;
            return schedule ?? throw new InvalidInputException(loaded.PlaceOf(memory), "MAP040", problem!);
        }
        catch (NoMappingException e)
        {
            throw new InvalidInputException(loaded.PlaceOf(""), "MAP031", e.Message);
        }
        catch (OverflowException)
        {
            throw new InvalidInputException(new Location(options.Workload), "MAP041", "a count of the schedule is above 2^63 − 1");
        }
    }
}
