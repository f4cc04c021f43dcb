using System.Collections.Immutable;
using Sim.Reports.Exporters;

namespace Sim.Reports;

/// <summary>Puts report files on disk.</summary>
public static class ReportWriter
{
    /// <summary>
    /// Writes every file beside its place and moves all of them there when the last is whole: a reader never sees half a file, and a fault
    /// while exporting leaves earlier files untouched. Returns the paths written.
    /// </summary>
    public static ImmutableArray<string> Write(Report report, IReadOnlyList<IExporter> exporters, string folder)
    {
        ArgumentNullException.ThrowIfNull(exporters);
        return Write(files =>
        {
            foreach (IExporter exporter in exporters) exporter.Export(report, files);
        }, folder);
    }

    /// <summary>Writes files in the same way.</summary>
    public static ImmutableArray<string> Write(Action<IReportFiles> export, string folder)
    {
        ArgumentNullException.ThrowIfNull(export);
        var files = new FolderFiles(folder);
        try
        {
            export(files);
            foreach (string path in files.Paths) File.Move(path + FolderFiles.Partial, path, overwrite: true);
            return [.. files.Paths];
        }
        catch
        {
            foreach (string path in files.Paths) File.Delete(path + FolderFiles.Partial);
            throw;
        }
    }

    private sealed class FolderFiles(string folder) : IReportFiles
    {
        public const string Partial = ".tmp";

        public List<string> Paths { get; } = [];

        public Stream Open(string path)
        {
            string place = Path.Combine(folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            Paths.Add(place);
            return new FileStream(place + Partial, FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 16);
        }
    }
}
