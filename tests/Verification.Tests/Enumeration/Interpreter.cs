using Sim.Workloads.Graph;

namespace Sim.Verification.Tests.Enumeration;

/// <summary>
/// ONNX and QONNX operators over exact numbers, written from their specifications for small graphs whose scales are powers of two, and the
/// sums that the registers of each node hold: every subset of a sum's terms is a partial sum, so the sums of the positive and of the
/// negative terms are the extremes of one input.
/// </summary>
internal sealed class Interpreter(NetworkGraph graph, int multiplierBits)
{
    private readonly Dictionary<string, Values> _values = [];

    /// <summary>Least and greatest partial sum by node and row; a null key row: rows of this node are not told apart.</summary>
    internal Dictionary<(string Node, int Row), (double Low, double High)> Reached { get; } = [];

    /// <summary>Nodes that summed numbers which are no integers of one unit.</summary>
    internal HashSet<string> WithoutUnit { get; } = [];

    internal Values Run(Values input)
    {
        _values.Clear();
        foreach ((string name, Tensor t) in graph.Constants)
            _values[name] = new(t.Shape, t.Type.IsReal() ? Array.ConvertAll(t.Floats, v => (double)v)
                : Array.ConvertAll(t.Integers, v => (double)v), t.Type.IsReal() ? null : 1);
        _values[graph.Inputs[0].Name] = input;
        foreach (Node node in graph.Nodes)
        {
            Values[] results = Apply(node, [.. node.Inputs.Select(i => i.Length == 0 ? null! : _values[i])]);
            for (int o = 0; o < node.Outputs.Length; o++) _values[node.Outputs[o]] = results[o];
        }
        return _values[graph.Outputs[0].Name];
    }

    internal Values Value(string name) => _values[name];

    private Values[] Apply(Node n, Values[] x) => n.OpType switch
    {
        "QuantizeLinear" => [Codes(x[0], x[1].Data[0], x[2], graph.Constants[n.Inputs[2]].Type)],
        "DequantizeLinear" => [Dequantized(x)],
        "Quant" => [Quant(n, x)],
        "BipolarQuant" => [x[0].Map(v => v >= 0 ? x[1].Data[0] : -x[1].Data[0], x[1].Data[0])],
        "Identity" => [x[0]],
        "Relu" => [x[0].Map(v => Math.Max(v, 0), x[0].Unit)],
        "Clip" => [Clip(x)],
        "Neg" => [x[0].Map(v => -v, null)],
        "Reshape" => [x[0] with { Shape = [.. x[1].Data.Select(d => (int)d)] }],
        "Flatten" => [x[0] with { Shape = [x[0].Shape[0], x[0].Count / x[0].Shape[0]] }],
        "Transpose" => [Transposed(x[0], [.. n.Attributes["perm"].Integers.Select(p => (int)p)])],
        "Concat" => [Concatenated(x, (int)n.Attributes["axis"].Integer!.Value)],
        "Split" => [.. Halves(x[0], (int)n.Attributes["axis"].Integer!.Value)],
        "Pad" => [Padded(x[0], [.. x[1].Data.Select(p => (int)p)])],
        "Max" or "Min" => [Paired(n, x)],
        "Add" or "Sub" or "Sum" or "Mean" => [Added(n, x)],
        "Mul" => [Multiplied(n, x)],
        "MaxPool" => [Windows(n, x[0], w => w.Max(), null, x[0].Unit)],
        "AveragePool" => [Windows(n, x[0], w => w.Sum() / w.Count, x[0].Unit is { } u ? u : double.NaN, null)],
        "GlobalAveragePool" => [Reduced(n, x[0], [.. Enumerable.Range(2, x[0].Shape.Length - 2)], true, mean: true, byChannel: true)],
        "ReduceSum" => [Reduced(n, x[0], [.. x[1].Data.Select(a => (int)a)], Keeps(n), mean: false, byChannel: false)],
        "ReduceMean" => [Reduced(n, x[0], [.. n.Attributes["axes"].Integers.Select(a => (int)a)], Keeps(n), mean: true, byChannel: false)],
        "MatMul" => [Product(n, x[0], x[1], null, x[0].Unit * x[1].Unit)],
        "Gemm" => [Product(n, x[0], n.Attributes.ContainsKey("transB") ? Transposed(x[1], [1, 0]) : x[1], x.Length > 2 ? x[2] : null,
            x[0].Unit * x[1].Unit)],
        "Conv" => [Convolved(n, x[0], x[1], x.Length > 2 ? x[2] : null, x[0].Unit * x[1].Unit)],
        "QLinearConv" => [Requantized(Convolved(n, Centred(x, 0), Centred(x, 3), x.Length > 8 ? x[8] : null, 1), x,
            graph.Constants[n.Inputs[7]].Type)],
        "QLinearMatMul" => [Requantized(Product(n, Centred(x, 0), Centred(x, 3), null, 1), x, graph.Constants[n.Inputs[7]].Type)],
        "MatMulInteger" => [Product(n, Centred(x[0], x[2]), Centred(x[1], x[3]), null, 1)],
        "Cast" => [x[0]],
        _ => throw new NotSupportedException(n.OpType),
    };

