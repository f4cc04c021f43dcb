using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Tests.Kernels.Posits;

/// <summary>Posit registers rounded at every step: the table kernel is chosen, and equals the reference in bits and events.</summary>
public sealed class StepTableTests
{
    [TestCase("posit8_2", "posit8_2", "posit8_2", RoundingMode.NearestEven)]
    [TestCase("posit8_0", "posit8_0", "posit8_0", RoundingMode.ToZero)]
    [TestCase("posit8_1", "posit6_1", "posit8_1", RoundingMode.Up)]
    [TestCase("e4m3", "posit8_2", "posit8_2", RoundingMode.NearestEven)]
    [TestCase("posit6_2", "posit6_2", "e5m2", RoundingMode.ToOdd)]
    [TestCase("posit6_2", "posit6_2", "e2m3", RoundingMode.Down)]
    public void EqualsTheReference(string activation, string weight, string register, RoundingMode mode)
    {
        INumberFormat a = FormatCatalogue.Parse(activation), w = FormatCatalogue.Parse(weight), format = FormatCatalogue.Parse(register);
        var random = new Random(13);
        foreach (INumberFormat? product in new[] { null, format })
        {
            var spec = new DatapathSpec("step", w, a, new FloatAccumulator(format, mode, OverflowPolicy.Ieee, product));
            foreach (int chunk in new[] { 0, 1, 5, 16 })
            {
                foreach (int k in new[] { 1, 16, 45 })
                {
                    const int m = 7, n = 19;
                    var order = new ReductionOrder(chunk);
                    uint[] x = [.. Enumerable.Range(0, m * k).Select(_ => Draw(a))],
                        y = [.. Enumerable.Range(0, n * k).Select(_ => Draw(w))];
                    long[] expected = new long[m * n], actual = new long[m * n];
                    GemmEvents counted = default, events = default;
                    var operands = new GemmOperands { M = m, N = n, K = k, A = x, B = y };
                    new ReferenceKernel().Run(spec, order, operands, expected, ref counted);
                    IGemmKernel kernel = KernelCatalogue.ByName("step-table");
                    Assert.That(kernel.Refuses(spec, order, k), Is.Null);
                    if (format is PositFormat) Assert.That(KernelCatalogue.Select(spec, order, k).Name,
                        Is.EqualTo(mode == RoundingMode.NearestEven ? "fp32-posit-lanes" : "step-table"));
                    kernel.Run(spec, order, operands, actual, ref events);
                    Assert.That(actual, Is.EqualTo(expected), $"{spec.Accumulator} {chunk} {k}");
                    Assert.That(events, Is.EqualTo(counted), $"{spec.Accumulator} {chunk} {k}");
                }
            }
        }

        // Codes that are no numbers now and then, the others small enough for sums that stay inside.
        uint Draw(INumberFormat f)
        {
            uint code = (uint)random.Next(1 << f.Bits);
            return f.Decode(code).Class == NumberClass.Finite || random.Next(60) == 0 ? code : 1;
        }
    }
}
