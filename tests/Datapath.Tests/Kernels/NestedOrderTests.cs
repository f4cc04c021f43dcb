using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Tests.Kernels;

/// <summary>Orders of additions with registers inside registers, against sums evaluated in binary64 by the definition.</summary>
public class NestedOrderTests
{
    private sealed record Node(int Product, Node[] Inner);

    private static readonly (string Name, DatapathSpec Spec, Func<double, double> Round)[] Accumulators =
    [
        ("fp16", Halves(new FloatAccumulator(FormatCatalogue.Parse("fp16"), RoundingMode.NearestEven, OverflowPolicy.Ieee)),
            v => (double)(Half)v),
        ("fp32", Halves(new FloatAccumulator(FormatCatalogue.Parse("fp32"), RoundingMode.NearestEven, OverflowPolicy.Ieee)),
            v => (double)(float)v),
        ("quire", Halves(new ExactAccumulator(FormatCatalogue.Parse("fp32"), RoundingMode.NearestEven, OverflowPolicy.Ieee)), v => v),
        ("wrap", Bytes(new IntegerAccumulator(12, RegisterOverflow.Wrap)), v => v - 4096 * Math.Floor((v + 2048) / 4096)),
        ("saturate", Bytes(new IntegerAccumulator(12, RegisterOverflow.Saturate)), v => Math.Clamp(v, -2048, 2047)),
    ];

    private static DatapathSpec Halves(AccumulatorSpec accumulator) =>
        new("d", FormatCatalogue.Parse("fp16"), FormatCatalogue.Parse("fp16"), accumulator);

    private static DatapathSpec Bytes(AccumulatorSpec accumulator) =>
        new("d", FormatCatalogue.Parse("int8"), FormatCatalogue.Parse("int8"), accumulator);

    [Test]
    public void EveryOrderIsSummedAsItsRegistersSay()
    {
        var random = new Random(11);
        int cases = 0, differ = 0;
        for (int i = 0; i < 300; i++)
        {
            int k = random.Next(1, 40);
            int[] permutation = [.. Enumerable.Range(0, k)];
            random.Shuffle(permutation);
            Node tree = Random(random, permutation);
            ReductionOrder order = new NestedOrder(Expression(tree)).Named();
            foreach ((string name, DatapathSpec spec, Func<double, double> round) in Accumulators)
            {
                bool integer = spec.Accumulator is IntegerAccumulator;
                double[] x = Values(random, k, integer), w = Values(random, k, integer);
                (uint[] a, uint[] b) = (Codes(x, integer), Codes(w, integer));
                (long result, long chain) = (Run(spec, order, a, b), Run(spec, default, a, b));
                double value = name == "fp16" ? (double)BitConverter.UInt16BitsToHalf(unchecked((ushort)result))
                    : integer ? result : BitConverter.Int32BitsToSingle(unchecked((int)result));
                double expected = Sum(tree, x, w, round);
                if (name == "quire") expected = (float)expected;
                Assert.That(value, Is.EqualTo(expected), $"{name}: {order.Key}");
                if (result != chain) differ++;
                cases++;
            }
        }
        Assert.That(cases, Is.GreaterThanOrEqualTo(1500));
        Assert.That(differ, Is.GreaterThan(300), "orders that do not matter test nothing");
    }

    [Test]
    public void EqualOrdersHaveOneName()
    {
        var chain = new SumExpression();
        for (int k = 0; k < 6; k++) chain.Step(k);
        Assert.That(new NestedOrder(chain).Named(), Is.EqualTo(ReductionOrder.Sequential));
        ReductionOrder columns = new NestedOrder(Chunks([0, 1, 2, 3], [4, 5, 6, 7], [8, 9])).Named();
        Assert.That(columns, Is.EqualTo(new ReductionOrder(4)));
        ReductionOrder uneven = new NestedOrder(Chunks([0, 1], [2, 3, 4])).Named();
        Assert.That(uneven.Key, Is.EqualTo("0..1 (2..4)"));
        Assert.That(uneven, Is.EqualTo(new NestedOrder(Chunks([0, 1], [2, 3, 4])).Named()));
        Assert.That(uneven, Is.Not.EqualTo(new NestedOrder(Chunks([0, 1, 2], [3, 4])).Named()));
        Assert.That(() => new NestedOrder(Chunks([0, 1], [1])), Throws.ArgumentException, "a product taken twice");
    }

