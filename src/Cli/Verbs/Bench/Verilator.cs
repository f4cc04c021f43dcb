using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace Sim.Cli.Verbs.Bench;

/// <summary>A plain output-stationary int8 array in SystemVerilog, compiled by Verilator where it is installed.</summary>
internal sealed class Verilator : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sim-verilator").FullName;

    /// <summary>Cycles a second of an array of that size, or null: Verilator or its compiler is not installed.</summary>
    public static double? CyclesPerSecond(int rows, int columns, int cycles, Action<string> progress)
    {
        if (!IsInstalled("verilator") || !IsInstalled("g++") || !IsInstalled("make")) return null;
        using var verilator = new Verilator();
        progress($"Verilator compiles a {rows}x{columns} array (a minute or two)");
        verilator.Compile(rows, columns);
        progress("Verilator");
        double best = double.PositiveInfinity;
        for (int i = 0; i < 5; i++) best = Math.Min(best, verilator.Bench(cycles));
        return cycles / best;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static bool IsInstalled(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, program)));

    private void Compile(int rows, int columns)
    {
        foreach (string file in new[] { "systolic.sv", "drive.cpp" })
        {
            using Stream from = Assembly.GetExecutingAssembly().GetManifestResourceStream(file)
                ?? throw new InvalidOperationException($"resource {file} is missing");
            using FileStream to = File.Create(Path.Combine(_folder, file));
            from.CopyTo(to);
        }
        string size = string.Create(CultureInfo.InvariantCulture, $"-DROWS={rows} -DCOLS={columns}");
        Run("verilator", "--cc", "--exe", "--build", "-O3", "--x-assign", "fast", "--x-initial", "fast", "-Wno-fatal",
            string.Create(CultureInfo.InvariantCulture, $"-GR={rows}"), string.Create(CultureInfo.InvariantCulture, $"-GC={columns}"),
            "-MAKEFLAGS", "OPT_FAST=-O2", "-CFLAGS", size, "--top-module", "systolic", "systolic.sv", "drive.cpp", "-Mdir", "obj", "-o",
            "array");
    }

    private double Bench(int cycles)
    {
        string answer = Run(Path.Combine(_folder, "obj", "array"), "bench", cycles.ToString(CultureInfo.InvariantCulture));
        return 1e-9 * long.Parse(answer.AsSpan(0, answer.IndexOf(' ', StringComparison.Ordinal)), NumberStyles.None);
    }

    private string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
            { WorkingDirectory = _folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} does not start");
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} failed: {error.Result}");
    }
}