    private static bool Keeps(Node n) => n.Attributes.GetValueOrDefault("keepdims")?.Integer is not 0;

    private static Values Codes(Values x, double scale, Values zero, ElementType type)
    {
        (long low, long high) = type.Range();
        return x.Map(v => Math.Clamp(Math.Round(v / scale, MidpointRounding.ToEven) + zero.Data[0], low, high), 1);
    }

    private static Values Dequantized(Values[] x) => x[0].Map(v => (v - (x.Length > 2 ? x[2].Data[0] : 0)) * x[1].Data[0], x[1].Data[0]);

    private static Values Centred(Values[] x, int at) => Centred(x[at], x[at + 2]);

    private static Values Centred(Values x, Values zero) => x.Map(v => v - zero.Data[0], 1);

    private static Values Requantized(Values sums, Values[] x, ElementType type) =>
        Codes(sums.Map(v => v * x[1].Data[0] * x[4].Data[0], null), x[6].Data[0], x[7], type);

    private static Values Quant(Node n, Values[] x)
    {
        bool signed = n.Attributes.GetValueOrDefault("signed")?.Integer is not 0,
            narrow = n.Attributes.GetValueOrDefault("narrow")?.Integer is 1;
        double bits = x[3].Data[0], high = Math.Pow(2, signed ? bits - 1 : bits) - (!signed && narrow ? 2 : 1), low = signed
            ? -Math.Pow(2, bits - 1) + (narrow ? 1 : 0) : 0;
        return x[0].Map(v => (Math.Round(Math.Clamp(v / x[1].Data[0] + x[2].Data[0], low, high), MidpointRounding.ToEven) - x[2].Data[0])
            * x[1].Data[0], x[1].Data[0]);
    }

    private static Values Clip(Values[] x)
    {
        double low = x[1].Data[0], high = x[2].Data[0];
        return x[0].Map(v => Math.Min(Math.Max(v, low), high), x[0].Unit is { } u && low / u == Math.Round(low / u)
            && high / u == Math.Round(high / u) ? u : null);
    }

    private static Values Transposed(Values x, int[] perm) => Values.Of([.. perm.Select(p => x.Shape[p])], place =>
    {
        var from = new int[perm.Length];
        for (int i = 0; i < perm.Length; i++) from[perm[i]] = place[i];
        return x[from];
    }, x.Unit);

    private static double? Common(IEnumerable<Values> x) => x.Select(v => v.Unit).Distinct().Count() == 1 ? x.First().Unit : null;

    private static Values Concatenated(Values[] x, int axis)
    {
        int[] shape = [.. x[0].Shape];
        shape[axis] = x.Sum(v => v.Shape[axis]);
        return Values.Of(shape, place =>
        {
            int[] at = [.. place];
            int part = 0;
            for (; at[axis] >= x[part].Shape[axis]; part++) at[axis] -= x[part].Shape[axis];
            return x[part][at];
        }, Common(x));
    }

    private static IEnumerable<Values> Halves(Values x, int axis)
    {
        int[] shape = [.. x.Shape];
        shape[axis] /= 2;
        for (int half = 0; half < 2; half++)
        {
            int offset = half * shape[axis];
            yield return Values.Of(shape, place =>
            {
                int[] at = [.. place];
                at[axis] += offset;
                return x[at];
            }, x.Unit);
        }
    }

