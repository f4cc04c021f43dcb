using System.Text;

namespace Sim.Reports.Exporters;

/// <summary>Turns a report into files, one design at a time where files grow with their number. Equal reports give equal bytes.</summary>
public interface IExporter
{
    /// <summary>Name for `--format`.</summary>
    string Format { get; }

    /// <summary>Writes the files, in a fixed order.</summary>
    void Export(Report report, IReportFiles files);
}

/// <summary>Where the files of a report go.</summary>
public interface IReportFiles
{
    /// <summary>Begins a file; the path is relative to the output folder. The caller closes it.</summary>
    Stream Open(string path);
}

/// <summary>Files of text.</summary>
public static class ReportFiles
{
    /// <summary>Begins a text file: UTF-8 without a mark, LF line ends.</summary>
    public static TextWriter OpenText(this IReportFiles files, string path)
    {
        ArgumentNullException.ThrowIfNull(files);
        return new StreamWriter(files.Open(path), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 1 << 15) { NewLine = "\n" };
    }

    /// <summary>Writes a whole text file.</summary>
    public static void Write(this IReportFiles files, string path, string text)
    {
        using TextWriter writer = files.OpenText(path);
        writer.Write(text);
    }
}
