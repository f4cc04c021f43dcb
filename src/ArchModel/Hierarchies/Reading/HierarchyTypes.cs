using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Sim.Foundation;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Units;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Hierarchies.Reading;

/// <summary>A capacity: bits, or words of the memory's own width.</summary>
internal readonly record struct Capacity(long Count, bool IsWords)
{
    /// <summary>Bits for a word width; null when they are beyond what is counted.</summary>
    public long? Bits(int wordBits) => !IsWords ? Count : Count > long.MaxValue / wordBits ? null : Count * wordBits;
}

/// <summary>A waiting time: cycles of the clock, or nanoseconds.</summary>
internal readonly record struct Latency(double Value, bool IsTime)
{
    // What binary64 adds to 100 ns × 500 MHz is no cycle more.
    private const double Slack = 1 - 1e-12;

    /// <summary>Whole cycles of a clock, rounded up.</summary>
    public double Cycles(Frequency clock) => IsTime ? Math.Ceiling(Value * 1e-9 * clock.Hertz * Slack) : Value;
}

/// <summary>Types of values that only hierarchies take.</summary>
internal static class HierarchyTypes
{
    /// <summary>A data size or a number of words.</summary>
    public static YamlType<Capacity> Capacity { get; } = new CapacityType();

    /// <summary>`60 cycle` or `100 ns`, also 0.</summary>
    public static YamlType<Latency> Latency { get; } = YamlQuantities.Of("a latency such as '60 cycle' or '100 ns'",
        [("cycle", 1), ("cycles", 1), ("ps", -1e-3), ("ns", -1), ("us", -1e3)], (double v, out Latency latency) =>
        {
            latency = new Latency(Math.Abs(v), v < 0);
            return v < 0 || v == Math.Floor(v);
        });

    /// <summary>Whole or broken cycles, above 0.</summary>
    public static YamlType<Rational> Cycles { get; } = new YamlScalarType<Rational>("cycles above 0: a whole number such as 2 or a "
        + "ratio such as 1/2",
        Rational.TryParse, () => new JsonObject { ["type"] = new JsonArray("integer", "string"), ["pattern"] = "^[0-9]+( ?/ ?[0-9]+)?$" });

    /// <summary>A name of a level or an axis.</summary>
    public static YamlType<string> Name { get; } = new YamlScalarType<string>(
        "a name: a letter or '_', then letters, digits, '_' or '-'", (string text, out string name) =>
        {
            name = text;
            return text.Length is > 0 and <= 64 && (char.IsAsciiLetter(text[0]) || text[0] == '_')
                && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
        }, () => new JsonObject { ["type"] = "string", ["pattern"] = "^[A-Za-z_][A-Za-z0-9_-]*$" });

    /// <summary>A mapping whose keys the user chooses, in the order of the file.</summary>
    public static YamlType<ImmutableArray<(YamlScalar Key, T Value)>> Named<T>(string what, YamlType<T> item, int minimum) =>
        new NamedType<T>(what, item, minimum);

    /// <summary>Axes of a fabric: a name, a list of names, `all` or `none`.</summary>
    public static YamlType<YamlNode> Axes { get; } = YamlTypes.Node("the name of an axis, a list of names, 'all' or 'none'", () =>
        new JsonObject { ["oneOf"] = new JsonArray(new JsonObject { ["type"] = "string" },
            new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "string" } }) });

    private sealed class CapacityType : YamlType<Capacity>
    {
        private static readonly YamlType<long> Words = YamlQuantities.Of("a number of words above 0", [("word", 1), ("words", 1)],
            (double v, out long words) =>
            {
                bool whole = v == Math.Floor(v) && v < 9e15;
                words = whole ? (long)v : 0;
                return whole;
            }, zero: false);

        /// <inheritdoc/>
        public override string Expectation => "a data size above 0 such as '64 KiB', or a number of words such as '224 word'";

        /// <inheritdoc/>
        public override JsonObject JsonSchema() =>
            new() { ["oneOf"] = new JsonArray(YamlQuantities.DataSize.JsonSchema(), Words.JsonSchema()) };

        /// <inheritdoc/>
        public override bool TryRead(YamlNode node, string key, DiagnosticBag bag, out Capacity value)
        {
            value = default;
            if (node is YamlScalar { Text: var text } && (text.TrimEnd().EndsWith("word", StringComparison.Ordinal)
                || text.TrimEnd().EndsWith("words", StringComparison.Ordinal)))
            {
                bool counted = Words.TryRead(node, key, bag, out long words);
                value = new Capacity(words, true);
                return counted;
            }
            bool good = YamlQuantities.DataSize.TryRead(node, key, bag, out Bits bits);
            value = new Capacity(bits.Count, false);
            return good;
        }
    }

    private sealed class NamedType<T>(string what, YamlType<T> item, int minimum) : YamlType<ImmutableArray<(YamlScalar Key, T Value)>>
    {
        /// <inheritdoc/>
        public override string Expectation => $"a mapping of {what} to {item.Expectation}";

        /// <inheritdoc/>
        public override JsonObject JsonSchema()
        {
            var schema = new JsonObject { ["type"] = "object", ["additionalProperties"] = item.JsonSchema() };
            if (minimum > 0) schema["minProperties"] = minimum;
            return schema;
        }

        /// <inheritdoc/>
        public override bool TryRead(YamlNode node, string key, DiagnosticBag bag, out ImmutableArray<(YamlScalar Key, T Value)> value)
        {
            value = [];
            if (node is not YamlMap map || map.Entries.Length < minimum)
            {
                bag.Error(node.Location, "CFG006", $"'{key}' must be {Expectation}, found {(node is YamlMap ? "none" : node.Found)}");
                return false;
            }
            int before = bag.ErrorCount;
            var read = ImmutableArray.CreateBuilder<(YamlScalar, T)>();
            foreach (YamlEntry entry in map.Entries)
                if (Name.TryRead(entry.Key, key, bag, out _) & item.TryRead(entry.Value, entry.Key.Text, bag, out T one))
                    read.Add((entry.Key, one));
            value = read.ToImmutable();
            return bag.ErrorCount == before;
        }
    }
}
