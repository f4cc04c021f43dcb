using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Z3;

namespace Sim.Verification.Solvers;

/// <summary>
/// Z3 as a library (Microsoft.Z3), in a worker process of our own: a solver that exhausts its memory takes its process down. The worker
/// answers SMT-LIB 2 on its standard streams, so that to everybody else it is one more solver program. The package holds no Linux library:
/// libz3 comes from the system (Debian: libz3-4).
/// </summary>
public static class Z3Library
{
    /// <summary>The argument that makes the tool a worker; the next one is its memory in MiB.</summary>
    public const string WorkerArgument = "--smt-worker";

    private static readonly string[] Names = ["libz3.so.4", "libz3.so", "libz3.dylib", "libz3.dll", "libz3"];
    // Without one an error in a script ends the process. Kept alive here.
    private static readonly Native.Z3_error_handler Ignored = (_, _) => { };
    private static bool _resolves;

    /// <summary>The solver whose worker is a program with arguments.</summary>
    public static ISmtSolver Of(string program, ImmutableArray<string> arguments, int memoryMiB = 2048) =>
        new SolverCommand(program, [.. arguments, WorkerArgument, memoryMiB.ToString(CultureInfo.InvariantCulture)], true);

    /// <summary>Runs as a worker until the input ends.</summary>
    /// <param name="library">The file of libz3; null: where the system has it.</param>
    /// <returns>False when there is no libz3 on this machine; the output says so.</returns>
    public static bool Work(TextReader input, TextWriter output, int memoryMiB, string? library = null)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(output);
        try
        {
            Resolve(library);
            Native.Z3_global_param_set("memory_max_size", memoryMiB.ToString(CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
        {
            output.WriteLine("(error \"libz3 is not found: install libz3-4, or name the library in LIBZ3\")");
            output.Flush();
            return false;
        }
        using var session = new Z3Session();
        foreach (string command in SmtCommands.Of(input))
        {
            string answer;
            try
            {
                answer = session.Answer(command);
            }
            catch (Z3Exception e)
            {
                answer = $"(error \"{e.Message.Replace('"', '\'')}\")";
            }
            if (answer.Length > 0) output.WriteLine(answer.TrimEnd());
            output.Flush();
        }
        return true;
    }

    internal static IntPtr Context()
    {
        IntPtr configuration = Native.Z3_mk_config();
        IntPtr context = Native.Z3_mk_context_rc(configuration);
        Native.Z3_del_config(configuration);
        Native.Z3_set_error_handler(context, Ignored);
        return context;
    }

    // P/Invoke asks for "libz3"; systems have it under other names.
    private static void Resolve(string? named)
    {
        if (_resolves) return;
        _resolves = true;
        NativeLibrary.SetDllImportResolver(typeof(Native).Assembly, (name, assembly, path) =>
        {
            if (!name.Contains("z3", StringComparison.OrdinalIgnoreCase)) return IntPtr.Zero;
            if (named is not null) return NativeLibrary.TryLoad(named, out IntPtr own) ? own : throw new DllNotFoundException(named);
            foreach (string candidate in Names)
                if (NativeLibrary.TryLoad(candidate, out IntPtr library)) return library;
            return IntPtr.Zero;
        });
    }
}
