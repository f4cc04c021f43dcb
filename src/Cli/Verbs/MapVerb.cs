using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using Sim.ArchModel.Hierarchies;
using Sim.ArchModel.Hierarchies.Costs;
using Sim.ArchModel.Hierarchies.Reading;
using Sim.Cli.Verbs.Maps;
using Sim.Foundation;
using Sim.Foundation.Diagnostics;
using Sim.Mapper.Advice;
using Sim.Mapper.Answers;
using Sim.Mapper.Cache;
using Sim.Mapper.Checks;
using Sim.Mapper.Constraints;
using Sim.Mapper.Nests;
using Sim.Mapper.Search;
using Sim.Mapper.Timing;
using Sim.Reports.Maps;
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
        bool Check, bool Advise, bool Json, string? Out, string? Report,
        string? Cache);

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
        var advise = new Option<bool>("--advise")
        {
            Description = "Try single changes of the architecture (ports, banks, bandwidth, capacities, places, multicast, ...) and tell "
                + "which one helps most; `--advise false` does not. Left out: with --layer",
            DefaultValueFactory = given => given.GetResult(layer) is { Implicit: false } && given.GetValue(objective) is not "pareto"
                && given.GetValue(objective) is not null,
        };
        var output = new Option<string?>("--out") { Description = "Also write the JSON to this file", HelpName = "FILE" };
        var report = new Option<string?>("--report") { Description =
            "Also write a page: roofline, pictures of the nests, traffic of each memory", HelpName = "FILE.html" };
        Option<string?> cache = CacheOption.Create();
        Option<bool> json = CommonOptions.Json();
        var command = new VerbCommand("map", "Find the best mapping of every layer, with a certificate",
            "sim map tpu_like --workload alexnet --layer fc8",
            "sim map tpu_like --workload alexnet --layer fc8 --objective energy --json",
            "sim map gemmini_default --workload bert_base --advise") { arch, workload, layer, objective,
                effort, check, advise, cache, report, output, json };
        // Before a search of minutes, not after it.
        foreach (Option<string?> file in new[] { output, report })
            command.Validators.Add(given =>
            {
                if (given.GetValue(file) is not { } path || Path.GetDirectoryName(Path.GetFullPath(path)) is not { } folder) return;
                if (!Directory.Exists(folder)) given.AddError($"{file.Name}: there is no folder '{folder}'");
            });
        command.Validators.Add(given =>
        {
            if (given.GetValue(objective) is "pareto" && given.GetResult(effort) is { Implicit: false })
                given.AddError("--effort: --objective pareto searches every mapping until it is proved; leave --effort out");
            if (given.GetValue(objective) is "pareto" && given.GetResult(advise) is { Implicit: false } && given.GetValue(advise))
                given.AddError("--advise: --objective pareto has no one number that a change makes better; name another objective");
        });
        command.SetAction(parsed => Run(new(parsed.GetRequiredValue(arch), parsed.GetRequiredValue(workload), parsed.GetValue(layer),
            parsed.GetRequiredValue(objective) is "pareto" ? MapObjective.Energy
                : Enum.Parse<MapObjective>(parsed.GetRequiredValue(objective), ignoreCase: true),
            parsed.GetRequiredValue(objective) is "pareto", EffortOption.Parse(parsed.GetRequiredValue(effort))!.Value,
            parsed.GetValue(check), parsed.GetValue(advise), parsed.GetValue(json), parsed.GetValue(output),
            parsed.GetValue(report), parsed.GetValue(cache)), terminal));
        return command;
    }

    private static int Run(Options options, Terminal terminal)
    {
        var bag = new DiagnosticBag();
        LoadedHierarchy? loaded = HierarchyReader.Load(options.Architecture, bag);
        MapConstraints constraints = loaded is null ? MapConstraints.None : ConstraintReader.Of(loaded, bag);
        (string Network, ImmutableArray<GemmLayer> Layers)? network = MatrixLayers.Read(options.Workload, bag);
        ImmutableArray<GemmLayer> layers = network is { } found ? Chosen(found.Layers, options, bag) : [];
        MapCache cache = CacheOption.Open(options.Cache, bag);
        bag.ThrowIfErrors();
        var target = new MapTarget(loaded!, constraints);
        terminal.Print(bag.Sorted);
        MapAnswer answer = Search(network!.Value.Network, target, layers, options, cache);
        CacheOption.Tell(cache, terminal);
        string document = MapReport.Json(answer).ToJsonString(Indented);
        if (options.Out is { } file) File.WriteAllText(file, document + "\n");
        if (options.Report is { } page) File.WriteAllText(page, MapPage.Of(answer, Program.Version));
        if (options.Json) terminal.Out.WriteLine(document);
        else MapReport.Print(answer, terminal);
        return answer.Layers.Any(r => r.Check is { Wrong.IsEmpty: false }) ? ExitCode.AnswerIsNo : ExitCode.Ok;
    }

    private static MapAnswer Search(string network, MapTarget target, ImmutableArray<GemmLayer> layers, Options options,
        MapCache cache)
    {
        var kinds = new Dictionary<string, int>(StringComparer.Ordinal);
        var distinct = new List<(MappedLayer Layer, int Times)>();
        var rows = ImmutableArray.CreateBuilder<MappedLayer>();
        var kindOf = ImmutableArray.CreateBuilder<int>();
        foreach (LoopLayer loops in layers.Select(l => LoopLayers.Of(l)))
        {
            if (!kinds.TryGetValue(EqualLayers.Key(loops), out int kind))
            {
                kinds[EqualLayers.Key(loops)] = kind = distinct.Count;
                distinct.Add((Map(target, loops, options, cache), 0));
            }
            (MappedLayer first, int times) = distinct[kind];
            distinct[kind] = (first, times + 1);
            rows.Add(first with { Layer = loops, Result = first.Result with { Nest = first.Result.Nest with { Layer = loops } } });
            kindOf.Add(kind);
        }
        return new(network, target, options.Objective, options.Pareto, rows.ToImmutable(), kindOf.ToImmutable())
        {
            Advice = options.Advise ? new MapAdvisor(target, options.Objective, Math.Min(options.Effort, MapAdvisor.Effort), cache.Best)
                .Of([.. distinct]) : null,
        };
    }

    private static MappedLayer Map(MapTarget target, LoopLayer loops, Options options, MapCache cache)
    {
        MapProblem problem = target.Problem(loops);
        MapFront? front = options.Pareto ? cache.Front(problem, MostPoints) : null;
        MapResult? best = front is null ? cache.Best(problem, options.Objective, options.Effort) : front.Points.FirstOrDefault();
        if (best is not { } result) throw Excluded(problem, target.Loaded);
        bool latency = front is null && options.Objective == MapObjective.Latency;
        if (latency) result = TimedOrder.Of(result, problem, target.Architecture);
        return new(loops, result, problem, ArchitectureTiming.Of(result.Nest, target.Architecture))
        {
            Front = front,
            LeastOfAll = latency ? result.Certificate.Bound : null,
            Check = options.Check ? MapCheck.Of(problem, options.Objective, result) : null,
        };
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
        if (all.IsEmpty) bag.Error(new Location(options.Workload), "MAP032", "has no matrix layers to map");
        if (options.Layer is not { } name || all.IsEmpty) return all;
        ImmutableArray<GemmLayer> chosen = [.. all.Where(l => l.Name == name)];
        if (chosen.IsEmpty)
            bag.Error(new Location(options.Workload), "MAP032",
                $"has no matrix layer '{PlainText.Of(name)}'{NearestName.Hint(name, all.Select(l => l.Name))}");
        return chosen;
    }
}
