using System.Globalization;
using Sim.Datapath.Formats;

namespace Sim.Datapath.Nonlinear;

/// <summary>The `key=value` words behind a method's name. Each getter removes its key and notes what is wrong; what is left at the end is
/// unknown.</summary>
public sealed class MethodOptions
{
    private readonly Dictionary<string, string> _given = new(StringComparer.Ordinal);
    private readonly List<string> _asked = [], _problems = [], _canonical = [];

    /// <summary>Splits the words.</summary>
    public MethodOptions(IEnumerable<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        foreach (string word in words)
        {
            int at = word.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0) _problems.Add($"'{word}' is not of the form key=value");
            else if (!_given.TryAdd(word[..at], word[(at + 1)..])) _problems.Add($"'{word[..at]}' is given twice");
        }
    }

    /// <summary>Everything wrong so far; empty when nothing is.</summary>
    public string Problem
    {
        get
        {
            List<string> all = [.. _problems];
            foreach (string key in _given.Keys.Order(StringComparer.Ordinal))
                all.Add($"unknown option '{key}'; known are {string.Join(", ", _asked.DefaultIfEmpty("none"))}");
            return string.Join("; ", all);
        }
    }

    /// <summary>All options with their values, defaults included, in the order in which the method asked.</summary>
    public string Canonical => string.Join(' ', _canonical);

    /// <summary>Notes a problem that concerns several options.</summary>
    public void Fail(string problem) => _problems.Add(problem);

    /// <summary>A float format.</summary>
    public FloatFormat Float(string key, string absent)
    {
        string text = Take(key, absent);
        if (FormatCatalogue.TryParse(text, out INumberFormat? format, out string error) && format is FloatFormat f
            && f.Specials == Specials.Ieee)
        {
            _canonical.Add($"{key}={f.Name}");
            return f;
        }
        _problems.Add(error.Length > 0 ? $"'{key}': {error}"
            : $"'{key}' must be a float format with Inf and NaN (fp32, bf16, fp16, tf32, e5m2, eXmY), found '{text}'");
        return (FloatFormat)FormatCatalogue.Parse("fp32");
    }

    /// <summary>An integer from <paramref name="least"/> to <paramref name="most"/>.</summary>
    public int Integer(string key, int least, int most, int absent)
    {
        string text = Take(key, absent.ToString(CultureInfo.InvariantCulture));
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= least
            && value <= most)
            _canonical.Add(string.Create(CultureInfo.InvariantCulture, $"{key}={value}"));
        else
        {
            _problems.Add($"'{key}' must be an integer from {least} to {most}, found '{text}'");
            value = absent;
        }
        return value;
    }

    /// <summary>A finite decimal number; above zero when <paramref name="positive"/>. NaN as <paramref name="absent"/> demands that it is
    /// given.</summary>
    public double Number(string key, double absent, bool positive = true)
    {
        string text = Take(key, double.IsNaN(absent) ? "" : absent.ToString("R", CultureInfo.InvariantCulture));
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value)
            && (!positive || value > 0))
        {
            _canonical.Add(string.Create(CultureInfo.InvariantCulture, $"{key}={value:R}"));
            return value;
        }
        _problems.Add(text.Length == 0 ? $"'{key}' must be given: a number{(positive ? " above 0" : "")}"
            : $"'{key}' must be a finite number{(positive ? " above 0" : "")}, found '{text}'");
        return 1;
    }

    /// <summary>Ascending decimal numbers separated by commas; empty when absent.</summary>
    public double[] Numbers(string key)
    {
        string text = Take(key, "");
        if (text.Length == 0) return [];
        string[] parts = text.Split(',');
        double[] values = new double[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (double.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out values[i]) && double.IsFinite(values[i])
                && (i == 0 || values[i] > values[i - 1])) continue;
            _problems.Add($"'{key}' must be ascending finite numbers separated by commas, found '{parts[i]}'");
            return [];
        }
        _canonical.Add($"{key}={string.Join(',', values.Select(v => v.ToString("R", CultureInfo.InvariantCulture)))}");
        return values;
    }

    /// <summary>One of some words.</summary>
    public string Choice(string key, params string[] choices)
    {
        string text = Take(key, choices[0]);
        if (choices.Contains(text))
        {
            _canonical.Add($"{key}={text}");
            return text;
        }
        _problems.Add($"'{key}' must be {string.Join(" or ", choices)}, found '{text}'");
        return choices[0];
    }

    private string Take(string key, string absent)
    {
        _asked.Add(key);
        return _given.Remove(key, out string? text) ? text : absent;
    }
}
