using System.CommandLine;
using System.CommandLine.Parsing;
using Sim.Foundation.Diagnostics;

namespace Sim.Cli;

/// <summary>What is wrong with a command line, in words.</summary>
internal static class Misuse
{
    /// <summary>One line a problem and a last one that names the help; empty when the command line is fine.</summary>
    public static IReadOnlyList<string> Of(ParseResult parsed)
    {
        List<string> unknown = [.. UnknownOptions(parsed)];
        var messages = new List<string>();
        foreach (string token in unknown) messages.Add($"unknown option '{token}'{NearestName.Hint(token, Options(parsed))}");
        foreach (string token in parsed.UnmatchedTokens.Except(unknown))
            messages.Add($"unknown verb or argument '{token}'{NearestName.Hint(token, parsed.CommandResult.Command.Subcommands.Select(c => c.Name))}");
        messages.AddRange(SwallowedOptions(parsed));
        messages.AddRange(EmptyValues(parsed));
        // Whoever asks for help has not finished typing: what is missing is no mistake, an unknown verb still is.
        if (messages.Count == 0 && parsed.Action is not HelpWithExamples) messages.AddRange(parsed.Errors.Select(e => OneLine(e.Message))
            .Distinct());
        if (messages.Count == 0) return [];
        string verb = string.Concat(VerbPath(parsed).Reverse().Select(v => v + " "));
        return [.. messages.Select(m => $"sim: error CLI001: {m}"), $"sim: 'sim {verb}--help' tells how to use it"];
    }

    // A misspelt option would otherwise be taken for the argument of a verb that takes files.
    private static IEnumerable<string> UnknownOptions(ParseResult parsed)
    {
        string[] known = [.. Options(parsed)];
        foreach (Token token in parsed.Tokens)
        {
            if (token.Type == TokenType.DoubleDash) yield break;
            bool isOption = token.Type == TokenType.Argument && token.Value.Length > 2
                && token.Value.StartsWith("--", StringComparison.Ordinal);
            if (isOption && !known.Contains(token.Value)) yield return token.Value;
        }
    }

    // The parser takes what follows an option for its value, even another option's name.
    private static IEnumerable<string> SwallowedOptions(ParseResult parsed)
    {
        for (SymbolResult? r = parsed.CommandResult; r is CommandResult c; r = r.Parent)
            foreach (OptionResult option in c.Children.OfType<OptionResult>().Where(o => !o.Implicit))
                foreach (Token value in option.Tokens.Where(t => t.Value.StartsWith("--", StringComparison.Ordinal)))
                    yield return $"'{option.Option.Name}' needs a value, found the option '{value.Value}' (a file of that name is written './{value.Value}')";
    }

    // What a script makes of a variable that is not set. No option and no argument has a meaning for it, and as a path it would be the
    // working folder.
    private static IEnumerable<string> EmptyValues(ParseResult parsed)
    {
        for (SymbolResult? r = parsed.CommandResult; r is CommandResult c; r = r.Parent)
            foreach (SymbolResult child in c.Children.Where(s =>
                s.Tokens.Any(t => t.Type == TokenType.Argument && string.IsNullOrWhiteSpace(t.Value))))
                if (child is OptionResult { Implicit: false
                    } option) yield return $"'{option.Option.Name}' needs a value, found an empty one";
                else if (child is ArgumentResult argument) yield return $"'{argument.Argument.HelpName ?? argument.Argument.Name}' is empty";
    }

    // The parser's own messages list what is allowed in lines of their own.
    private static string OneLine(string message) => string.Join(' ', message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static IEnumerable<string> Options(ParseResult parsed)
    {
        for (SymbolResult? r = parsed.CommandResult; r is CommandResult c; r = r.Parent)
            foreach (Option option in c.Command.Options)
                yield return option.Name;
    }

    private static IEnumerable<string> VerbPath(ParseResult parsed)
    {
        for (SymbolResult? r = parsed.CommandResult; r is CommandResult { Command: not RootCommand } c;
            r = r.Parent) yield return c.Command.Name;
    }
}
