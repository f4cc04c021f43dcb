using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sim.ArchModel.Hierarchies.Reading;
using Sim.ArchModel.Reading;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.Cli.Verbs;

/// <summary>`sim validate FILE...`: everything that is wrong with YAML files, each of the kind that its `schema` key says.</summary>
internal sealed class ValidateVerb : IVerb
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public VerbCommand Build(Terminal terminal)
    {
        var files = new Argument<string[]>("FILE") { Description = "YAML files of any kind", Arity = ArgumentArity.OneOrMore };
        Option<bool> json = CommonOptions.Json();
        var expand = new Option<bool>("--expand")
            { Description = "Print each architecture as a sim.architecture/2 file: version 1 as a hierarchy, version 2 in its "
                + "canonical form" };
        var command = new VerbCommand("validate", "Check YAML files and show every error in them",
            "sim validate configs/architectures/tpu_like.yaml", "sim validate --json configs/*/*.yaml",
            "sim validate --expand configs/architectures/tpu_like.yaml") { files, json, expand };
        command.SetAction(parsed => parsed.GetValue(expand) ? Expand(parsed.GetRequiredValue(files), parsed.GetValue(json), terminal)
            : Run(parsed.GetRequiredValue(files), parsed.GetValue(json), terminal));
        return command;
    }

    private static int Expand(string[] files, bool json, Terminal terminal)
    {
        if (json) throw new InvalidInputException(new Location("sim validate"), "CLI002",
            "'--expand' prints a YAML file; leave '--json' out");
        var bag = new DiagnosticBag();
        var texts = new List<string>();
        foreach (string file in files)
        {
            if (YamlDocument.Load(file, bag) is not { Schema.Length: > 0 } document) continue;
            string[] kinds = [ArchitectureReader.Schema.Id!, HierarchyReader.Schema.Id!];
            if (!kinds.Contains(document.Schema)) bag.Error(document.Root[YamlDocument.SchemaKey]!.Location, "CFG009",
                $"'--expand' prints architectures ({string.Join(", ", kinds)}), found '{document.Schema}'");
            else if (HierarchyReader.Read(document.Root, bag, ConfigCatalogue.NameOf(file)) is { } loaded)
                texts.Add(HierarchyYaml.Write(loaded));
        }
        bag.ThrowIfErrors();
        terminal.Print(bag.Sorted);
        // Several files are several documents.
        terminal.Out.Write(string.Join("---\n", texts));
        return ExitCode.Ok;
    }

    private static int Run(string[] files, bool json, Terminal terminal)
    {
        var bag = new DiagnosticBag();
        var kinds = new List<(string File, string? Kind)>();
        foreach (string file in files) kinds.Add((file, Check(file, bag)?.Name));
        if (json)
        {
            terminal.Out.WriteLine(Report(kinds, bag).ToJsonString(Indented));
        }
        else
        {
            terminal.Print(bag.Sorted);
            int bad = bag.Sorted.Where(d => d.Severity == Severity.Error).Select(d => d.Location.File).Distinct().Count();
            if (!bag.HasErrors) foreach ((string file, string? kind) in kinds) terminal.Out.WriteLine($"{file}: ok ({kind})");
            else terminal.Error.WriteLine($"sim: {bag.ErrorCount} error(s) in {bad} file(s)");
        }
        return bag.HasErrors ? ExitCode.BadInput : ExitCode.Ok;
    }

    private static FileKind? Check(string file, DiagnosticBag bag)
    {
        if (YamlDocument.Load(file, bag) is not { Schema.Length: > 0 } document) return null;
        FileKind? kind = FileKindCatalogue.All.FirstOrDefault(k => k.Schema.Id == document.Schema);
        if (kind is null)
        {
            IEnumerable<string> known = FileKindCatalogue.All.Select(k => k.Schema.Id!);
            bag.Error(document.Root[YamlDocument.SchemaKey]!.Location, "CFG009",
                $"unknown schema '{document.Schema}'{NearestName.Hint(document.Schema, known)} (known: {string.Join(", ", known)})");
        }
        kind?.Check(document, bag);
        return kind;
    }

    private static JsonObject Report(List<(string File, string? Kind)> kinds, DiagnosticBag bag) => new()
    {
        ["valid"] = !bag.HasErrors,
        ["files"] = new JsonArray([.. kinds.Select(k => new JsonObject { ["file"] = k.File, ["kind"] = k.Kind })]),
        ["diagnostics"] = new JsonArray([.. bag.Sorted.Select(d => new JsonObject
        {
            ["file"] = d.Location.File,
            ["line"] = d.Location.Line,
            ["column"] = d.Location.Column,
            ["severity"] = d.Severity == Severity.Error ? "error" : "warning",
            ["code"] = d.Code,
            ["message"] = d.Message,
        })]),
    };
}
