using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sim.Foundation.Diagnostics;

namespace Sim.Cli.Verbs;

/// <summary>`sim schema [NAME]`: the JSON schema of a kind of file, made from the very key table that its reader uses.</summary>
internal sealed class SchemaVerb : IVerb
{
    private static readonly JsonSerializerOptions Indented = new()
        { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public VerbCommand Build(Terminal terminal)
    {
        var name = new Argument<string?>("NAME") { Description = "Kind of file; left out: list the kinds",
            Arity = ArgumentArity.ZeroOrOne };
        Option<string?> folder = CommonOptions.Out("Write DIR/NAME.json for every kind");
        Option<bool> json = CommonOptions.Json();
        var command = new VerbCommand("schema", "Print the JSON schema of a kind of YAML file", "sim schema", "sim schema architecture",
            "sim schema --out docs/schema")
            { name, folder, json };
        command.SetAction(parsed => Run(parsed.GetValue(name), parsed.GetValue(folder), parsed.GetValue(json), terminal));
        return command;
    }

    /// <summary>The published text of a kind's schema.</summary>
    internal static string Text(FileKind kind) => kind.Schema.JsonSchema().ToJsonString(Indented).ReplaceLineEndings("\n") + "\n";

    private static int Run(string? name, string? folder, bool json, Terminal terminal)
    {
        if (name is not null)
        {
            FileKind kind = FileKindCatalogue.All.FirstOrDefault(k => k.Name == name)
                ?? throw new InvalidInputException(new Location("sim schema"), "CLI002",
                $"there is no schema '{name}'{NearestName.Hint(name, FileKindCatalogue.All.Select(k => k.Name))} (known: {string.Join(", ", FileKindCatalogue.All.Select(k => k.Name))})");
            terminal.Out.Write(Text(kind));
        }
        if (folder is not null)
        {
            Directory.CreateDirectory(folder);
            foreach (FileKind kind in FileKindCatalogue.All) File.WriteAllText(Path.Combine(folder, kind.Name + ".json"), Text(kind));
        }
        if (name is not null || folder is not null) return ExitCode.Ok;
        if (json)
            terminal.Out.WriteLine(new JsonArray([.. FileKindCatalogue.All.Select(k =>
                new JsonObject { ["name"] = k.Name, ["schema"] = k.Schema.Id })]).ToJsonString(Indented));
        else
            foreach (FileKind kind in FileKindCatalogue.All) terminal.Out.WriteLine($"{kind.Name,-14} {kind.Schema.Id,-22} {kind.Schema.Description}");
        return ExitCode.Ok;
    }
}
