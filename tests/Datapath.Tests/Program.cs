namespace Sim.Datapath.Tests;

/// <summary>The test assembly as a program: what a test runs in a process with another vector width.</summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        if (args is not [Kernels.KernelDigest.Argument]) return 2;
        Console.WriteLine(Kernels.KernelDigest.Line());
        return 0;
    }
}
