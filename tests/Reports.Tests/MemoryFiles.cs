using System.Text;
using Sim.Reports.Exporters;

namespace Sim.Reports.Tests;

/// <summary>The files of a report in memory.</summary>
internal sealed class MemoryFiles : IReportFiles
{
    private readonly Dictionary<string, MemoryStream> _files = [];

    public IEnumerable<string> Paths => _files.Keys;

    public Stream Open(string path)
    {
        var file = new MemoryStream();
        _files.Add(path, file);
        return file;
    }

    public byte[] Bytes(string path) => _files[path].ToArray();

    public string Text(string path) => Encoding.UTF8.GetString(Bytes(path));

    public static MemoryFiles Of(IExporter exporter, Report report)
    {
        var files = new MemoryFiles();
        exporter.Export(report, files);
        return files;
    }
}
