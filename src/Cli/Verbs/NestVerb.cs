using System.CommandLine;
using System.Text.Json;
using Sim.ArchModel.Hierarchies;
using Sim.ArchModel.Hierarchies.Reading;
using Sim.Foundation;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Mapper.Nests;
using Sim.Mapper.Nests.Orders;
using Sim.Mapper.Timeloop;
using Sim.Workloads.Topologies;

namespace Sim.Cli.Verbs;

/// <summary>`sim nest FILE --arch ARCH`: what a given mapping moves, by level and operand; Timeloop's mappings too, by its rules on
/// request; or the nest in another form.</summary>
internal sealed class NestVerb : IVerb
{
    private const long LargestFile = 16L << 20;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private sealed record Options(string File, string? Architecture, string? Problem, bool TimeloopRules, string? To, bool Json);

    public VerbCommand Build(Terminal terminal)
    {
        var file = new Argument<string>("FILE") { Description = "A nest (sim.nest/1), or a Timeloop mapping (map.yaml)" };
        var arch = new Option<string?>("--arch")
            { Description = "Architecture by name or file, or a Timeloop architecture; left out: the one that the nest names",
                HelpName = "ARCH" };
        var problem = new Option<string?>("--problem")
            { Description = "Timeloop problem of a Timeloop mapping", HelpName = "PROBLEM.yaml" };
        var rules = new Option<bool>("--timeloop-rules")
            { Description = "Count as Timeloop does, per instance, to compare with its stats" };
        var to = new Option<string?>("--to")
            { Description = "Print instead the mapping as 'nest', 'timeloop' or 'timeloop-problem', or the 'order' of additions",
                HelpName = "FORM" };
        to.AcceptOnlyFromAmong("nest", "timeloop", "timeloop-problem", "order");
        Option<bool> json = CommonOptions.Json();
        var command = new VerbCommand("nest", "Count what a mapping of a layer moves between memories",
            "sim nest configs/nests/gemm_tpu_like.yaml", "sim nest configs/nests/gemm_tpu_like.yaml --to timeloop",
            "sim nest map.yaml --problem problem.yaml --arch arch.yaml --timeloop-rules") { file, arch, problem, rules, to, json };
        command.SetAction(parsed => Run(new(parsed.GetRequiredValue(file), parsed.GetValue(arch), parsed.GetValue(problem),
            parsed.GetValue(rules), parsed.GetValue(to), parsed.GetValue(json)), terminal));
        return command;
    }

    private static int Run(Options options, Terminal terminal)
    {
        var bag = new DiagnosticBag();
        string? text = Text(options.File, bag);
        YamlMap? root = text is null ? null : YamlDocument.ParseForeign(text, options.File, bag);
        (Hierarchy Hierarchy, PerOperand<Packing>? Packing)? architecture = root is null ? null : Architecture(options, root, bag);
        (LoopNest Nest, TimeloopLoops? Problem)? read = architecture is var (hierarchy, packing)
            ? Nest(options, root!, text!, hierarchy, packing, bag) : null;
        bag.ThrowIfErrors();
        terminal.Print(bag.Sorted);
        (LoopNest nest, TimeloopLoops? problem) = read!.Value;
        Hierarchy levels = architecture!.Value.Hierarchy;
        var place = new Location(options.File);
        try
        {
            switch (options.To)
            {
                case "timeloop":
                    terminal.Out.Write(TimeloopExport.Mapping(nest, levels, problem ?? TimeloopExport.Loops(nest.Layer)));
                    break;
                case "timeloop-problem":
                    terminal.Out.Write(TimeloopExport.Problem(nest.Layer));
                    break;
                case "order":
                    terminal.Out.WriteLine(NestReport.Json(NestOrder.Of(nest, levels)).ToJsonString(Indented));
                    break;
                case "nest" when options.Json:
                    terminal.Out.WriteLine(NestJson.Write(nest, levels).ToJsonString(Indented));
                    break;
                case "nest":
                    terminal.Out.Write(NestText.Document(nest, levels));
                    break;
                default:
                    Counts(options, nest, levels, terminal);
                    break;
            }
        }
        catch (FormatException e)
        {
            throw new InvalidInputException(place, "MAP015", e.Message);
        }
        catch (OverflowException)
        {
            throw new InvalidInputException(place, "MAP015", "a count of the nest is above 2^63 − 1");
        }
        return ExitCode.Ok;
    }

    private static void Counts(Options options, LoopNest nest, Hierarchy hierarchy, Terminal terminal)
    {
        if (options.TimeloopRules)
        {
            if (TimeloopCounts.Refused(nest) is { } why) throw new FormatException(why);
            TimeloopCounts theirs = TimeloopCounts.Of(nest, hierarchy);
            if (options.Json) terminal.Out.WriteLine(NestReport.Json(theirs, hierarchy).ToJsonString(Indented));
            else NestReport.Print(theirs, hierarchy, terminal);
            return;
        }
        NestCounts counts = NestCounts.Of(nest, hierarchy);
        if (options.Json) terminal.Out.WriteLine(NestReport.Json(counts, hierarchy).ToJsonString(Indented));
        else NestReport.Print(counts, hierarchy, terminal);
    }

    private static (Hierarchy, PerOperand<Packing>?)? Architecture(Options options, YamlMap nest, DiagnosticBag bag)
    {
        string? name = options.Architecture ?? (IsNest(nest) ? NestFile.ArchitectureOf(nest, bag) : null);
        if (name is null)
        {
            bag.Error(nest.Location, "CLI002", "needs '--arch ARCH': "
                + (IsNest(nest) ? "the nest names no architecture" : "a Timeloop mapping names no architecture"));
            return null;
        }
        // A file with a key `architecture` and no schema is Timeloop's.
        if (File.Exists(name) && Text(name, bag) is { } text && YamlDocument.ParseForeign(text, name, new DiagnosticBag()) is { } root
            && root["architecture"] is not null && !IsNest(root))
            return TimeloopArchitecture.Read(name, text, bag) is { } theirs ? (theirs, null) : null;
        if (bag.HasErrors || HierarchyReader.Load(name, bag) is not { } loaded) return null;
        return (loaded.Architecture.Hierarchy, PerOperand.Of(loaded.Architecture.PackingOf));
    }

    private static bool IsNest(YamlMap root) => root[YamlDocument.SchemaKey] is not null;

    private static (LoopNest, TimeloopLoops?)? Nest(Options options, YamlMap root, string text, Hierarchy hierarchy,
        PerOperand<Packing>? packing, DiagnosticBag bag)
    {
        if (IsNest(root))
        {
            if (options.Problem is not null)
                bag.Error(new Location(options.File), "CLI002", "'--problem' belongs to a Timeloop mapping; a nest has its layer");
            return NestFile.Read(root, hierarchy, packing, bag) is { } nest ? (nest, null) : null;
        }
        if (options.Problem is null)
        {
            bag.Error(root.Location, "CLI002", $"a file without 'schema: {NestJson.Schema}' is taken as a Timeloop mapping, which needs "
                + "'--problem PROBLEM.yaml'");
            return null;
        }
        if (Text(options.Problem, bag) is not { } problemText
            || TimeloopProblem.ReadLoops(options.Problem, problemText, bag) is not { } problem) return null;
        return TimeloopMapping.Read(options.File, text, problem, hierarchy, bag) is { } read ? (read, problem) : null;
    }

    private static string? Text(string path, DiagnosticBag bag)
    {
        try
        {
            return RegularFile.ReadText(path, LargestFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            bag.Error(new Location(path), "CFG008", $"cannot read the file: {e.Message}");
            return null;
        }
    }
}
