using Sim.Foundation.Diagnostics;

namespace Sim.Foundation.Yaml;

/// <summary>A key of a mapping, without its type argument: what schemas and key lists need.</summary>
public abstract class YamlField(string name, string description, bool required, string? defaultText)
{
    /// <summary>The key.</summary>
    public string Name { get; } = name;

    /// <summary>One sentence for the schema and the guide.</summary>
    public string Description { get; } = description;

    /// <summary>Whether leaving the key out is an error.</summary>
    public bool IsRequired { get; } = required;

    /// <summary>What leaving the key out means, as text for the schema; null when it means "not given".</summary>
    public string? DefaultText { get; } = defaultText;

    /// <summary>The value's type.</summary>
    public abstract YamlType Type { get; }

    /// <summary>A key that must be there.</summary>
    public static YamlField<T> Required<T>(string name, YamlType<T> type, string description) =>
        new(name, type, description, true, false, default!, null);

    /// <summary>A key that may be left out, which means <paramref name="defaultValue"/>.</summary>
    public static YamlField<T> Optional<T>(string name, YamlType<T> type, T defaultValue, string defaultText, string description) =>
        new(name, type, description, false, true, defaultValue, defaultText);

    /// <summary>A key that may be left out, which means that nothing is known: <see cref="YamlField{T}.TryRead"/> is false and records
    /// nothing.</summary>
    public static YamlField<T> Optional<T>(string name, YamlType<T> type, string description) =>
        new(name, type, description, false, false, default!, null);
}

/// <summary>
/// A key with the type of its value. A reader declares its keys once as static fields, lists them in a <see cref="YamlSchema"/> (unknown
/// keys, JSON schema), and reads them with <see cref="TryRead"/> or <see cref="Read"/>; each records what is wrong and lets reading
/// continue.
/// </summary>
public sealed class YamlField<T> : YamlField
{
    private readonly YamlType<T> _type;
    private readonly T _default;
    private readonly bool _hasDefault;

    internal YamlField(string name, YamlType<T> type, string description, bool required, bool hasDefault, T defaultValue,
        string? defaultText)
        : base(name, description, required, defaultText)
    {
        _type = type;
        _default = defaultValue;
        _hasDefault = hasDefault;
    }

    public override YamlType Type => _type;

    /// <summary>Whether the mapping has the key.</summary>
    public bool IsIn(YamlMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        return map.Find(Name) is not null;
    }

    /// <summary>Where to report a problem with this key's value: at the value, or at the mapping when the key is absent.</summary>
    public Location Place(YamlMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        return map[Name]?.Location ?? map.Location;
    }

    /// <summary>
    /// True with the value, or with the default when the key is absent. False when it is wrong (recorded), missing though required
    /// (recorded as CFG004), or absent without a default (nothing recorded).
    /// </summary>
    public bool TryRead(YamlMap map, DiagnosticBag bag, out T value)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(bag);
        value = _default;
        if (map[Name] is { } node) return _type.TryRead(node, Name, bag, out value);
        if (IsRequired) bag.Error(map.Location, "CFG004", $"the key '{Name}' is missing; it must be {_type.Expectation}");
        return _hasDefault;
    }

    /// <summary>The value, or the default, or `default(T)` when there is neither; ask <see cref="DiagnosticBag.HasErrors"/> before using
    /// it.</summary>
    public T Read(YamlMap map, DiagnosticBag bag)
    {
        TryRead(map, bag, out T value);
        return value;
    }
}
