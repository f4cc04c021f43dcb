using System.Diagnostics;
using System.Globalization;
using System.Text;
using Sim.ArchModel;
using Sim.Datapath.Kernels.Systolic;
using Sim.Mapper;
using Sim.Simulator.Cycles;
using Sim.Tests;

namespace Sim.Simulator.Tests;

/// <summary>
/// The machine against a plain output-stationary array in SystemVerilog that Verilator runs: every operand register and every sum of every
/// PE in every cycle of random products, by a checksum a cycle, and every final sum. Compiled once an array size, fed through a pipe.
/// </summary>
[NonParallelizable]
public sealed class TimeVerilatorTests
{
    private const ulong Offset = 0xCBF29CE484222325, Prime = 0x100000001B3;
    private static readonly string Sources = Path.Combine(ReferenceData.RepositoryRoot, "src", "Cli", "Verbs", "Bench", "Rtl");

    [TestCase(32, 32, 100)]
    [TestCase(3, 5, 60)]
    public void Registers_equal_the_RTL_in_every_cycle(int rows, int columns, int products)
    {
        foreach (string program in new[] { "verilator", "g++", "make" })
            if (!IsInstalled(program)) Assert.Ignore($"{program} is not installed");
        string folder = Directory.CreateTempSubdirectory("sim-verilator").FullName;
        try
        {
            Compile(folder, rows, columns);
            var random = new Random(rows * 1000 + columns);
            var feed = new StringBuilder();
            var expected = new List<string>();
            var sums = new uint[rows * columns];
            int cycles = 0;
            for (int p = 0; p < products; p++) cycles += Product(random, rows, columns, feed, expected, sums);
            string[] found = Run(Path.Combine(folder, "obj", "array"), folder, feed.ToString(), "check").Split('\n', StringSplitOptions
                .RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            Assert.That(found, Is.EqualTo(expected), "checksums of all registers, cycle by cycle, then the sums");
            Truth.Checked("Time", $"{rows}x{columns} array in SystemVerilog", "Verilator, every register and every cycle", products,
                $"{cycles} cycles equal");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // A product of a full fold on the machine; its operands for the RTL, what the RTL has to say.
    private static int Product(Random random, int rows, int columns, StringBuilder feed, List<string> expected, uint[] sums)
    {
        int k = random.Next(1, 40);
        Architecture design = TimeDesigns.Design(new PeArray(rows, columns, Dataflow.OutputStationary));
        Mapping mapping = LayerMapper.Map(design, TimeDesigns.Gemm(rows, columns, k)).Required;
        int[] a = [.. Enumerable.Range(0, rows * k).Select(_ => random.Next(-128, 128))],
            b = [.. Enumerable.Range(0, columns * k).Select(_ => random.Next(-128, 128))];
        feed.AppendLine(CultureInfo.InvariantCulture, $"{k}");
        for (int s = 0; s < k; s++)
            feed.AppendJoin(' ', Enumerable.Range(0, rows).Select(i => a[i * k + s])
                .Concat(Enumerable.Range(0, columns).Select(j => b[j * k + s]))).Append('\n');
        var watch = new Checksums(expected, sums, a, b, rows, columns, k);
        MachineResult result = Machine.Run(design, mapping,
            new MachineOperands([.. a.Select(v => (uint)(v & 255))], [.. b.Select(v => (uint)(v & 255))]), MachineDepth.Registers, watch);
        Assert.That(result.Cycles, Is.EqualTo(k + rows + columns - 2), "the cycles that the RTL takes until its last sum is there");
        expected.Add(string.Join(' ', result.Results));
        return (int)result.Cycles;
    }

    private sealed class Checksums(List<string> expected, uint[] sums, int[] a, int[] b, int rows, int columns, int k) : IMachineObserver
    {
        public void Restart()
        {
        }

        public void Stream(int unit, int fold, long begin, long end)
        {
        }

        public void Load(int fold, long begin, long end)
        {
        }

        public void Transfer(Operands operand, bool toDram, long begin, long end)
        {
        }

        public void Idle(CycleUse use, long begin, long end)
        {
        }

        public void Cycle(long cycle, PeGrid grid)
        {
            ulong hash = Offset;
            for (int i = 0; i < rows; i++)
            {
                for (int j = 0; j < columns; j++)
                {
                    PeView pe = grid.View(i, j);
                    bool active = cycle - i - j >= 0 && cycle - i - j < k;
                    Assert.That(pe.IsActive, Is.EqualTo(active), $"PE ({i}, {j}) in cycle {cycle}");
                    if (active)
                    {
                        Assert.That(pe.Left, Is.EqualTo(a[i * k + (int)cycle - i - j]));
                        Assert.That(pe.Other, Is.EqualTo(b[j * k + (int)cycle - i - j]));
                    }
                    // Zeros follow the last operands into the RTL.
                    hash = Mix(hash, active ? Word(pe.Left) & 255 : 0);
                    hash = Mix(hash, active ? Word(pe.Other) & 255 : 0);
                    // The RTL keeps the sum of the product before until this one's wave arrives.
                    if (cycle - i - j >= 0) sums[i * columns + j] = Word(pe.Sum);
                    hash = Mix(hash, sums[i * columns + j]);
                }
            }
            expected.Add(hash.ToString("x16", CultureInfo.InvariantCulture));
        }

        private static uint Word(double value) => unchecked((uint)(int)value);

        private static ulong Mix(ulong hash, ulong value) => unchecked((hash ^ value) * Prime);
    }

    private static void Compile(string folder, int rows, int columns)
    {
        foreach (string file in Directory.GetFiles(Sources)) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        Run("verilator", folder, "", "--cc", "--exe", "--build", "-O1", "-Wno-fatal", $"-GR={rows}", $"-GC={columns}", "-MAKEFLAGS",
            "OPT_FAST=-O0 OPT_SLOW=-O0 OPT_GLOBAL=-O1", "-CFLAGS", $"-DROWS={rows} -DCOLS={columns}", "--top-module", "systolic",
            "systolic.sv", "drive.cpp", "-Mdir", "obj", "-o", "array");
    }

    private static bool IsInstalled(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, program)));

    private static string Run(string program, string folder, string input, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
            { WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} does not start");
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, error.Result);
        return output.Result;
    }
}
