using System.Globalization;
using System.Security.Cryptography;
using Sim.Checker.Files;

namespace Sim.Checker.Model;

/// <summary>A node of the model.</summary>
internal sealed record Node(string Name, string Op, string[] Inputs, string[] Outputs, Dictionary<string, Attribute> Attributes)
{
    internal long Int(string name, long absent) => Attributes.TryGetValue(name, out Attribute? a) ? a.Int : absent;

    internal float Real(string name, float absent) => Attributes.TryGetValue(name, out Attribute? a) ? a.Real : absent;

    internal string Text(string name, string absent) => Attributes.TryGetValue(name, out Attribute? a) ? a.Text : absent;

    internal int[]? Ints(string name) =>
        Attributes.TryGetValue(name, out Attribute? a)
            ? [.. a.Ints.Select(i => i is >= 0 and <= 1 << 20 ? (int)i : throw new Fault($"attribute '{name}' has a value out of range"))]
            : null;

    internal bool Has(int input) => input < Inputs.Length && Inputs[input].Length > 0;
}

/// <summary>A node's attribute; what it does not have is 0 or empty.</summary>
internal sealed record Attribute(long Int, float Real, string Text, long[] Ints, Tensor? Tensor);

/// <summary>An ONNX file: nodes in file order, constants, inputs with type and shape (open dimensions are 0), and the SHA-256 of the file
/// and of what it keeps beside it.</summary>
internal sealed class OnnxFile
{
    internal List<Node> Nodes { get; } = [];

    internal Dictionary<string, Tensor> Constants { get; } = new(StringComparer.Ordinal);

    internal Dictionary<string, (int Type, int[]? Shape)> Inputs { get; } = new(StringComparer.Ordinal);

    internal string Digest { get; }

    internal OnnxFile(string path)
    {
        byte[] bytes = Folder.Bytes(path);
        using IncrementalHash digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        digest.AppendData(bytes);
        string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "";
        ReadOnlyMemory<byte> External(Dictionary<string, string> keys, long length)
        {
            string location = keys.GetValueOrDefault("location", "");
            if (location.Length == 0 || Path.IsPathRooted(location) || location.Split('/', '\\')
                .Contains("..")) throw new Fault("an external tensor lies outside the model's folder");
            byte[] all = Folder.Bytes(Path.Combine(folder, location));
            if (!long.TryParse(keys.GetValueOrDefault("offset", "0"), NumberStyles.None, CultureInfo.InvariantCulture, out long offset)
                || offset > all.Length - length)
                throw new Fault("an external tensor reaches beyond its file");
            digest.AppendData(all.AsSpan((int)offset, (int)length));
            return all.AsMemory((int)offset, (int)length);
        }
        if (Wire.Of(bytes).Any(f => f.Field
            == 25)) throw new Fault("the model defines functions of its own, which may redefine any operator");
        foreach (Wire graph in Wire.Of(bytes).Where(f => f.Field == 7))
        {
            foreach (Wire f in Wire.Of(graph.Bytes).Where(f => f.Field == 5))
                if (Tensor.Read(f.Bytes, External) is var (name, tensor)
                    && !Constants.TryAdd(name, tensor)) throw new Fault($"initializer '{Folder.Shown(name)}' occurs twice");
            foreach (Wire f in Wire.Of(graph.Bytes))
            {
                if (f.Field == 1) Add(f.Bytes, External);
                else if (f.Field == 11) Input(f.Bytes);
            }
        }
        // Certificates name nodes, and nodes name values: neither may be ambiguous.
        if (Twice(Nodes.Select(n => n.Name)) is { } node) throw new Fault($"two nodes are named '{Folder.Shown(node)}'");
        IEnumerable<string> made = Nodes.Where(n => n.Op != "Constant" || !Constants.ContainsKey(n.Outputs[0])).SelectMany(n => n.Outputs)
            .Where(o => o.Length > 0);
        if (Twice(made.Concat(Constants.Keys).Concat(Inputs.Keys)) is
            { } value) throw new Fault($"value '{Folder.Shown(value)}' is made twice");
        Digest = Convert.ToHexStringLower(digest.GetHashAndReset());
    }

