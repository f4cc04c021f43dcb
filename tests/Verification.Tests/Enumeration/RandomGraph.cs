using Sim.Verification.Tests.Layers;
using Sim.Workloads.Graph;

namespace Sim.Verification.Tests.Enumeration;

/// <summary>A small random network of mixed operators whose scales are powers of two: QDQ, QCDQ, QLinear and QONNX quantizers, sums and
/// products of every kind, views between.</summary>
internal sealed class RandomGraph
{
    private static readonly string[] Styles = ["qdq", "qcdq", "qonnx", "qlinear"];

    private readonly Graphs _graph = new();
    private readonly Random _random;
    private readonly string _style;
    private readonly List<(string Name, int[] Shape, double? Scale)> _tensors = [];
    private int _names;

    private RandomGraph(int seed)
    {
        _random = new Random(seed);
        _style = Styles[seed % Styles.Length];
    }

    /// <summary>The network and the codes that its input can have, as float32 values.</summary>
    internal static (NetworkGraph Graph, float[] Inputs) Make(int seed)
    {
        var made = new RandomGraph(seed);
        return made.Make();
    }

    private (NetworkGraph, float[]) Make()
    {
        int[] shape = [1, 2, 2, _random.Next(1, 3)];
        double scale = Scale();
        Quantized("x", shape, scale);
        for (int i = _random.Next(2, 7); i > 0 || _tensors.Count < 2; i--) Step();
        // The last tensor is the output; what the others lead to is judged all the same.
        _graph.Node($"Identity: {_tensors[^1].Name} -> out");
        float[] inputs = [.. Enumerable.Range(-9, 19).Select(v => (float)(v * scale))];
        return (_graph.Build(ElementType.Float32, shape), inputs);
    }

    private string Name(string stem) => $"{stem}{_names++}";

    private double Scale() => Math.Pow(2, _random.Next(-3, 1));

    private string Float(double value)
    {
        string name = Name("c");
        _graph.Floats(name, [(float)value]);
        return name;
    }

    private string Integers(ElementType type, long[] values, params int[] shape)
    {
        string name = Name("i");
        _graph.Integers(name, type, values, shape);
        return name;
    }

    private void Add(string name, int[] shape, double? scale) => _tensors.Add((name, shape, scale));

    /// <summary>A tensor quantized in the graph's style, and its float32 value added to the list.</summary>
    private void Quantized(string from, int[] shape, double scale)
    {
        bool signed = _random.Next(2) == 0;
        string y = Name("q");
        if (_style == "qonnx")
        {
            if (_random.Next(6) == 0) _graph.Node($"qonnx.custom_op.general/BipolarQuant: {from}, {Float(scale)} -> {y}");
            else
                _graph.Node($"qonnx.custom_op.general/Quant: {from}, {Float(scale)}, {Float(0)}, {Float(_random.Next(2, 5))} -> {y}",
                    new NodeAttribute("signed", Integer: signed ? 1 : 0), new NodeAttribute("narrow", Integer: _random.Next(2)),
                        new NodeAttribute("rounding_mode", Text: "ROUND"));
            Add(y, shape, scale);
            return;
        }
        ElementType type = signed ? ElementType.Int8 : ElementType.UInt8;
        string s = Float(scale), z = Integers(type, [_random.Next(3) == 0 ? _random.Next(signed ? -3 : 0, 4) : 0]), codes = Name("k");
        _graph.Node($"QuantizeLinear: {from}, {s}, {z} -> {codes}");
        if (_style != "qdq" || _random.Next(4) == 0)
        {
            string cut = Name("k");
            (long low, long high) = signed ? (-2, 1) : (0, _random.Next(1, 4));
            _graph.Node($"Clip: {codes}, {Integers(type, [low])}, {Integers(type, [high])} -> {cut}");
            codes = cut;
        }
        _graph.Node($"DequantizeLinear: {codes}, {s}, {z} -> {y}");
        Add(y, shape, scale);
    }