    private static Values Padded(Values x, int[] pads)
    {
        int rank = x.Shape.Length;
        return Values.Of([.. x.Shape.Select((d, i) => d + pads[i] + pads[i + rank])], place =>
        {
            int[] at = [.. place.Select((p, i) => p - pads[i])];
            return at.Where((p, i) => p < 0 || p >= x.Shape[i]).Any() ? 0 : x[at];
        }, x.Unit);
    }

    private static int[] Broadcast(Values[] x) => x.Select(v => v.Shape).Aggregate((a, b) =>
        [.. Enumerable.Range(1, Math.Max(a.Length, b.Length)).Reverse()
            .Select(i => Math.Max(i <= a.Length ? a[^i] : 1, i <= b.Length ? b[^i] : 1))]);

    private static Values Paired(Node n, Values[] x)
    {
        int[] shape = Broadcast(x);
        return new(shape, [.. Enumerable.Range(0, Values.Size(shape))
            .Select(i => x.Select(v => v.At(shape, i)).Aggregate(n.OpType == "Max" ? Math.Max : Math.Min))], Common(x));
    }

    private Values Added(Node n, Values[] x)
    {
        int[] shape = Broadcast(x);
        bool[] isReal = [.. n.Inputs.Select(i => graph.Constants.ContainsKey(i) && graph.Constants[i].Type == ElementType.Float32)];
        double?[] units = [.. x.Where((_, i) => !isReal[i]).Select(v => v.Unit)];
        double? large = units.Contains(null) ? null : units.Max();
        bool equal = units.Distinct().Count() == 1;
        // Several scales: each in parts of the largest, which has the top bit of a multiplier.
        double? part = equal ? large : large / Math.Pow(2, multiplierBits - 1);
        var sums = new double[Values.Size(shape)];
        for (int i = 0; i < sums.Length; i++)
        {
            double[] terms = [.. x.Select((v, t) => v.At(shape, i) * (n.OpType == "Sub" && t == 1 ? -1 : 1))];
            sums[i] = terms.Sum();
            Note(n, -1, terms.Select((v, t) => part is not { } p ? double.NaN : isReal[t] ? Math.Round(v / p, MidpointRounding.ToEven)
                : v / x[t].Unit!.Value * Math.Round(x[t].Unit!.Value / p, MidpointRounding.ToEven)), 0);
        }
        return new(shape, n.OpType == "Mean" ? Array.ConvertAll(sums, s => s / x.Length) : sums, n.OpType == "Mean" || !equal ? null
            : large);
    }

    private Values Multiplied(Node n, Values[] x)
    {
        int[] shape = Broadcast(x);
        bool scales = n.Inputs.Any(i => graph.Constants.ContainsKey(i));
        double? unit = scales ? x[0].Unit * x[1].Data[0] : x[0].Unit * x[1].Unit;
        double[] products = [.. Enumerable.Range(0, Values.Size(shape)).Select(i => x[0].At(shape, i) * x[1].At(shape, i))];
        if (!scales)
            foreach (double p in products) Note(n, -1, [unit is { } u ? p / u : double.NaN], 0);
        return new(shape, products, unit);
    }

    // Windows of 2 × 2, or of the attributes' size, over the last two of four dimensions.
    private Values Windows(Node n, Values x, Func<List<double>, double> of, double? unit, double? result)
    {
        int[] k = [.. n.Attributes["kernel_shape"].Integers.Select(v => (int)v)],
            s = n.Attributes.TryGetValue("strides", out NodeAttribute? strides) ? [.. strides.Integers.Select(v => (int)v)] : [1, 1];
        int[] pads = n.Attributes.TryGetValue("pads", out NodeAttribute? given) ? [.. given.Integers.Select(v => (int)v)] : [0, 0, 0, 0];
        int[] shape = [x.Shape[0], x.Shape[1], (x.Shape[2] + pads[0] + pads[2] - k[0]) / s[0] + 1,
            (x.Shape[3] + pads[1] + pads[3] - k[1]) / s[1] + 1];
        return Values.Of(shape, place =>
        {
            var inside = new List<double>();
            for (int i = 0; i < k[0] * k[1]; i++)
            {
                int y = place[2] * s[0] - pads[0] + i / k[1], z = place[3] * s[1] - pads[1] + i % k[1];
                if (y >= 0 && z >= 0 && y < x.Shape[2] && z < x.Shape[3]) inside.Add(x[place[0], place[1], y, z]);
            }
            if (unit is { } u) Note(n, place[1], inside.Select(v => v / u), 0);
            return of(inside);
        }, result);
    }