    // A permuted order of equal chunks runs on the fast kernels; forced onto the reference it has the same bits.
    [Test]
    public void PermutedChunksRunOnFastKernels()
    {
        var random = new Random(5);
        int[] k = [.. Enumerable.Range(0, 64)];
        random.Shuffle(k);
        ReductionOrder order = new NestedOrder(Chunks(k[..16], k[16..32], k[32..48], k[48..])).Named();
        Assert.That(order.Nested!.PlainChunk(), Is.EqualTo(16));
        DatapathSpec spec = Accumulators[1].Spec;
        uint[] a = Codes(Values(random, 5 * 64, false), false), b = Codes(Values(random, 7 * 64, false), false);
        PackedWeights fast = GemmRunner.Pack(spec, order, 7, 64, b);
        PackedWeights slow = GemmRunner.Pack(spec, order, 7, 64, b, default, new ReferenceKernel());
        Assert.That(fast.Kernel, Is.Not.EqualTo("reference"));
        long[] one = new long[35], other = new long[35];
        GemmEvents events = default;
        fast.Run(5, a, 0, one, ref events);
        slow.Run(5, a, 0, other, ref events);
        Assert.That(one, Is.EqualTo(other));
        Assert.That(new ReferenceKernel().Refuses(spec, order, 63), Does.Contain("64 products"));
    }

    private static Node Random(Random random, int[] products)
    {
        if (products.Length == 1 && random.Next(2) == 0) return new(products[0], []);
        var inner = new List<Node>();
        for (int at = 0; at < products.Length;)
        {
            int length = random.Next(2) == 0 ? 1 : random.Next(1, products.Length - at + 1);
            inner.Add(length == 1 || length == products.Length ? new(products[at++], []) : Random(random, products[at..(at += length)]));
        }
        return new(-1, [.. inner]);
    }

    private static SumExpression Expression(Node node)
    {
        var sum = new SumExpression();
        if (node.Inner.Length == 0) sum.Step(node.Product);
        foreach (Node inner in node.Inner)
        {
            if (inner.Inner.Length == 0) sum.Step(inner.Product);
            else sum.Add(Expression(inner));
        }
        return sum;
    }

    private static double Sum(Node node, double[] x, double[] w, Func<double, double> round)
    {
        if (node.Inner.Length == 0) return round(x[node.Product] * w[node.Product]);
        double sum = 0;
        foreach (Node inner in node.Inner)
            sum = round(sum + (inner.Inner.Length == 0 ? x[inner.Product] * w[inner.Product] : Sum(inner, x, w, round)));
        return sum;
    }

    private static SumExpression Chunks(params int[][] chunks)
    {
        var total = new SumExpression();
        foreach (int[] chunk in chunks)
        {
            var register = new SumExpression();
            foreach (int k in chunk) register.Step(k);
            total.Add(register);
        }
        return total;
    }

    // Few enough bits that binary64 holds every sum exactly before it is rounded.
    private static double[] Values(Random random, int count, bool integer) =>
        [.. Enumerable.Range(0, count).Select(_ => integer ? random.Next(-128, 128)
            : random.Next(-2047, 2048) / (double)(1 << random.Next(10)))];

    private static uint[] Codes(double[] values, bool integer) =>
        [.. values.Select(v => integer ? unchecked((byte)(sbyte)v) : BitConverter.HalfToUInt16Bits((Half)v))];

    private static long Run(DatapathSpec spec, ReductionOrder order, uint[] a, uint[] b)
    {
        var result = new long[1];
        GemmEvents events = default;
        GemmRunner.Pack(spec, order, 1, a.Length, b).Run(1, a, 0, result, ref events);
        return result[0];
    }
}
