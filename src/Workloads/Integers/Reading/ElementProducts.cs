using Sim.Workloads.Graph;

namespace Sim.Workloads.Integers.Reading;

/// <summary>Mul of two operands of integers: a register holds the product of an element of each, zero points subtracted before.</summary>
internal static class ElementProducts
{
    /// <summary>Whether both factors are computed: a constant only scales.</summary>
    internal static bool IsProduct(GraphReading reading, Node node) =>
        reading.Constant(node, 0) is null && reading.Constant(node, 1) is null;

    internal static void Read(GraphReading reading, Node node)
    {
        var factors = new Summand[2];
        for (int i = 0; i < 2; i++)
        {
            if (Summand.Of(reading, node, i, out string why) is { Scales.Length: 1 } factor) factors[i] = factor;
            else
            {
                reading.Leave(node, why.Replace("sums '", "multiplies '", StringComparison.Ordinal));
                return;
            }
        }
        // The factor with channels is the input; of the other one the two ends are weights: a product of two ranges is extreme at their
        // corners.
        int[] result = reading.Shape(node.Outputs[0]);
        bool Spreads(int i) => factors[i].Box.Length > 1 && reading.Shape(node.Inputs[i]).SequenceEqual(result);
        int at = !Spreads(0) && Spreads(1) ? 1 : 0;
        (Summand x, Summand w) = (factors[at], factors[1 - at]);
        int channels = Spreads(at) ? x.Box.Length : 1, count = Shapes.Count(result);
        if (channels > 1 && count % (channels * x.Inner) != 0) channels = 1;
        bool both = channels > 1 && Spreads(1 - at) && w.Box.Length == channels && w.Inner == x.Inner;
        Interval[] inputs = [.. Enumerable.Range(0, channels).Select(c => channels == 1 ? x.Hull.Plus(-x.Zero) : x.At(c))];
        Interval[] others = [.. Enumerable.Range(0, channels).Select(c => both ? w.At(c) : w.Hull.Plus(-w.Zero))];
        Interval range = others.Aggregate((a, b) => a.Hull(b));
        if (range.Low < int.MinValue || range.High > int.MaxValue)
        {
            reading.Leave(node, "multiplies integers of more than 32 bits");
            return;
        }
        var shape = new GemmLayer(node.Name, node.OpType, channels, Math.Max(1, count / reading.Batch / channels), both ? 2 : 1, 1,
            2L * count / reading.Batch);
        IntegerWeights weights = both ? others.SelectMany(o => new[] { (int)o.Low, (int)o.High }).ToArray() : IntegerWeights.None;
        if (!reading.AddSum(node, new IntegerLayer(node.Name, node.OpType, shape, weights, range, inputs))) return;
        Interval[] products = [.. inputs.Zip(others, (a, b) => a.Times(b.Low).Hull(a.Times(b.High)))];
        float unit = x.Scales[0] * w.Scales[0];
        double most = products.Max(p => (double)Int128.Max(Int128.Abs(p.Low), Int128.Abs(p.High)));
        double before = x.Slack * Most(w) + w.Slack * Most(x) + x.Slack * w.Slack;
        if (unit > 0) ElementSums.Set(reading, node, products, channels > 1 ? x.Inner : 1, [unit], ElementSums.Slack(most, unit, before));
    }

    private static double Most(Summand s) =>
        (double)Int128.Max(Int128.Abs(s.Hull.Low - s.Zero), Int128.Abs(s.Hull.High - s.Zero)) * s.Scales[0];
}
