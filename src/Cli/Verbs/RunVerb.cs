using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sim.Foundation.Diagnostics;
using Sim.Reports.Exporters;
using Sim.Mapper.Search;
using Sim.Simulator;
using Sim.Simulator.Accelerators;
using Sim.Simulator.Cycles;
using Sim.Simulator.Nests;
using Sim.Simulator.Inputs;
using Sim.Workloads.Quantization;
using Sim.Workloads.Topologies;

namespace Sim.Cli.Verbs;

/// <summary>`sim run ARCH WORKLOAD`: one design: cycles, energy, area, and with data accuracy and the numerical health of
/// every layer.</summary>
internal sealed class RunVerb : IVerb
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private sealed record Request(string Architecture, string Model, string? Data, string? Labels, string? Calibration, string? Recipe,
        double Offset, double Scale,
        string? Out, bool Json, bool AllowSlowClock, string? Machine, string? Trace, string? VcdLayer, string? VcdFile, string? Objective)
    {
        /// <summary>What is asked of the machine; null: nothing.</summary>
        public MachineOptions? Cycles => Machine is null ? null
            : new(Machine == "tiles" ? MachineDepth.Tiles : MachineDepth.Registers, Trace, VcdLayer, VcdFile ?? "machine.vcd");
    }

    public VerbCommand Build(Terminal terminal)
    {
        var architecture = new Argument<string>("ARCH") { Description = "Architecture: a YAML file or a name of configs/architectures" };
        var workload = new Argument<string?>("WORKLOAD") { Description =
            "Network: ONNX, or without weights a generated workload (.yaml or a name of configs/workloads), a SCALE-Sim topology "
            + "(.csv), a Timeloop problem (.yaml)",
            Arity = ArgumentArity.ZeroOrOne };
        var model = new Option<string?>("--model") { Description = "The network, as WORKLOAD", HelpName = "NET.onnx" };
        Option<string?> data = File("--data", "Samples: .npy, .npz or .pb, the first dimension counting samples"),
            labels = File("--labels", "Class index of each sample");
        Option<string?> calibration = File("--calibration", "Samples that calibrate activations (default: the data)"),
            recipe = File("--recipe", "Quantization recipe: a YAML file or a name of configs/recipes (default: per_channel_absmax)");
        var offset = new Option<double>("--offset") { Description = "Added to every input value first" };
        var scale = new Option<double>("--scale") { Description = "Then multiplied with every input value", DefaultValueFactory = _ => 1 };
        Option<string?> output = CommonOptions.Out("Write record.json and layers.csv here");
        Option<bool> json = CommonOptions.Json();
        var slow = new Option<bool>("--allow-slow-clock")
            { Description = "A design that misses its own clock is a result, marked; else it is told and the exit code is 1" };
        var machine = new Option<string?>("--machine")
            { Description = "Also run the network on the cycle machine: every register of every PE, or from event to event",
            HelpName = "registers|tiles" };
        machine.AcceptOnlyFromAmong("registers", "tiles");
        var objective = new Option<string?>("--objective")
            { Description = "What the mappings of a sim.architecture/2 make least (default: edp)", HelpName = "energy|latency|edp" };
        objective.AcceptOnlyFromAmong("energy", "latency", "edp");
        Option<string?> trace = File("--trace", "With --machine: write what happened as a trace for ui.perfetto.dev");
        var vcd = new Option<string?>("--vcd")
            { Description = "With --machine registers: dump the registers of all PEs during the first tile of this layer",
            HelpName = "LAYER" };
        Option<string?> vcdFile = File("--vcd-file", "Where --vcd writes (default: machine.vcd)");
        var command = new VerbCommand("run", "Run one design: cycles, energy, area, accuracy",
            "sim run edge_npu --model configs/workloads/digits/digits_cnn.onnx --data configs/workloads/digits/digits_test_x_u8.npy "
                + "--labels configs/workloads/digits/digits_test_labels_u8.npy",
            "sim run edge_npu llama3_2_1b_decode",
            "sim run my.yaml --model kws.onnx --data kws_x.npy --labels kws_y.npy --offset -83 --scale 0.5847029 --recipe ptq.yaml "
                + "--out results/kws",
            "sim run edge_npu --model configs/workloads/digits/digits_cnn.onnx --machine registers --trace reports/digits.trace.json")
        {
            architecture, workload, model, data, labels, calibration, recipe, offset, scale, output, json, slow, machine,
            trace, vcd, vcdFile, objective,
        };
        command.SetAction(p => Run(new Request(p.GetRequiredValue(architecture), Network(p.GetValue(workload), p.GetValue(model)),
            p.GetValue(data), p.GetValue(labels), p.GetValue(calibration),
            p.GetValue(recipe), p.GetValue(offset), p.GetValue(scale), p.GetValue(output), p.GetValue(json), p.GetValue(slow),
            p.GetValue(machine), p.GetValue(trace), p.GetValue(vcd), p.GetValue(vcdFile), p.GetValue(objective)), terminal));
        return command;

        static Option<string?> File(string name, string description) => new(name) { Description = description, HelpName = "FILE" };
    }

    private static MapObjective? Objective(string? name) => name is null ? null : Enum.Parse<MapObjective>(name, ignoreCase: true);

    private static string Network(string? workload, string? model)
    {
        if ((workload is null) != (model is null)) return (workload ?? model)!;
        throw new InvalidInputException(new Location("sim run"), "CLI002",
            workload is null ? "the network is missing: give WORKLOAD or --model" : "WORKLOAD and --model are two networks; a run has one");
    }

    private static int Run(Request request, Terminal terminal)
    {
        var bag = new DiagnosticBag();
        if (request.Data is null && (request.Labels ?? request.Calibration) is { } orphan) bag.Error(new Location(orphan), "CLI002",
            "labels and calibration samples need --data");
        if (!double.IsFinite(request.Offset) || !double.IsFinite(request.Scale) || request.Scale == 0)
            bag.Error(new Location("--scale"), "CLI002", "--offset must be finite and --scale finite and not 0");
        if (request.Machine is null && (request.Trace is not null || request.VcdLayer is not null))
            bag.Error(new Location(request.Trace is null ? "--vcd" : "--trace"), "CLI002", "--trace and --vcd need --machine");
        if (request.Machine == "tiles" && request.VcdLayer is not null)
            bag.Error(new Location("--vcd"), "CLI002", "a waveform needs every register: --machine registers");
        if (request.VcdFile is not null && request.VcdLayer is null)
            bag.Error(new Location("--vcd-file"), "CLI002", "--vcd-file needs --vcd LAYER");
        ResultFiles.Check(request.Trace, "--trace", bag);
        ResultFiles.Check(request.VcdFile, "--vcd-file", bag);
        IAccelerator? accelerator = AcceleratorLoader.Load(request.Architecture, Objective(request.Objective), bag);
        if (accelerator is HierarchyAccelerator { Datapath.Dot.Segment: > 0 } && request.Machine is not null)
            bag.Error(new Location("--machine"), "CLI002", $"datapath '{accelerator.Datapath.Name}' takes operands in blocks with scales, "
                + "which the machine for sim.architecture/2 does not move; run without --machine, or on a sim.architecture/1");
        Recipe? recipe = request.Recipe is null ? Recipe.Default : RecipeFile.Load(request.Recipe, bag);
        InputTransform? transform = request.Offset == 0 && request.Scale == 1 ? null : new InputTransform(request.Offset, request.Scale);
        string name = ShapeFile.IsOne(request.Model) ? "" : Path.GetFileNameWithoutExtension(request.Model);
        LoadedWorkload? workload = WorkloadLoader.LoadAny(new WorkloadFiles(name, request.Model, request.Data, request.Labels,
            request.Calibration, transform,
            new Location(request.Data ?? request.Model)), bag);
        if (accelerator is null || recipe is null || workload is null || bag.HasErrors)
        {
            bag.ThrowIfErrors();
            throw new InvalidOperationException("an input is missing without a message");
        }
        var evaluator = new Evaluator(Program.Version, Environment.ProcessorCount, note: text => terminal.Error.WriteLine($"note: {text}"));
        var design = new DesignInputs(accelerator, workload, recipe);
        RunRecord record = evaluator.Evaluate(design, terminal.Cancellation);
        MachineOptions? cycles = request.Cycles;
        bool onNests = accelerator is HierarchyAccelerator;
        NestDepth depth = request.Machine == "tiles" ? NestDepth.Tiles : NestDepth.Registers;
        ImmutableArray<NestMachineLayer> nests = cycles is null || !onNests ? []
            : NestMachineReport.Run(evaluator, design, cycles, record, terminal);
        ImmutableArray<MachineLayer> machine = cycles is null || onNests ? []
            : MachineReport.Run(evaluator, design, cycles, record, terminal);
        terminal.Print(bag.Sorted);
        string json = RecordJson.Write(record, indented: true);
        if (request.Out is not null) ResultFiles.Write(request.Out, ("record.json", json + "\n"),
            ("layers.csv", LayerTable.Head + string.Concat(record.Layers.Select(l => LayerTable.Row(0, l)))));
        if (request.Json) terminal.Out.WriteLine(cycles is null ? json
            : new JsonObject { ["record"] = JsonNode.Parse(json), ["machine"] = onNests ? NestMachineReport.Json(nests, depth)
                : MachineReport.Json(machine, cycles) }
                .ToJsonString(Indented));
        else RunTable.Print(record, accelerator, terminal);
        if (cycles is not null && !request.Json && onNests) NestMachineReport.Print(nests, depth, terminal);
        if (cycles is not null && !request.Json && !onNests) MachineReport.Print(machine, cycles, terminal);
        if (!MachineReport.IsEqual(machine) || !NestMachineReport.IsEqual(nests)) return ExitCode.AnswerIsNo;
        if (!record.MissesClock || request.AllowSlowClock) return ExitCode.Ok;
        terminal.Print([new Diagnostic(Severity.Error, accelerator.PlaceOf(""), "COST005",
            $"{accelerator.Price().Clock.Problem}; the latency above cannot be reached: let 'pipeline_stages: auto' in the datapath "
            + "choose, lower the clock, or give --allow-slow-clock")]);
        return ExitCode.AnswerIsNo;
    }
}
