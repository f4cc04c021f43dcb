using System.Collections.Immutable;

namespace Sim.Reports.Exporters;

/// <summary>One file of a report: path relative to the output folder, and text.</summary>
public sealed record ReportFile(string Path, string Text);

/// <summary>Turns a report into files. Equal reports give equal bytes.</summary>
public interface IExporter
{
    /// <summary>Name for `--format`.</summary>
    string Format { get; }

    /// <summary>The files, in a fixed order.</summary>
    ImmutableArray<ReportFile> Export(Report report);
}
