using System.Diagnostics;
using Sim.Datapath.Kernels;

namespace Sim.Datapath.Tests.Kernels;

/// <summary>The same bits with narrower vectors and with none, in processes of their own.</summary>
[TestFixture]
internal sealed class VectorWidthTests
{
    [TestCase("DOTNET_EnableAVX512", "512")]
    [TestCase("DOTNET_EnableAVX2", "256")]
    [TestCase("DOTNET_EnableHWIntrinsic", "128")]
    public void Kernels_give_the_same_bits_without(string variable, string lost)
    {
        string[] here = KernelDigest.Line().Split(' ');
        if (here[0] is "none" || int.Parse(here[0]) < int.Parse(lost)
            && lost != "128") Assert.Ignore($"this processor has no {lost}-bit vectors to switch off");
        string[] there = Child(variable).Split(' ');
        Assert.That(there[0], Is.Not.EqualTo(lost), $"{variable}=0 must take the {lost}-bit vectors away");
        Assert.That(there[0] == "none" || int.Parse(there[0]) < int.Parse(lost), Is.True);
        Assert.That(long.Parse(here[1]), Is.GreaterThanOrEqualTo(250_000));
        Assert.That(there[1..], Is.EqualTo(here[1..]));
    }

    [Test]
    public void EveryKernelIsAmongThem()
    {
        KernelDigest.Line();
        Assert.That(KernelDigest.Kernels, Is.EquivalentTo(KernelCatalogue.All.Where(k => k is not ReferenceKernel).Select(k => k.Name)));
    }

    private static string Child(string variable)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(typeof(VectorWidthTests).Assembly.Location);
        start.ArgumentList.Add(KernelDigest.Argument);
        start.Environment[variable] = "0";
        using Process child = Process.Start(start)!;
        Task<string> errors = child.StandardError.ReadToEndAsync();
        string line = child.StandardOutput.ReadToEnd().Trim();
        child.WaitForExit();
        Assert.That(child.ExitCode, Is.Zero, errors.Result);
        return line;
    }
}
