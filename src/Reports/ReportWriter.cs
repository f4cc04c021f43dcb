using System.Collections.Immutable;
using Sim.Reports.Exporters;

namespace Sim.Reports;

/// <summary>Puts report files on disk.</summary>
public static class ReportWriter
{
    /// <summary>
    /// Exports everything first, then writes each file beside its place and moves it there: a reader never sees half a file, and a fault while exporting
    /// leaves earlier files untouched. Returns the paths written.
    /// </summary>
    public static ImmutableArray<string> Write(Report report, IReadOnlyList<IExporter> exporters, string folder)
    {
        ArgumentNullException.ThrowIfNull(exporters);
        return Write([.. exporters.SelectMany(e => e.Export(report))], folder);
    }

    /// <summary>Writes files in the same way.</summary>
    public static ImmutableArray<string> Write(ImmutableArray<ReportFile> files, string folder)
    {
        var written = ImmutableArray.CreateBuilder<string>(files.Length);
        foreach (ReportFile file in files)
        {
            string path = Path.Combine(folder, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            string partial = path + ".tmp";
            File.WriteAllText(partial, file.Text);
            File.Move(partial, path, overwrite: true);
            written.Add(path);
        }
        return written.ToImmutable();
    }
}
