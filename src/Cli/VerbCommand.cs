using System.CommandLine;

namespace Sim.Cli;

/// <summary>A verb, or a sub-verb such as `formats list`, with the examples that its `--help` shows. Arguments, options and sub-verbs are
/// added by collection initialiser.</summary>
internal sealed class VerbCommand : Command
{
    public VerbCommand(string name, string summary, params string[] examples) : base(name, summary) => Examples = examples;

    /// <summary>Command lines that work as typed.</summary>
    public IReadOnlyList<string> Examples { get; }
}
