using Sim.Foundation.Diagnostics;
using Sim.Simulator.Inputs;
using Sim.Tests;
using Sim.Workloads.Graph;

namespace Sim.Simulator.Tests.Execution;

/// <summary>Samples of an int8 input come in any number type that holds its codes.</summary>
public class IntegerSampleTests
{
    [TestCase(new[] { -128f, 0, 127 }, true)]
    [TestCase(new[] { 1f, 0.5f, 2 }, false)]
    [TestCase(new[] { 1f, 128, 2 }, false)]
    [TestCase(new[] { 1f, float.NaN, 2 }, false)]
    public void WholeNumbersOfTheRangeAreCodes(float[] samples, bool taken)
    {
        string folder = Directory.CreateTempSubdirectory("sim-codes").FullName;
        try
        {
            string model = Path.Combine(folder, "net.onnx"), data = Path.Combine(folder, "x.npy");
            File.WriteAllBytes(model, OnnxBytes.Model(13, OnnxBytes.Op("i", "Identity", ["x"], ["y"]), OnnxBytes.Input("x", 3, -1, 3),
                OnnxBytes.Output("y", 3, -1, 3)));
            byte[] header = System.Text.Encoding.ASCII.GetBytes("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }".PadRight(117)
                + "\n");
            File.WriteAllBytes(data, [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. header,
                .. samples.SelectMany(BitConverter.GetBytes)]);
            var bag = new DiagnosticBag();
            LoadedWorkload? workload = WorkloadLoader.Load(new WorkloadFiles("codes", model, data, null, null, null, new Location(data)),
                bag);
            if (taken) Assert.That((workload!.Data!.Inputs.Type, workload.Data.Inputs.Integers),
                Is.EqualTo((ElementType.Int8, new long[] { -128, 0, 127 })));
            else Assert.That(bag.Sorted.Select(d => d.Code), Is.EqualTo(new[] { "DAT012" }));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