    private static string? Twice(IEnumerable<string> names)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return names.FirstOrDefault(n => !seen.Add(n));
    }

    private void Add(ReadOnlyMemory<byte> proto, Func<Dictionary<string, string>, long, ReadOnlyMemory<byte>> external)
    {
        (string name, string op, string domain, List<string> inputs, List<string> outputs) = ("", "", "", [], []);
        var attributes = new Dictionary<string, Attribute>(StringComparer.Ordinal);
        foreach (Wire f in Wire.Of(proto))
        {
            switch (f.Field)
            {
                case 1: inputs.Add(f.Text); break;
                case 2: outputs.Add(f.Text); break;
                case 3: name = f.Text; break;
                case 4: op = f.Text; break;
                case 5:
                    (string key, Attribute value) = Of(f.Bytes, external);
                    if (!attributes.TryAdd(key, value)) throw new Fault($"attribute '{Folder.Shown(key)}' occurs twice");
                    break;
                case 7: domain = f.Text; break;
            }
        }
        if (outputs.Count == 0) return;
        // A node without a name has that of its first output.
        if (name.Length == 0) name = outputs.FirstOrDefault(o => o.Length > 0) ?? "";
        if (domain.Length == 0 && op == "Constant" && attributes.GetValueOrDefault("value")?.Tensor is { } constant
            && !Constants.TryAdd(outputs[0], constant)) throw new Fault($"value '{Folder.Shown(outputs[0])}' is made twice");
        // Only QGemm and the quantizers of QONNX are understood under another domain.
        bool known = op == "QGemm" ? domain == "com.microsoft" : domain is "" or "ai.onnx" or "onnx.brevitas" or "qonnx.custom_op.general"
            or "finn.custom_op.general";
        Nodes.Add(new(name, known ? op : $"{domain}.{op}", [.. inputs], [.. outputs], attributes));
    }

    private static (string, Attribute) Of(ReadOnlyMemory<byte> proto, Func<Dictionary<string, string>, long, ReadOnlyMemory<byte>> external)
    {
        (string name, long integer, float real, string text, Tensor? tensor, List<long> integers) = ("", 0, 0, "", null, []);
        foreach (Wire f in Wire.Of(proto))
        {
            switch (f.Field)
            {
                case 1: name = f.Text; break;
                case 2: real = f.Real; break;
                case 3: integer = f.Signed; break;
                case 4: text = f.Text; break;
                case 5: tensor = Tensor.Read(f.Bytes, external).Value; break;
                case 8: integers.AddRange(f.Numbers().Select(v => unchecked((long)v))); break;
            }
        }
        return (name, new(integer, real, text, [.. integers], tensor));
    }

    // ValueInfoProto: name, type { tensor { element type, shape { dimension { value } } } }.
    private void Input(ReadOnlyMemory<byte> proto)
    {
        (string name, int type, List<int>? shape) = ("", 0, null);
        foreach (Wire f in Wire.Of(proto))
        {
            if (f.Field == 1) name = f.Text;
            if (f.Field != 2) continue;
            foreach (Wire t in Wire.Of(f.Bytes).Where(t => t.Field == 1).SelectMany(t => Wire.Of(t.Bytes)))
            {
                if (t.Field == 1) type = (int)Math.Min(t.Number, 1000);
                if (t.Field != 2) continue;
                shape = [.. Wire.Of(t.Bytes).Where(d => d.Field == 1)
                    .Select(d => Wire.Of(d.Bytes).FirstOrDefault(v => v.Field == 1) is { Field: 1, Number: <= int.MaxValue } v
                        ? (int)v.Number : -1)];
            }
        }
        if (!Constants.ContainsKey(name)) Inputs[name] = (type, shape is null ? null : [.. shape]);
    }
}
