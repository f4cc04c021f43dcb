using System.Text;

namespace Sim.Foundation;

/// <summary>Opens input files. Directories, devices, pipes and empty files are refused before they are opened: reading one may never
/// end.</summary>
public static class RegularFile
{
    /// <summary>The file, open for reading; throws <see cref="IOException"/> where it is no file with content.</summary>
    public static FileStream Open(string path)
    {
        // The length of devices and pipes is 0, as that of an empty file: no input of this program is empty, so the length alone decides.
        var info = new FileInfo(path);
        if (info.LinkTarget is not null) info = info.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? info;
        if (Directory.Exists(path)) throw new IOException("it is a directory");
        if (!info.Exists) throw new FileNotFoundException("there is no such file");
        if (info.Length == 0) throw new IOException("it is empty, or a device or pipe; a regular file is needed");
        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
    }

    /// <summary>All bytes of a file, as many as it had when it was opened.</summary>
    public static byte[] ReadAllBytes(string path)
    {
        using FileStream file = Open(path);
        if (file.Length > Array.MaxLength) throw new IOException($"it has {file.Length} bytes; at most {Array.MaxLength} are supported");
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>All text of a file of at most <paramref name="limit"/> bytes.</summary>
    public static string ReadText(string path, long limit)
    {
        using FileStream file = Open(path);
        if (file.Length > limit) throw new IOException($"it has {file.Length} bytes; at most {limit} are supported");
        // Encodings with a byte order mark are told by it. Bytes that are no text must not become other text.
        using var reader = new StreamReader(file, new UTF8Encoding(false, throwOnInvalidBytes: true));
        try
        {
            return reader.ReadToEnd();
        }
        catch (DecoderFallbackException)
        {
            throw new IOException("it is no text in UTF-8");
        }
    }
}