    private (string Name, int[] Shape, double? Scale) Any(Func<int[], bool>? fits = null)
    {
        var all = _tensors.Where(t => fits is null || fits(t.Shape)).ToArray();
        return all.Length == 0 ? default : all[Math.Max(_random.Next(all.Length), _random.Next(all.Length))];
    }

    private void Step()
    {
        (string a, int[] s, double? scale) = Any();
        switch (_random.Next(21))
        {
            case 0: Quantized(a, s, Scale()); break;
            case 1: One("Relu", a, s, scale); break;
            case 2:
                double unit = scale ?? 0.25;
                One($"Clip: {a}, {Float(unit * _random.Next(-4, 1))}, {Float(unit * _random.Next(1, 5) + (_random.Next(4) == 0 ? unit / 2 : 0))}", s, scale);
                break;
            case 3 or 4:
                (string b, _, double? other) = Any(t => t.SequenceEqual(s));
                One($"{(_random.Next(3) == 0 ? "Sub" : "Add")}: {a}, {b}", s, scale == other ? scale : null);
                break;
            case 5:
                string[] three = [a, Any(t => t.SequenceEqual(s)).Name, Any(t => t.SequenceEqual(s)).Name];
                One($"{(_random.Next(4) == 0 ? "Mean" : "Sum")}: {string.Join(", ", three)}", s, scale);
                break;
            case 6:
                _graph.Floats($"b{_names}", [.. Enumerable.Range(0, s[^1]).Select(_ => (float)((scale ?? 0.5) * _random.Next(-5, 6)))],
                    s[^1]);
                One($"Add: {a}, b{_names++}", s, scale);
                break;
            case 7:
                (string f, _, double? factor) = Any(t => t.SequenceEqual(s));
                One($"Mul: {a}, {f}", s, scale * factor);
                break;
            case 8: One($"Mul: {a}, {Float(Math.Pow(2, _random.Next(-2, 3)))}", s, scale); break;
            case 9:
                (string c, int[] cs, _) = Any(t => t.Length == s.Length && t.Length > 1 && t.Where((d, i) => i != 1)
                    .SequenceEqual(s.Where((d, i) => i != 1)));
                if (c is not null && s[1] + cs[1] < 9) Made($"Concat: {a}, {c}", [.. s.Select((d, i) => i == 1 ? d + cs[1] : d)], scale,
                    new NodeAttribute("axis", Integer: 1));
                break;
            case 10: One($"{(_random.Next(2) == 0 ? "Max" : "Min")}: {a}, {Any(t => t.SequenceEqual(s)).Name}", s, scale); break;
            case 11 or 12: Pool(); break;
            case 13 or 14: Reduce(a, s, scale); break;
            case 15 or 16: Dense(); break;
            case 17 or 18: Convolution(); break;
            case 19: View(a, s, scale); break;
            default:
                (string m, int[] ms, double? mine) = Any(t => t.Length == 2);
                (string w, int[] ws, double? theirs) = m is null ? default : Any(t => t.Length == 2 && t[0] == ms[1]);
                if (w is not null) Made($"MatMul: {m}, {w}", [ms[0], ws[1]], mine * theirs);
                break;
        }
    }

    private void One(string op, string a, int[] s, double? scale) => One($"{op}: {a}", s, scale);

    private void One(string text, int[] s, double? scale) => Made(text, s, scale);

    private void Made(string text, int[] shape, double? scale, params NodeAttribute[] attributes)
    {
        string y = Name("y");
        _graph.Node($"{text} -> {y}", attributes);
        Add(y, shape, scale);
    }

    private void Pool()
    {
        (string a, int[] s, double? scale) = Any(t => t.Length == 4 && t[2] > 1);
        if (a is null) return;
        int width = Math.Min(2, s[3]), kind = _random.Next(4);
        NodeAttribute kernel = new("kernel_shape", Integers: [2, width]);
        if (kind == 0) Made($"GlobalAveragePool: {a}", [1, s[1], 1, 1], null);
        else if (kind == 1) Made($"MaxPool: {a}", [1, s[1], s[2] - 1, s[3] - width + 1], scale, kernel);
        else if (kind == 2) Made($"AveragePool: {a}", [1, s[1], s[2] - 1, s[3] - width + 1], null, kernel);
        else Made($"AveragePool: {a}", [1, s[1], s[2] + 1, s[3] - width + 1], null, kernel,
            new NodeAttribute("pads", Integers: [1, 0, 1, 0]));
    }

