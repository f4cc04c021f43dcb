using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Tests.Kernels;

/// <summary>Every kernel gives the reference's bits and events on everything that it does not refuse.</summary>
[TestFixture]
internal sealed class KernelEqualityTests
{
    private static IEnumerable<TestCaseData> Kernels() => KernelCatalogue.All
        .Where(k => k is not ReferenceKernel).Select(k => new TestCaseData(k) { TestName = $"{k.Name} equals the reference" });

    [TestCaseSource(nameof(Kernels))]
    public void Equals_the_reference(IGemmKernel kernel)
    {
        var random = new Random(20260);
        var reference = new ReferenceKernel();
        (int M, int N, int K)[] shapes = [.. KernelCases.Shapes()];
        int specs = 0, cases = 0, turn = 0;
        long outputs = 0;
        foreach (DatapathSpec spec in KernelCases.Specs())
        {
            bool taken = false;
            foreach (KernelCases.Stream stream in Enum.GetValues<KernelCases.Stream>())
            {
                (int m, int n, int k) = shapes[turn++ % shapes.Length];
                var order = new ReductionOrder((turn % 4) switch { 0 => 1, 1 => 0, 2 => 5, _ => 16 });
                if (kernel.Refuses(spec, order, k) is not null) continue;
                taken = true;
                outputs += Compare(kernel, reference, spec, order, (m, n, k), stream, random);
                cases++;
            }
            if (taken) specs++;
        }
        TestContext.Out.WriteLine($"{kernel.Name}: {specs} datapaths, {cases} cases, {outputs} outputs");
        Assert.That(specs, Is.GreaterThanOrEqualTo(6));
        Assert.That(outputs, Is.GreaterThanOrEqualTo(10_000));
    }

    private static long Compare(IGemmKernel kernel, ReferenceKernel reference, DatapathSpec spec, ReductionOrder order,
        (int M, int N, int K) shape,
        KernelCases.Stream stream, Random random)
    {
        (int m, int n, int k) = shape;
        uint[] a = KernelCases.Codes(spec.Activation, m * k, stream, random), b = KernelCases.Codes(spec.Weight, n * k, stream, random);
        // Multipliers that are not exact and operands in blocks take codes without zero points.
        int zeroA = TakesZeroPoints(spec) && spec.Activation is FixedFormat { Fraction: 0 } f && random.Next(2) == 0
            ? (int)random.NextInt64(f.MinimumInteger, f.MaximumInteger + 1) : 0;
        int[] zeroB = TakesZeroPoints(spec) && spec.Weight is FixedFormat { Fraction: 0 } g && random.Next(2) == 0
            ? [.. Enumerable.Range(0, n).Select(_ => (int)random.NextInt64(g.MinimumInteger, g.MaximumInteger + 1))] : [];
        var operands = new GemmOperands { M = m, N = n, K = k, A = a, B = b, ZeroPointA = zeroA, ZeroPointsB = zeroB };
        long[] expected = new long[m * n], found = new long[m * n];
        var expectedEvents = new GemmEvents();
        var foundEvents = new GemmEvents();
        reference.Run(spec, order, operands, expected, ref expectedEvents);
        kernel.Run(spec, order, operands, found, ref foundEvents);
        string what = $"{spec.Name} → {spec.Accumulator}, {order}, {m}×{n}×{k}, {stream}, zero points {zeroA} [{string.Join(',', zeroB)}]";
        int wrong = expected.AsSpan().CommonPrefixLength(found);
        if (wrong != expected.Length)
            Assert.Fail($"{what}: output {wrong / n},{wrong % n} is {found[wrong]:x}, reference {expected[wrong]:x}; row {Hex(a, wrong / n, k)}, column {Hex(b, wrong % n, k)}");
        Assert.That(foundEvents, Is.EqualTo(expectedEvents), what);
        return expected.Length;
    }

    private static bool TakesZeroPoints(DatapathSpec spec) => spec.Multiplier is null && spec.Dot is not BlockDotUnit;

    private static string Hex(uint[] codes, int row, int k) =>
        string.Join(' ', codes.AsSpan(row * k, Math.Min(k, 24)).ToArray().Select(c => c.ToString("x")));
}
