using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using Sim.ArchModel.Hierarchies;
using Sim.ArchModel.Hierarchies.Costs;
using Sim.ArchModel.Hierarchies.Reading;
using Sim.Cli.Verbs.Maps;
using Sim.Foundation;
using Sim.Foundation.Diagnostics;
using Sim.Mapper.Checks;
using Sim.Mapper.Constraints;
using Sim.Mapper.Nests;
using Sim.Mapper.Search;
using Sim.Mapper.Timing;
using Sim.Workloads.Graph;
using Sim.Workloads.Nests;

namespace Sim.Cli.Verbs;

/// <summary>`sim map ARCH --workload W`: the best mapping of every layer, with what proves that it is the best.</summary>
internal sealed class MapVerb : IVerb
{
    // Searches of a front; one that has more points says so.
    private const int MostPoints = 64;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private sealed record Options(string Architecture, string Workload, string? Layer, MapObjective Objective, bool Pareto, long Effort,
        bool Check, bool Json, string? Out);

    public VerbCommand Build(Terminal terminal)
    {
        var arch = new Argument<string>("ARCH") { Description = "Architecture by name or file" };
        var workload = new Option<string>("--workload") { Description =
            "What `sim import` takes: ONNX network, generated workload, SCALE-Sim "
            + "topology, Timeloop problem", Required = true, HelpName = "W" };
        var layer = new Option<string?>("--layer") { Description = "Only the layer of this name", HelpName = "NAME" };
        var objective = new Option<string>("--objective") { Description = "What is made least: energy, latency or edp (their product); "
            + "pareto: all mappings that trade energy for cycles",
            DefaultValueFactory = _ => "edp", HelpName = "O" };
        objective.AcceptOnlyFromAmong("energy", "latency", "edp", "pareto");
        Option<string> effort = EffortOption.Create();
        var check = new Option<bool>("--check") { Description =
            "Count the best mapping again by walking every step, and enumerate small mapspaces; exit 1 when anything differs" };
        var output = new Option<string?>("--out") { Description = "Also write the JSON to this file", HelpName = "FILE" };
        Option<bool> json = CommonOptions.Json();
        var command = new VerbCommand("map", "Find the best mapping of every layer, with a certificate",
            "sim map tpu_like --workload alexnet --layer fc8",
            "sim map tpu_like --workload alexnet --layer fc8 --objective energy --json") { arch, workload, layer, objective,
                effort, check, output, json };
        command.Validators.Add(given =>
        {
            if (given.GetValue(objective) is "pareto" && given.GetResult(effort) is { Implicit: false })
                given.AddError("--effort: --objective pareto searches every mapping until it is proved; leave --effort out");
        });
        command.SetAction(parsed => Run(new(parsed.GetRequiredValue(arch), parsed.GetRequiredValue(workload), parsed.GetValue(layer),
            parsed.GetRequiredValue(objective) is "pareto" ? MapObjective.Energy
                : Enum.Parse<MapObjective>(parsed.GetRequiredValue(objective), ignoreCase: true),
            parsed.GetRequiredValue(objective) is "pareto", EffortOption.Parse(parsed.GetRequiredValue(effort))!.Value,
            parsed.GetValue(check), parsed.GetValue(json), parsed.GetValue(output)), terminal));
        return command;
    }

    private static int Run(Options options, Terminal terminal)
    {
        var bag = new DiagnosticBag();
        LoadedHierarchy? loaded = HierarchyReader.Load(options.Architecture, bag);
        MapConstraints constraints = loaded is null ? MapConstraints.None : ConstraintReader.Of(loaded, bag);
        (string Network, ImmutableArray<GemmLayer> Layers)? network = MatrixLayers.Read(options.Workload, bag);
        ImmutableArray<GemmLayer> layers = network is { } found ? Chosen(found.Layers, options, bag) : [];
        bag.ThrowIfErrors();
        var cost = new HierarchyCost(loaded!);
        terminal.Print(bag.Sorted);
        HierarchicalArchitecture architecture = loaded!.Architecture;
        MapCosts costs = HierarchyMapCosts.Of(cost);
        PerOperand<Packing> packing = PerOperand.Of(architecture.PackingOf);
        var searched = new Dictionary<string, (MapFront? Front, MapResult? Best)>(StringComparer.Ordinal);
        var rows = new List<MappedLayer>();
        foreach (GemmLayer layer in layers)
        {
            LoopLayer loops = LoopLayers.Of(layer);
            string key = LoopLayerText.Of(loops with { Name = "layer" });
            MapProblem problem = new(loops, architecture.Hierarchy, costs) { Packing = packing, Constraints = constraints };
            if (!searched.TryGetValue(key, out (MapFront? Front, MapResult? Best) known))
                searched[key] = known = options.Pareto && MapFront.Of(problem, MostPoints) is var front
                    ? (front, front.Points.FirstOrDefault()) : (null, MapSearch.Best(problem, options.Objective, options.Effort));
            if (known.Best is not { } result) throw Excluded(problem, loaded);
            rows.Add(new(loops, result with { Nest = result.Nest with { Layer = loops } }, problem,
                ArchitectureTiming.Of(result.Nest, architecture))
            {
                Front = known.Front,
                Check = options.Check ? MapCheck.Of(problem, options.Objective, result) : null,
            });
        }
        string document = MapReport.Json(network!.Value.Network, architecture,
            options.Pareto ? "pareto" : options.Objective.ToString().ToLowerInvariant(), rows).ToJsonString(Indented);
        if (options.Out is { } file) File.WriteAllText(file, document + "\n");
        if (options.Json) terminal.Out.WriteLine(document);
        else MapReport.Print(architecture, options.Objective, rows, terminal);
        return rows.Any(r => r.Check is { Wrong.IsEmpty: false }) ? ExitCode.AnswerIsNo : ExitCode.Ok;
    }

    private static InvalidInputException Excluded(MapProblem problem, LoadedHierarchy loaded)
    {
        if (problem.Constraints.Nest is { } nest)
        {
            var bag = new DiagnosticBag();
            NestReader.Read(nest, nest.Location, problem.Layer, problem.Hierarchy, bag, problem.Packing);
            bag.ThrowIfErrors();
        }
        MapExclusion why = MapExclusion.Of(problem);
        return why.Location is { } place
            ? new(place, "MAP034", $"no mapping of '{problem.Layer.Name}' is left: {why.Text}")
            : new(loaded.PlaceOf(""), "MAP031", $"no mapping of '{problem.Layer.Name}' fits: {why.Text}");
    }

    private static ImmutableArray<GemmLayer> Chosen(ImmutableArray<GemmLayer> all, Options options, DiagnosticBag bag)
    {
        if (options.Layer is not { } name) return all;
        ImmutableArray<GemmLayer> chosen = [.. all.Where(l => l.Name == name)];
        if (chosen.IsEmpty)
            bag.Error(new Location(options.Workload), "MAP032",
                $"has no matrix layer '{PlainText.Of(name)}'{NearestName.Hint(name, all.Select(l => l.Name))}");
        return chosen;
    }
}
