using System.CommandLine;
using System.CommandLine.Parsing;
using Sim.Foundation.Diagnostics;

namespace Sim.Cli.Verbs.Verify;

/// <summary>The questions that `sim verify` answers, and the options that each takes: one that a question does not take is refused, not
/// ignored.</summary>
internal static class VerifyModes
{
    private const string Check = "--check --model --layer --constraints --solver --time-limit --memory-limit --json";
    private const string Datapath = "--datapath --terms --activations --weights --claim --json";
    private const string Sums = "--datapath --model --recipe --order --activations --layer --json";
    private const string OfDatapaths = "--datapath --terms --activations --weights --claim";

    /// <summary>Records every option that was given and does not belong to the question.</summary>
    internal static void CheckOptions(ParseResult parsed, DiagnosticBag bag)
    {
        string[] given = [.. parsed.CommandResult.Children.OfType<OptionResult>().Where(o => !o.Implicit).Select(o => o.Option.Name)];
        bool isDatapath = given.Contains("--datapath"), isCheck = given.Contains("--check"), hasModel = given.Contains("--model");
        (string question, string[] taken) = isDatapath && hasModel && !isCheck ? ("--datapath with --model", Words(Sums)) : isDatapath
            && !isCheck ? ("--datapath", Words(Datapath))
            : isCheck ? ("--check", Words(Check)) : ("", []);
        foreach (string option in question.Length > 0 ? given.Except(taken) : given.Intersect(Words(OfDatapaths)))
            bag.Error(new Location(option), "CLI002", question.Length > 0
                ? $"has no meaning with {question}, which takes {string.Join(", ", taken)}" : "has a meaning only with --datapath");
    }

    private static string[] Words(string text) => text.Split(' ');
}