    private void Reduce(string a, int[] s, double? scale)
    {
        int[] axes = [.. Enumerable.Range(1, s.Length - 1).Where(_ => _random.Next(2) == 0)];
        if (axes.Length == 0) axes = [s.Length - 1];
        bool keep = _random.Next(2) == 0;
        int[] made = keep ? [.. s.Select((d, i) => axes.Contains(i) ? 1 : d)] : [.. s.Where((_, i) => !axes.Contains(i))];
        NodeAttribute keeps = new("keepdims", Integer: keep ? 1 : 0);
        if (_random.Next(3) == 0) Made($"ReduceMean: {a}", made, null, keeps,
            new NodeAttribute("axes", Integers: [.. axes.Select(i => (long)i)]));
        else Made($"ReduceSum: {a}, {Integers(ElementType.Int64, [.. axes.Select(i => (long)i)], axes.Length)}", made, scale, keeps);
    }

    private long[] Weights(int count, int most = 3) => [.. Enumerable.Range(0, count).Select(_ => (long)_random.Next(-most, most + 1))];

    /// <summary>Constant weights in the style of the graph, and their scale.</summary>
    private (string Name, double Scale) Weight(params int[] shape)
    {
        double scale = Scale();
        long[] codes = Weights(shape.Aggregate(1, (a, b) => a * b));
        string name = Name("w");
        if (_style == "qonnx")
        {
            string raw = Name("w");
            _graph.Floats(raw, [.. codes.Select(c => (float)(c * scale))], shape);
            _graph.Node($"qonnx.custom_op.general/Quant: {raw}, {Float(scale)}, {Float(0)}, {Float(3)} -> {name}",
                new NodeAttribute("signed", Integer: 1), new NodeAttribute("narrow", Integer: 1),
                    new NodeAttribute("rounding_mode", Text: "ROUND"));
        }
        else _graph.Node($"DequantizeLinear: {Integers(ElementType.Int8, codes, shape)}, {Float(scale)}, {Integers(ElementType.Int8, [0])} -> {name}");
        return (name, scale);
    }

    private void Dense()
    {
        (string a, int[] s, double? scale) = Any(t => t.Length == 2 && t[^1] <= 16);
        if (a is null)
        {
            (string b, int[] bs, double? kept) = Any();
            Made($"Flatten: {b}", [bs[0], bs.Skip(1).Aggregate(1, (x, y) => x * y)], kept);
            return;
        }
        int n = _random.Next(1, 4);
        if (_style == "qlinear" && _random.Next(2) == 0)
        {
            double x = Scale(), y = Scale();
            string codes = Name("k"), results = Name("k"), z = Integers(ElementType.UInt8, [_random.Next(0, 3)]), sx = Float(x),
                sy = Float(y), zy = Integers(ElementType.Int8, [_random.Next(-2, 3)]);
            _graph.Node($"QuantizeLinear: {a}, {sx}, {z} -> {codes}");
            _graph.Node($"QLinearMatMul: {codes}, {sx}, {z}, {Integers(ElementType.Int8, Weights(s[^1] * n), s[^1], n)}, {Float(Scale())}, {Integers(ElementType.Int8, [0])}, {sy}, {zy} -> {results}");
            Made($"DequantizeLinear: {results}, {sy}, {zy}", [s[0], n], y);
            return;
        }
        (string w, double ws) = Weight(s[^1], n);
        if (_random.Next(3) != 0) Made($"MatMul: {a}, {w}", [s[0], n], scale * ws);
        else
        {
            _graph.Floats($"b{_names}", [.. Weights(n, 9).Select(b => (float)(b * ws * (scale ?? 1)))], n);
            Made($"Gemm: {a}, {w}, b{_names++}", [s[0], n], scale * ws);
        }
    }

