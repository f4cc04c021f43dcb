using System.Numerics;

namespace Sim.Checker.Model;

internal sealed partial class ModelReading
{
    // QLinearConv, QLinearMatMul, ConvInteger, MatMulInteger, QGemm: operands are integers as stored.
    private Known IntegerProduct(Node node)
    {
        bool isGemm = node.Op == "QGemm", scaled = isGemm || node.Op is "QLinearConv" or "QLinearMatMul";
        if (isGemm && (node.Real("alpha", 1) != 1 || node.Int("transA", 0) != 0)) throw new Fault("alpha or transA is not understood");
        Known weights = Value(node, WeightInput(node)) ?? throw new Fault("its weights are not known");
        Integers x = Value(node, 0) as Integers ?? throw new Fault("its inputs are not known");
        int addend = isGemm ? 6 : node.Op == "QLinearConv" ? 8 : int.MaxValue, output = isGemm ? 7 : 6;
        Layer layer = Make(node, x, One(Zeros(node, 2), "zero points of the input"), weights, Zeros(node, scaled ? 5 : 3),
            s => node.Has(addend) && Need(node, addend, "bias") is var b && ByColumn(b.Shape, s.Rows) ? b.Integers() : [0]);
        if (!scaled) return new Sums(layer, [1]);
        float sx = One(Scales(node, 1), "scales of the input");
        float[] sw = Scales(node, 4);
        if (sw.Length != 1) sw = Each(sw, layer.Rows, "scales of the weights");
        if (isGemm && !node.Has(output)) return new Sums(layer, [.. sw.Select(w => sx * w)]);
        float sy = One(Scales(node, output), "scales of the output");
        Range type = Tensor.TypeRange(node.Has(output + 1) ? Need(node, output + 1, "zero point").Type : 2)
            ?? throw new Fault("its output is not of integers");
        var link = new Link(layer, [.. sw.Select(w => sx * w / sy)], One(Zeros(node, output + 1), "zero points of the output"), type.Low,
            type.High);
        return Sums.Requantized(link, type, _propagate, 0);
    }

    // Conv, Gemm, MatMul of dequantized operands: the integers are summed, the scales multiply the sums.
    private Known ScaledProduct(Node node)
    {
        if (Value(node, 0) is not Scaled x || Value(node, 1) is not { } weights
            || weights is not (Grid or Scaled)) throw new Fault("an operand is not quantized by the model");
        float alpha = node.Op == "Gemm" ? node.Real("alpha", 1) : 1, beta = node.Op == "Gemm" ? node.Real("beta", 1) : 1;
        if (!(alpha > 0 && float.IsFinite(alpha)) || node.Int("transA", 0) != 0) throw new Fault("alpha or transA is not understood");
        float[] scales = [], products = [];
        Layer layer = Make(node, x.Q, x.Zero, weights is Scaled w ? w.Q : weights, weights is Scaled v ? [v.Zero] : null, l =>
        {
            scales = weights is Scaled u ? [.. Enumerable.Repeat(u.Scale, l.Rows)] : PerRow(l, ((Grid)weights).Scale);
            products = [.. scales.Select(s => x.Scale * s * alpha)];
            return node.Has(2) ? Bias(node, l, products, beta) : [0];
        });
        return new Sums(layer, products.Distinct().Count() == 1 ? [products[0]] : products);
    }

    // A layer of constant or computed weights, once its sizes are known. Zero points null: those of the grid.
    private Layer Make(Node node, Integers x, long inputZero, Known weights, long[]? zeros, Func<Sizes, long[]> bias)
    {
        Sizes s = SizesOf(node, weights is Grid g ? g.Shape : ShapeOf(node.Inputs[WeightInput(node)]), weights is Grid);
        if (s.Rows is < 1 or > MostRows || s.K < 0 || weights is Grid g0
            && g0.Count != (long)s.Rows * s.K) throw new Fault("its sizes are not understood");
        Func<int, int, long>? stored = weights is Grid grid ? (row, k) => grid.Q(s.Index(row, k)) : null;
        Range type = weights is Grid q ? q.Type : ((weights as Integers) ?? throw new Fault("its weights are not integers")).Hull;
        long[] weightZeros = zeros is null ? PerRow(s, ((Grid)weights).Zero) : Each(zeros, s.Rows, "zero points of the weights");
        bool byChannel = s.Window is { } w ? x.Boxes.Length == w.Channels && x.Inner == w.Height * w.Width : s.Groups == 1
            && x.Boxes.Length * x.Inner == s.K;
        Range[] boxes = x.Boxes.Length == 1 || byChannel ? x.Boxes : [x.Hull];
        var layer = new Layer(node.Name, node.Op, s.Groups, s.Rows, s.K, stored, type, weightZeros, Each(bias(s), s.Rows, "biases"), boxes,
            inputZero, s.Window, Fits(x.Link, s) ? x.Link : null) { IsBipolar = x.IsBipolar, Source = x.Source };
        if (!Layers.TryAdd(node.Name, layer)) throw new Fault("two nodes have its name");
        return layer;
    }

