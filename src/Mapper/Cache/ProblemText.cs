using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;
using Sim.Foundation.Diagnostics;
using Sim.Mapper.Search;

namespace Sim.Mapper.Cache;

/// <summary>
/// Everything that a search reads, as a text that differs when anything of it does: all public properties of all records, by name, so
/// that one which is added later is in it too. Left out are the layer's name and places in files, which change no mapping.
/// </summary>
internal static class ProblemText
{
    /// <summary>The text.</summary>
    public static string Of(MapProblem problem, MapObjective objective, long effort)
    {
        var text = new StringBuilder();
        Append(problem with { Layer = problem.Layer with { Name = "layer" } }, text);
        text.Append(CultureInfo.InvariantCulture, $";{objective};{effort}");
        return text.ToString();
    }

    private static void Append(object? value, StringBuilder text)
    {
        switch (value)
        {
            case null or Location:
                text.Append('-');
                break;
            case string word:
                // With its length nothing in it can be taken for what follows.
                text.Append(CultureInfo.InvariantCulture, $"{word.Length}:{word}");
                break;
            case double number:
                text.Append(number.ToString("R", CultureInfo.InvariantCulture));
                break;
            case Enum or IConvertible:
                text.Append(Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
            case IEnumerable items:
                text.Append('[');
                foreach (object? item in items)
                {
                    Append(item, text);
                    text.Append(',');
                }
                text.Append(']');
                break;
            default:
                Members(value, text);
                break;
        }
    }

    private static void Members(object value, StringBuilder text)
    {
        Type type = value.GetType();
        text.Append(type.Name).Append('{');
        foreach (PropertyInfo property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.GetIndexParameters().Length == 0).OrderBy(p => p.Name, StringComparer.Ordinal))
        {
            text.Append(property.Name).Append('=');
            Append(property.GetValue(value), text);
            text.Append(';');
        }
        foreach (FieldInfo field in type.GetFields(BindingFlags.Public | BindingFlags.Instance)
            .OrderBy(f => f.Name, StringComparer.Ordinal))
        {
            text.Append(field.Name).Append('=');
            Append(field.GetValue(value), text);
            text.Append(';');
        }
        text.Append('}');
    }
}
