using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Sim.Foundation.Diagnostics;

namespace Sim.Foundation.Yaml;

/// <summary>The types of values that files are made of. Each is a small object that reads, explains itself and states its JSON
/// schema.</summary>
public static class YamlTypes
{
    /// <summary>Any non-empty text.</summary>
    public static YamlType<string> Text { get; } = new YamlScalarType<string>("text", (string t, out string v) => (v = t).Length > 0,
        () => new JsonObject { ["type"] = new JsonArray("string", "number", "boolean"), ["minLength"] = 1 });

    /// <summary>`true` or `false`, also `True`, `TRUE` and so on (YAML 1.2.2 §10.3.2); `yes` and `on` are words of YAML 1.1 and no longer
    /// mean it.</summary>
    public static YamlType<bool> Boolean { get; } = new YamlScalarType<bool>("true or false",
        (string t, out bool v) => (v = t is "true" or "True" or "TRUE") || t is "false" or "False" or "FALSE", () =>
            new JsonObject { ["type"] = "boolean" });

    /// <summary>An integer ≥ 1.</summary>
    public static YamlType<int> PositiveInteger { get; } = Integer(1, int.MaxValue);

    /// <summary>An integer in a closed range, written in decimal.</summary>
    public static YamlType<int> Integer(int minimum, int maximum)
    {
        string expectation = (minimum, maximum) switch
        {
            (1, int.MaxValue) => "a positive integer",
            (1, _) => $"a positive integer up to {maximum}",
            (0, int.MaxValue) => "a non-negative integer",
            _ => $"an integer from {minimum} to {maximum}",
        };
        return new YamlScalarType<int>(expectation,
            (string t, out int v) => StrictNumber.TryWhole(t, out v) && v >= minimum && v <= maximum,
            () => Range(new JsonObject { ["type"] = "integer" }, minimum, maximum == int.MaxValue ? null : maximum));
    }

    /// <summary>A finite real number ≥ <paramref name="minimum"/> (or above it when <paramref name="exclusive"/>) and ≤
    /// <paramref name="maximum"/>.</summary>
    public static YamlType<double> Number(double minimum = double.NegativeInfinity, double maximum = double.PositiveInfinity,
        bool exclusive = false)
    {
        var parts = new List<string>();
        if (double.IsFinite(minimum)) parts.Add(string.Create(CultureInfo.InvariantCulture,
            $"{(exclusive ? "above" : "at least")} {minimum}"));
        if (double.IsFinite(maximum)) parts.Add(string.Create(CultureInfo.InvariantCulture, $"at most {maximum}"));
        return new YamlScalarType<double>(parts.Count == 0 ? "a number" : $"a number {string.Join(" and ", parts)}",
            (string t, out double v) => StrictNumber.TryReal(t, out v) && (exclusive ? v > minimum : v >= minimum) && v <= maximum,
            () =>
            {
                var schema = new JsonObject { ["type"] = "number" };
                if (double.IsFinite(minimum)) schema[exclusive ? "exclusiveMinimum" : "minimum"] = minimum;
                if (double.IsFinite(maximum)) schema["maximum"] = maximum;
                return schema;
            });
    }

    /// <summary>One of a list of words; several words may mean the same value. The first word of a value is its canonical one.</summary>
    public static YamlType<T> Choice<T>(params (string Word, T Value)[] words)
    {
        ArgumentNullException.ThrowIfNull(words);
        string[] names = [.. words.Select(w => w.Word)];
        return new YamlScalarType<T>($"one of {string.Join(", ", names)}",
            (string t, out T v) =>
            {
                int i = Array.IndexOf(names, t);
                v = i >= 0 ? words[i].Value : default!;
                return i >= 0;
            },
            () => new JsonObject { ["enum"] = new JsonArray([.. names.Select(n => JsonValue.Create(n))]) },
            hint: text => NearestName.Hint(text, names));
    }

    /// <summary>A list of at least <paramref name="minimum"/> values.</summary>
    public static YamlType<ImmutableArray<T>> List<T>(YamlType<T> item, int minimum = 0) => new YamlListType<T>(item, minimum);

    /// <summary>A nested mapping: its keys are checked against <paramref name="schema"/>, then <paramref name="read"/> turns it into a
    /// value or returns false after recording why.</summary>
    public static YamlType<T> Map<T>(YamlSchema schema, YamlMapType<T>.Reader read) => new YamlMapType<T>(schema, read);

    /// <summary>The node itself, for values that are interpreted later. <paramref name="schema"/> says what may stand there.</summary>
    public static YamlType<YamlNode> Node(string expectation, Func<JsonObject> schema) => new YamlNodeType(expectation, schema);

    private static JsonObject Range(JsonObject schema, long? minimum, long? maximum)
    {
        if (minimum is not null) schema["minimum"] = minimum;
        if (maximum is not null) schema["maximum"] = maximum;
        return schema;
    }
}
