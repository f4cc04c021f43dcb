using System.CommandLine;

namespace Sim.Cli.Verbs;

/// <summary>Options that mean the same in every verb that has them.</summary>
internal static class CommonOptions
{
    /// <summary>`--json`: the answer as one JSON document on stdout.</summary>
    public static Option<bool> Json() => new("--json") { Description = "Write the answer as JSON" };

    /// <summary>`--out DIR`.</summary>
    public static Option<string?> Out(string description) => new("--out") { Description = description, HelpName = "DIR" };
}
