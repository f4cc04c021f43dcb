using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace Sim.Checker.Files;

/// <summary>A JSON object read strictly: every key is asked for exactly once, none is left over, numbers have one spelling.</summary>
internal sealed class Fields
{
    private readonly Dictionary<string, JsonElement> _left = new(StringComparer.Ordinal);
    private readonly string _place;

    internal Fields(JsonElement json, string place)
    {
        _place = place;
        if (json.ValueKind != JsonValueKind.Object) throw new Fault($"{Name("")} must be an object");
        foreach (JsonProperty property in json.EnumerateObject())
            if (!_left.TryAdd(property.Name, property.Value)) throw new Fault($"{Name(property.Name)} occurs twice");
    }

    internal bool Has(string key) => _left.ContainsKey(key);

    internal string Text(string key) =>
        Take(key) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : throw new Fault($"{Name(key)} must be a text");

    internal bool Flag(string key) => Take(key).ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw new Fault($"{Name(key)} must be true or false"),
    };

    internal int Int(string key, int least, int most)
    {
        BigInteger value = Number(Take(key), Name(key));
        return value >= least && value <= most ? (int)value : throw new Fault($"{Name(key)} must be {least} to {most}");
    }

    internal BigInteger Number(string key) => Number(Take(key), Name(key));

    internal Fields Object(string key) => new(Take(key), Name(key));

    internal List<Fields> Objects(string key) => [.. Elements(key).Select(e => new Fields(e.Json, e.Place))];

    internal List<BigInteger> Numbers(string key) => [.. Elements(key).Select(e => Number(e.Json, e.Place))];

    /// <summary>Numbers of which some are null.</summary>
    internal List<BigInteger?> Ends(string key) =>
        [.. Elements(key).Select(e => e.Json.ValueKind == JsonValueKind.Null ? (BigInteger?)null : Number(e.Json, e.Place))];

    internal BigInteger? End(string key) => Take(key) is { ValueKind: not JsonValueKind.Null } end ? Number(end, Name(key)) : null;

    internal List<string> Texts(string key) =>
        [.. Elements(key).Select(e => e.Json.ValueKind == JsonValueKind.String ? e.Json.GetString()!
            : throw new Fault($"{e.Place} must be a text"))];

    /// <summary>Pairs [low, high].</summary>
    internal List<Range> Ranges(string key) => [.. Elements(key).Select(e => Pair(e.Json, e.Place))];

    internal Range Range(string key) => Pair(Take(key), Name(key));

    /// <summary>Objects, some of which are null.</summary>
    internal List<Fields?> Optional(string key) =>
        [.. Elements(key).Select(e => e.Json.ValueKind == JsonValueKind.Null ? null : new Fields(e.Json, e.Place))];

    /// <summary>Refuses keys that nothing asked for.</summary>
    internal void End()
    {
        foreach (string key in _left.Keys) throw new Fault($"{Name(key)} is not known here");
    }

    private IEnumerable<(JsonElement Json, string Place)> Elements(string key)
    {
        JsonElement list = Take(key);
        if (list.ValueKind != JsonValueKind.Array) throw new Fault($"{Name(key)} must be a list");
        return list.EnumerateArray().Select((e, i) => (e, string.Create(CultureInfo.InvariantCulture, $"{Name(key)}[{i}]")));
    }

    private static Range Pair(JsonElement json, string place)
    {
        if (json.ValueKind != JsonValueKind.Array || json.GetArrayLength() != 2) throw new Fault($"{place} must be a pair [low, high]");
        var pair = new Range(Number(json[0], place), Number(json[1], place));
        return pair.Low <= pair.High ? pair : throw new Fault($"{place}: [{pair.Low}, {pair.High}] is no interval");
    }

    // Texts because they may exceed 2^53; of at most 60 digits, without leading zeros or signs that change nothing.
    private static BigInteger Number(JsonElement json, string place)
    {
        string text = json.ValueKind switch
        {
            JsonValueKind.String => json.GetString()!,
            JsonValueKind.Number => json.GetRawText(),
            _ => throw new Fault($"{place} must be a whole number"),
        };
        if (text.Length > 60 || !BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture,
            out BigInteger value)
            || value.ToString(CultureInfo.InvariantCulture) != text)
            throw new Fault($"{place} must be a whole number of at most 60 digits, written plainly");
        return value;
    }

    private JsonElement Take(string key) => _left.Remove(key, out JsonElement value) ? value : throw new Fault($"{Name(key)} is missing");

    private string Name(string key) => _place.Length == 0 ? key : key.Length == 0 ? _place : $"{_place}.{key}";
}