    private Values Reduced(Node n, Values x, int[] axes, bool keep, bool mean, bool byChannel)
    {
        int[] all = [.. axes.Select(a => a < 0 ? a + x.Shape.Length : a)], kept = [.. x.Shape.Select((d, i) => all.Contains(i) ? 1 : d)];
        var terms = new List<double>[Values.Size(kept)];
        for (int i = 0; i < terms.Length; i++) terms[i] = [];
        for (int i = 0; i < x.Count; i++)
        {
            int[] place = x.Place(i);
            int at = 0;
            for (int d = 0; d < kept.Length; d++) at = at * kept[d] + (all.Contains(d) ? 0 : place[d]);
            terms[at].Add(x.Data[i]);
        }
        for (int i = 0; i < terms.Length; i++) Note(n, byChannel ? i % x.Shape[1] : -1,
            terms[i].Select(v => x.Unit is { } u ? v / u : double.NaN), 0);
        return new(keep ? kept : [.. x.Shape.Where((_, i) => !all.Contains(i))],
            [.. terms.Select(t => mean ? t.Sum() / t.Count : t.Sum())], mean ? null : x.Unit);
    }

    private Values Product(Node n, Values a, Values b, Values? bias, double? unit)
    {
        int k = a.Shape[^1], columns = b.Shape[^1];
        return Values.Of([.. a.Shape[..^1], columns], place =>
        {
            double[] products = [.. Enumerable.Range(0, k)
                .Select(i => a[[.. place[..^1], i]] * (b.Shape.Length == 2 ? b[i, place[^1]] : b[[.. place[..^2], i, place[^1]]]))];
            double start = bias is null ? 0 : bias.Data[bias.Count == 1 ? 0 : place[^1]];
            // Products of a batch are rows of their own groups.
            Note(n, b.Shape.Length == 2 ? place[^1] : -1, products.Select(p => unit is { } u ? p / u : double.NaN), unit is { } s
                ? Math.Round(start / s, MidpointRounding.ToEven) : double.NaN);
            return products.Sum() + start;
        }, unit);
    }

    private Values Convolved(Node n, Values x, Values w, Values? bias, double? unit)
    {
        int groups = (int)(n.Attributes.GetValueOrDefault("group")?.Integer ?? 1), perGroup = w.Shape[0] / groups;
        int[] pads = n.Attributes.TryGetValue("pads", out NodeAttribute? given) ? [.. given.Integers.Select(v => (int)v)] : [0, 0, 0, 0];
        int[] shape = [x.Shape[0], w.Shape[0], x.Shape[2] + pads[0] + pads[2] - w.Shape[2] + 1, x.Shape[3] + pads[1] + pads[3] - w.Shape[3]
            + 1];
        return Values.Of(shape, place =>
        {
            var products = new List<double>();
            for (int c = 0; c < w.Shape[1]; c++)
            {
                for (int i = 0; i < w.Shape[2] * w.Shape[3]; i++)
                {
                    int y = place[2] - pads[0] + i / w.Shape[3], z = place[3] - pads[1] + i % w.Shape[3];
                    if (y >= 0 && z >= 0 && y < x.Shape[2]
                        && z < x.Shape[3]) products.Add(x[place[0], place[1] / perGroup * w.Shape[1] + c, y, z]
                        * w[place[1], c, i / w.Shape[3], i % w.Shape[3]]);
                }
            }
            double start = bias is null ? 0 : bias.Data[bias.Count == 1 ? 0 : place[1]];
            Note(n, place[1], products.Select(p => unit is { } u ? p / u : double.NaN), unit is { } s
                ? Math.Round(start / s, MidpointRounding.ToEven) : double.NaN);
            return products.Sum() + start;
        }, unit);
    }

    private void Note(Node n, int row, IEnumerable<double> terms, double start)
    {
        double low = start, high = start;
        foreach (double term in terms)
        {
            if (double.IsNaN(term) || double.IsNaN(start))
            {
                WithoutUnit.Add(n.Name);
                return;
            }
            if (term < 0) low += term;
            else high += term;
        }
        (double Low, double High) known = Reached.GetValueOrDefault((n.Name, row), (start, start));
        Reached[(n.Name, row)] = (Math.Min(known.Low, low), Math.Max(known.High, high));
    }
}
