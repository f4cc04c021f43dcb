using System.CommandLine;
using System.CommandLine.Help;
using System.Globalization;
using System.Reflection;
using Sim.Foundation.Diagnostics;
using Sim.Verification.Solvers;
using Sim.Workloads.Graph;

namespace Sim.Cli;

/// <summary>Maps a command line to a verb, and what happens to an exit code.</summary>
internal static class Program
{
    /// <summary>Version of the tool, as `sim --version` prints it and records hold it.</summary>
    public static string Version { get; } =
        typeof(Program).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    private static int Main(string[] args)
    {
        using var terminal = new Terminal();
        int code = ExitCode.Ok;
        // Asked at every start of a script: no need to build the verbs for it.
        if (args is ["--version"]) terminal.Out.WriteLine($"sim {Version}");
        // A solver as a library may take its process down, so it has one of its own: this program again.
        else if (args is [Z3Library.WorkerArgument, var memory]) code = Solve(memory, terminal);
        else code = Run(args, terminal);
        return terminal.Finish() ? code : Math.Max(code, ExitCode.BadInput);
    }

    private static int Solve(string memory, Terminal terminal)
    {
        using var input = new StreamReader(Terminal.OpenInput());
        string? library = Environment.GetEnvironmentVariable("LIBZ3") is { Length: > 0 } named ? named : null;
        return int.TryParse(memory, NumberStyles.None, CultureInfo.InvariantCulture, out int mib)
            && Z3Library.Work(input, terminal.Out, mib, library) ? ExitCode.Ok : ExitCode.BadInput;
    }

    private static int Run(string[] args, Terminal terminal)
    {
        try
        {
            ParseResult parsed = Root(terminal).Parse(args);
            if (Misuse.Of(parsed) is { Count: > 0 } messages)
            {
                foreach (string message in messages) terminal.Error.WriteLine(message);
                return ExitCode.BadInput;
            }
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = terminal.Out,
                Error = terminal.Error });
        }
        catch (InvalidInputException e)
        {
            terminal.Print(e.Diagnostics);
            return ExitCode.BadInput;
        }
        catch (NetworkException e)
        {
            // Verbs locate what is wrong with a network; a fault that shows only in the middle of a run still is the input's.
            terminal.Error.WriteLine($"sim: error NET001: {e.Message}");
            return ExitCode.BadInput;
        }
        catch (OperationCanceledException) when (terminal.Cancellation.IsCancellationRequested)
        {
            terminal.Error.WriteLine("sim: interrupted");
            return ExitCode.Interrupted;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Readers turn what they know into located errors; what is left is the machine's: a full disk, a folder that may not be
            // written.
            terminal.Error.WriteLine($"sim: error CLI003: cannot read or write: {e.Message}");
            return ExitCode.BadInput;
        }
#pragma warning disable CA1031 // The last line of defence: whatever is left is a bug, and the exit code has to say so.
        catch (Exception e)
#pragma warning restore CA1031
        {
            terminal.Error.Write($"sim: internal error (this is a bug, please report it): {e}\n");
            return ExitCode.InternalError;
        }
    }

    /// <summary>The whole command line.</summary>
    internal static RootCommand Root(Terminal terminal)
    {
        var root = new RootCommand("Bit-exact simulator of low-precision neural network accelerators: cycles, energy, area and accuracy from one description.");
        foreach (IVerb verb in VerbCatalogue.All) root.Add(verb.Build(terminal));
        NumberOptions.Apply(root);
        // Shells that ask for completions go by a protocol of their own; a directive in brackets is no verb of ours.
        root.Directives.Clear();
        foreach (Option option in root.Options)
            if (option is HelpOption { Action: HelpAction usual } help) help.Action = new HelpWithExamples(usual);
        return root;
    }
}
