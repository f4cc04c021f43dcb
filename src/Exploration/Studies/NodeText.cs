using System.Text;
using System.Text.Json;
using Sim.Foundation.Yaml;

namespace Sim.Exploration.Studies;

/// <summary>Nodes as text: canonical for digests, short for tables.</summary>
internal static class NodeText
{
    /// <summary>The content without places, comments and layout: equal contents give equal texts.</summary>
    public static string Canonical(YamlNode node)
    {
        var text = new StringBuilder();
        Append(text, node);
        return text.ToString();
    }

    /// <summary>How a table shows a value: a scalar as written, a mapping by its `name`, else the content.</summary>
    public static string Label(YamlNode node) => node switch
    {
        YamlScalar scalar => scalar.Text,
        YamlMap map when map["name"] is YamlScalar name => name.Text,
        YamlMap map => string.Join(", ", map.Entries.Select(e => $"{e.Key.Text}: {Label(e.Value)}")),
        YamlList list => $"[{string.Join(", ", list.Items.Select(Label))}]",
        _ => throw new ArgumentOutOfRangeException(nameof(node)),
    };

    private static void Append(StringBuilder text, YamlNode node)
    {
        switch (node)
        {
            case YamlScalar scalar:
                text.Append(JsonSerializer.Serialize(scalar.Text));
                break;
            case YamlList list:
                text.Append('[');
                foreach (YamlNode item in list.Items)
                {
                    Append(text, item);
                    text.Append(',');
                }
                text.Append(']');
                break;
            case YamlMap map:
                text.Append('{');
                foreach (YamlEntry entry in map.Entries.OrderBy(e => e.Key.Text, StringComparer.Ordinal))
                {
                    text.Append(JsonSerializer.Serialize(entry.Key.Text)).Append(':');
                    Append(text, entry.Value);
                    text.Append(',');
                }
                text.Append('}');
                break;
        }
    }
}