    // Groups, rows, products a row, and where weight k of a row is in the tensor.
    private sealed record Sizes(int Groups, int Rows, int K, Window? Window, Func<int, int, int> Index);

    private Sizes SizesOf(Node node, int[] w, bool isConstant)
    {
        if (node.Op is "Conv" or "QLinearConv" or "ConvInteger")
        {
            int[] image = ShapeOf(node.Inputs[0]);
            int groups = (int)Math.Clamp(node.Int("group", 1), 0, 1 << 20);
            if (w.Length < 3 || WindowOf(node, image, w[2..]) is not { } window || groups < 1 || image[1] != (long)w[1] * groups
                || w[0] % groups != 0) throw new Fault("its geometry is not understood");
            int k = Elements(w.Skip(1));
            return new(groups, w[0], k, window, (row, i) => row * k + i);
        }
        bool isGemm = node.Op is "Gemm" or "QGemm";
        if (isGemm && w.Length == 2 && node.Int("transB", 0) != 0) return new(1, w[0], w[1], null, (row, i) => row * w[1] + i);
        if (w.Length == 2 && isConstant) return new(1, w[1], w[0], null, (row, i) => i * w[1] + row);
        if (isConstant && w.Length > 2)
        {
            // Each matrix of the weights is a group of rows.
            (int k, int n, int matrices) = (w[^2], w[^1], Elements(w.SkipLast(2)));
            return new(matrices, matrices * n, k, null, (row, i) => (row / n * k + i) * n + row % n);
        }
        // Products of a batch: each pair of matrices is a group.
        int[] x = ShapeOf(node.Inputs[0]);
        int batch = _batch ?? 1, products = Elements(w.SkipLast(2));
        if (isConstant || w.Length < 2 || x.Length != w.Length || !x.SkipLast(2).SequenceEqual(w.SkipLast(2))
            || products % batch != 0) throw new Fault("its matrices are not understood");
        return new(products / batch, products / batch * w[^1], w[^2], null, (_, _) => 0);
    }

    private static T[] PerRow<T>(Sizes s, Func<int, T> at) where T : IEquatable<T>
    {
        T[] rows = [.. Enumerable.Range(0, s.Rows).Select(r => at(s.Index(r, 0)))];
        for (int r = 0; r < s.Rows; r++)
            for (int k = 1; k < s.K; k++)
                if (!at(s.Index(r, k)).Equals(rows[r])) throw new Fault("scales or zero points of the weights differ within an output channel");
        return rows;
    }

    // The integers of a DequantizeLinear whose scale is that of the products, else the float bias over it, halves to even.
    private long[] Bias(Node node, Sizes s, float[] products, float beta)
    {
        Grid? stated = Value(node, 2) as Grid;
        ByColumn(Constant(node, 2)?.Shape ?? stated?.Shape ?? [], s.Rows);
        float[] values = Constant(node, 2) is { IsFloat: true } t ? t.Reals() : stated is null ? throw new Fault("its bias is no constant")
            : [.. Enumerable.Range(0, stated.Count).Select(i => (stated.Q(i) - stated.Zero(i)) * stated.Scale(i))];
        values = Each(values, s.Rows, "biases");
        return [.. values.Select((v, r) =>
        {
            int i = stated is { Count: 1 } ? 0 : r;
            if (stated is not null && stated.Zero(i) == 0 && beta == 1
                && Math.Abs(stated.Scale(i) / products[r] - 1) < 1e-6f) return stated.Q(i);
            double units = Math.Round((double)v * beta / products[r], MidpointRounding.ToEven);
            return Math.Abs(units) <= 1L << 53 ? (long)units : throw new Fault("a bias is no integer in units of the product");
        })];
    }

    // One number for all outputs, or one for each along the last axis: along another one the numbers belong to samples.
    private static bool ByColumn(int[] bias, int rows) =>
        bias.All(d => d == 1) || bias[^1] == rows && bias[..^1].All(d => d == 1) ? true
            : throw new Fault("its bias is not one for each output");

    // The arrangement of the maker's outputs must be that of the inputs.
    private static bool Fits(Link? link, Sizes s)
    {
        if (link is not { Maker: { } from } || from.Window is null && from.Groups != 1) return false;
        if (s.Window is { } to) return from.Window is { } g && from.Rows == to.Channels && g.Rows == to.Height && g.Columns == to.Width;
        return s.Groups == 1 && s.K == (BigInteger)from.Rows * from.Places;
    }
}
