using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Tests.Kernels;

/// <summary>Rows, columns and reductions of every length from none to beyond four vectors: what is left over at the end of a vector, a tile
/// or a chunk is computed as the rest is.</summary>
[TestFixture]
internal sealed class TailLengthTests
{
    private const int Longest = 67, Datapaths = 4;

    private static IEnumerable<TestCaseData> Kernels() => KernelCatalogue.All
        .Where(k => k is not ReferenceKernel).Select(k => new TestCaseData(k) { TestName = $"{k.Name} at every length" });

    [TestCaseSource(nameof(Kernels))]
    public void Equals_the_reference(IGemmKernel kernel)
    {
        var random = new Random(67);
        KernelCases.Stream[] streams = Enum.GetValues<KernelCases.Stream>();
        // The last ones of the list too, where it holds what only few kernels take.
        DatapathSpec[] taken = [.. KernelCases.Specs().Where(s => kernel.Refuses(s, ReductionOrder.Sequential, Longest) is null)];
        Assert.That(taken, Has.Length.GreaterThanOrEqualTo(2), $"{kernel.Name} takes too few of the datapaths");
        int cases = 0;
        for (int i = 0; i < Datapaths; i++)
        {
            DatapathSpec spec = taken[i * (taken.Length - 1) / (Datapaths - 1)];
            for (int length = 0; length <= Longest; length++)
                foreach ((int m, int n, int k) in new[] { (length, 3, 5), (2, length, 6), (3, 2, length) })
                {
                    KernelCases.Stream stream = streams[cases % streams.Length];
                    Compare(kernel, spec, new ReductionOrder(cases % 3 * 8), (m, n, k), stream, random);
                    cases++;
                }
        }
        Assert.That(cases, Is.EqualTo(Datapaths * (Longest + 1) * 3));
    }

    private static void Compare(IGemmKernel kernel, DatapathSpec spec, ReductionOrder order, (int M, int N, int K) shape,
        KernelCases.Stream stream, Random random)
    {
        if (kernel.Refuses(spec, order, shape.K) is not null) order = ReductionOrder.Sequential;
        uint[] a = KernelCases.Codes(spec.Activation, shape.M * shape.K, stream, random),
            b = KernelCases.Codes(spec.Weight, shape.N * shape.K, stream, random);
        var operands = new GemmOperands { M = shape.M, N = shape.N, K = shape.K, A = a, B = b };
        long[] expected = new long[shape.M * shape.N], found = new long[shape.M * shape.N];
        GemmEvents expectedEvents = default, foundEvents = default;
        new ReferenceKernel().Run(spec, order, operands, expected, ref expectedEvents);
        kernel.Run(spec, order, operands, found, ref foundEvents);
        string what = $"{spec.Name} → {spec.Accumulator}, {order}, {shape}, {stream}";
        Assert.That(found, Is.EqualTo(expected), what);
        Assert.That(foundEvents, Is.EqualTo(expectedEvents), what);
    }
}