    private void Convolution()
    {
        (string a, int[] s, double? scale) = Any(t => t.Length == 4 && t[1] <= 4);
        if (a is null) return;
        bool depthwise = _random.Next(3) == 0, padded = _random.Next(3) == 0;
        int k = padded ? 2 : Math.Min(s[2], _random.Next(1, 3)), outputs = depthwise ? s[1] : _random.Next(1, 4), grow = padded ? 2 : 0;
        int[] shape = [1, outputs, s[2] + grow - k + 1, s[3]];
        NodeAttribute[] attributes = [new("group", Integer: depthwise ? s[1] : 1), .. padded
            ? (NodeAttribute[])[new("pads", Integers: [1, 0, 1, 0])] : []];
        int[] weights = [outputs, depthwise ? 1 : s[1], k, 1];
        if (_style == "qlinear" && _random.Next(2) == 0)
        {
            double x = Scale(), y = Scale();
            string codes = Name("k"), results = Name("k"), z = Integers(ElementType.UInt8, [_random.Next(0, 3)]), sx = Float(x),
                sy = Float(y), zy = Integers(ElementType.UInt8, [0]);
            _graph.Node($"QuantizeLinear: {a}, {sx}, {z} -> {codes}");
            string w = Integers(ElementType.Int8, Weights(weights.Aggregate(1, (p, q) => p * q)), weights),
                bias = Integers(ElementType.Int32, Weights(outputs, 40), outputs);
            _graph.Node($"QLinearConv: {codes}, {sx}, {z}, {w}, {Float(Scale())}, {Integers(ElementType.Int8, [_random.Next(-1, 2)])}, {sy}, {zy}, {bias} -> {results}", attributes);
            Made($"DequantizeLinear: {results}, {sy}, {zy}", shape, y);
            return;
        }
        (string name, double ws) = Weight(weights);
        if (_random.Next(2) == 0) Made($"Conv: {a}, {name}", shape, scale * ws, attributes);
        else
        {
            _graph.Floats($"b{_names}", [.. Weights(outputs, 9).Select(b => (float)(b * ws * (scale ?? 1)))], outputs);
            Made($"Conv: {a}, {name}, b{_names++}", shape, scale * ws, attributes);
        }
    }

    private void View(string a, int[] s, double? scale)
    {
        int kind = _random.Next(5);
        if (kind == 0 && s.Length > 1)
        {
            int[] perm = [0, .. Enumerable.Range(1, s.Length - 1).Reverse()];
            Made($"Transpose: {a}", [.. perm.Select(p => s[p])], scale,
                new NodeAttribute("perm", Integers: [.. perm.Select(p => (long)p)]));
        }
        else if (kind == 1 && s.Length == 4)
        {
            // Pairs of channels become one of twice the height.
            int[] to = s[1] % 2 == 0 ? [1, s[1] / 2, s[2] * 2, s[3]] : [1, s[1] * s[2], 1, s[3]];
            Made($"Reshape: {a}, {Integers(ElementType.Int64, [.. to.Select(d => (long)d)], 4)}", to, scale);
        }
        else if (kind == 2 && s.Length == 4) Made($"Pad: {a}, {Integers(ElementType.Int64, [0, 0, 1, 0, 0, 0, 0, 1], 8)}",
            [1, s[1], s[2] + 1, s[3] + 1], scale);
        else if (kind == 3 && s.Length > 1 && s[1] % 2 == 0)
        {
            string first = Name("y"), second = Name("y");
            _graph.Node($"Split: {a} -> {first}, {second}", new NodeAttribute("axis", Integer: 1));
            int[] half = [.. s.Select((d, i) => i == 1 ? d / 2 : d)];
            Add(first, half, scale);
            Add(second, half, scale);
        }
        else Made($"Flatten: {a}", [s[0], s.Skip(1).Aggregate(1, (x, y) => x * y)], scale);
    }
}
