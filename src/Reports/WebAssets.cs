using System.Reflection;

namespace Sim.Reports;

/// <summary>The parts of the HTML page, embedded at build time.</summary>
internal static class WebAssets
{
    /// <summary>Page code in the order in which it runs; all of it shares one function scope.</summary>
    private static readonly string[] Scripts = ["model.js", "theme.js", "scatter.js", "detail.js", "table.js", "main.js"];

    public static string Page => Read("page.html") ?? throw new InvalidOperationException("the page template is not embedded");

    public static string Style => Read("report.css") ?? throw new InvalidOperationException("the style sheet is not embedded");

    /// <summary>What the page of mappings adds to <see cref="Style"/>.</summary>
    public static string MapStyle => Read("map.css") ?? throw new InvalidOperationException("the style of maps is not embedded");

    /// <summary>The page of mappings: a template with `{{name}}` for its parts.</summary>
    public static string MapPage => Read("map.html") ?? throw new InvalidOperationException("the page of maps is not embedded");

    public static string Script => "(function () {\n'use strict';\n"
        + string.Concat(Scripts.Select(s => Read(s) ?? throw new InvalidOperationException($"'{s}' is not embedded"))) + "})();";

    /// <summary>The chart library, or null when it was not there at build time.</summary>
    public static string? ChartLibrary => Read("charts/echarts.js");

    private static string? Read(string name)
    {
        using Stream? stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("web/" + name);
        if (stream is null) return null;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
