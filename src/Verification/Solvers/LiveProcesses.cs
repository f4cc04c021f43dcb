using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Sim.Verification.Solvers;

/// <summary>Solver processes that run: they end with this process, also when a signal ends it.</summary>
internal static class LiveProcesses
{
    private static readonly ConcurrentDictionary<Process, bool> All = new();
    private static readonly PosixSignalRegistration[] Signals = Registered();

    internal static void Add(Process process)
    {
        GC.KeepAlive(Signals);
        All[process] = true;
    }

    internal static void Remove(Process process) => All.TryRemove(process, out _);

    // The default action of the signal stays: it ends this process after the solvers.
    private static PosixSignalRegistration[] Registered()
    {
        AppDomain.CurrentDomain.ProcessExit += (_, _) => EndAll();
        return OperatingSystem.IsWindows() ? []
            : [.. new[] { PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT }.Select(s =>
            PosixSignalRegistration.Create(s, _ => EndAll()))];
    }

    private static void EndAll()
    {
        foreach (Process process in All.Keys)
        {
            try
            {
                process.Kill(entireProcessTree: true);
            }
            catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException or NotSupportedException)
            {
                // It has ended already.
            }
        }
    }
}
