using System.Collections.Immutable;
using Sim.Foundation.Diagnostics;

namespace Sim.Foundation.Yaml;

/// <summary>A YAML value with its place. Nodes are immutable data; reading them is the business of <see cref="YamlField{T}"/> and
/// <see cref="YamlType{T}"/>.</summary>
public abstract record YamlNode(Location Location)
{
    /// <summary>What the user wrote, for messages: the text of a scalar in quotes, else the kind of node.</summary>
    public abstract string Found { get; }
}

/// <summary>A plain or quoted scalar. Quoted matters only for the empty value.</summary>
public sealed record YamlScalar(Location Location, string Text, bool Quoted = false) : YamlNode(Location)
{
    /// <summary>A key without a value, `~`, `null`, `Null` or `NULL` (YAML 1.2.2 §10.3.2).</summary>
    public bool IsNothing => !Quoted && Text is "" or "~" or "null" or "Null" or "NULL";

    public override string Found => IsNothing ? "nothing" : $"'{Text}'";
}

/// <summary>A sequence.</summary>
public sealed record YamlList(Location Location, ImmutableArray<YamlNode> Items) : YamlNode(Location)
{
    public override string Found => "a list";
}

/// <summary>One `key: value` of a mapping.</summary>
public readonly record struct YamlEntry(YamlScalar Key, YamlNode Value);

/// <summary>A mapping in the order of the file. Keys are scalars and unique.</summary>
public sealed record YamlMap(Location Location, ImmutableArray<YamlEntry> Entries) : YamlNode(Location)
{
    public override string Found => "a mapping";

    /// <summary>The value of a key, or null.</summary>
    public YamlNode? this[string key] => Find(key)?.Value;

    /// <summary>The entry of a key, or null.</summary>
    public YamlEntry? Find(string key)
    {
        foreach (YamlEntry entry in Entries)
            if (entry.Key.Text == key) return entry;
        return null;
    }

    /// <summary>A copy in which a key has another value; a new key is appended. The key's place becomes that of
    /// <paramref name="key"/>.</summary>
    public YamlMap With(YamlScalar key, YamlNode value)
    {
        ArgumentNullException.ThrowIfNull(key);
        for (int i = 0; i < Entries.Length; i++)
            if (Entries[i].Key.Text == key.Text) return this with { Entries = Entries.SetItem(i, new YamlEntry(key, value)) };
        return this with { Entries = Entries.Add(new YamlEntry(key, value)) };
    }
}
