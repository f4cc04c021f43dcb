using System.Diagnostics;
using Sim.Tests;

namespace Sim.EndToEnd.Tests;

/// <summary>Runs the built host as a user does: a process with arguments, standard input and a working folder.</summary>
internal static class SimHost
{
    /// <summary>What a run left behind.</summary>
    internal sealed record Result(int ExitCode, string Output, string Error);

    /// <summary>The host that the solution build made.</summary>
    internal static string Path { get; } = System.IO.Path.Combine(ReferenceData.RepositoryRoot, "src", "Cli", "bin", "Release", "net10.0",
        "sim");

    // Caches of the tests are not the user's.
    private static readonly string Cache = Directory.CreateTempSubdirectory("sim-cache").FullName;

    internal static Result Run(IEnumerable<string> arguments, string input = "", string? folder = null, int timeoutSeconds = 240,
        IEnumerable<(string Name, string Value)>? environment = null)
    {
        var start = new ProcessStartInfo(Path) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
            WorkingDirectory = folder ?? ReferenceData.RepositoryRoot };
        start.Environment["XDG_CACHE_HOME"] = Cache;
        foreach ((string name, string value) in environment ?? []) start.Environment[name] = value;
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"could not start {Path}");
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        if (!process.WaitForExit(TimeSpan.FromSeconds(timeoutSeconds)))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"sim {string.Join(' ', start.ArgumentList)} ran longer than {timeoutSeconds} s");
        }
        return new Result(process.ExitCode, output.Result, error.Result);
    }
}
