using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution;

/// <summary>An attribute as ONNX states it. Kind: i int, f float, s string, t tensor, I ints, F floats, S strings, g graph, p sparse
/// tensor, y type.</summary>
public sealed record SchemaAttribute(string Name, char Kind, bool IsRequired, string? Default);

/// <summary>One version of an operator of the default domain: the operator set that brought it, counts of inputs and outputs, attributes by
/// name.</summary>
public sealed record OperatorSchema(string OpType, int Since, int MinInputs, int MaxInputs, int MinOutputs, int MaxOutputs,
    ImmutableSortedDictionary<string, SchemaAttribute> Attributes)
{
    /// <summary>Whether the version withdraws the operator.</summary>
    public bool IsWithdrawn => MaxOutputs == 0;

    /// <summary>"Clip-13".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{OpType}-{Since}");
}

/// <summary>The operators of ONNX's default domain, every version that operator sets 7 to 25 use (OnnxSchema.tsv, which names its
/// source).</summary>
public static class OnnxSchema
{
    private static readonly FrozenDictionary<string, ImmutableArray<OperatorSchema>> Table = Read();

    /// <summary>Names of all operators of the standard, supported here or not.</summary>
    public static IEnumerable<string> Names => Table.Keys.Order(StringComparer.Ordinal);

    /// <summary>Whether ONNX has an operator of this name.</summary>
    public static bool IsStandard(string opType) => Table.ContainsKey(opType);

    /// <summary>Every version of an operator, oldest first; empty for an unknown one.</summary>
    public static ImmutableArray<OperatorSchema> Versions(string opType) => Table.GetValueOrDefault(opType, []);

    /// <summary>
    /// The version that an operator set uses; null for an unknown operator. An operator that is newer than the operator set (some exporters
    /// write LayerNormalization so) is taken in its first version.
    /// </summary>
    public static OperatorSchema? Of(string opType, int opset)
    {
        ImmutableArray<OperatorSchema> versions = Versions(opType);
        return versions.IsEmpty ? null : versions.LastOrDefault(v => v.Since <= opset) ?? versions[0];
    }

    /// <summary>What is wrong with an attribute's value, as "must be an integer"; null when its kind is the stated one.</summary>
    public static string? WrongKind(SchemaAttribute stated, NodeAttribute found)
    {
        ArgumentNullException.ThrowIfNull(stated);
        ArgumentNullException.ThrowIfNull(found);
        (bool fits, string kind) = stated.Kind switch
        {
            'i' => (found.Integer is not null, "an integer"),
            'f' => (found.Real is not null, "a float"),
            's' => (found.Text is not null, "a string"),
            't' => (found.Tensor is not null, "a tensor"),
            'I' => (!found.Integers.IsDefault, "a list of integers"),
            'F' => (!found.Reals.IsDefault, "a list of floats"),
            'S' => (!found.Texts.IsDefault, "a list of strings"),
            _ => (true, ""),
        };
        return fits ? null : $"must be {kind}";
    }

    private static FrozenDictionary<string, ImmutableArray<OperatorSchema>> Read()
    {
        using Stream stream = typeof(OnnxSchema).Assembly.GetManifestResourceStream("onnx-schema.tsv")
            ?? throw new InvalidOperationException("the table of ONNX operators is missing");
        using var reader = new StreamReader(stream);
        var rows = new List<OperatorSchema>();
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#')) continue;
            string[] cells = line.Split('\t');
            (int minInputs, int maxInputs) = Counts(cells[2]);
            (int minOutputs, int maxOutputs) = Counts(cells[3]);
            ImmutableSortedDictionary<string, SchemaAttribute> attributes = cells[4].Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(Attribute)
                .ToImmutableSortedDictionary(a => a.Name, a => a, StringComparer.Ordinal);
            rows.AddRange(cells[1].Split(',')
                .Select(v => new OperatorSchema(cells[0], int.Parse(v, NumberStyles.None, CultureInfo.InvariantCulture), minInputs,
                maxInputs, minOutputs, maxOutputs, attributes)));
        }
        return rows.GroupBy(r => r.OpType)
            .ToFrozenDictionary(g => g.Key, g => g.OrderBy(r => r.Since).ToImmutableArray(), StringComparer.Ordinal);
    }

    private static (int Least, int Most) Counts(string cell)
    {
        string[] ends = cell.Split('-');
        return (int.Parse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture), ends[1] == "*" ? int.MaxValue
            : int.Parse(ends[1], NumberStyles.None, CultureInfo.InvariantCulture));
    }

    // name:kind, then ! or =default.
    private static SchemaAttribute Attribute(string text)
    {
        int colon = text.IndexOf(':');
        string rest = text[(colon + 2)..];
        return new SchemaAttribute(text[..colon], text[colon + 1], rest == "!", rest.StartsWith('=') ? rest[1..] : null);
    }
}
