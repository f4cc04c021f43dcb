namespace Sim.Verification.Certificates;

/// <summary>A folder that is filled under another name beside its place and renamed when it is whole. Disposing of it before removes
/// it.</summary>
public sealed class UnfinishedFolder : IDisposable
{
    // Tells the folders that one process is about to make apart.
    private static int _made;

    private readonly string _place;
    private bool _placed;

    /// <param name="place">Where the folder shall be: nothing there yet, or an empty folder.</param>
    /// <exception cref="IOException">There is something, or nothing can be written there.</exception>
    public UnfinishedFolder(string place)
    {
        _place = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(place));
        if (File.Exists(_place)) throw new IOException($"'{place}' is a file");
        if (Directory.Exists(_place) && Directory.EnumerateFileSystemEntries(_place)
            .Any()) throw new IOException($"'{place}' is not empty");
        string parent = System.IO.Path.GetDirectoryName(_place) ?? throw new IOException($"'{place}' is no folder that can be made");
        Directory.CreateDirectory(parent);
        do Path = System.IO.Path.Combine(parent,
            $".{System.IO.Path.GetFileName(_place)}.{Environment.ProcessId}-{Interlocked.Increment(ref _made)}.new");
        while (Directory.Exists(Path));
        Directory.CreateDirectory(Path);
    }

    /// <summary>Where the files go until then.</summary>
    public string Path { get; }

    /// <summary>Puts the folder into its place.</summary>
    /// <exception cref="IOException">Something came there meanwhile.</exception>
    public void Place()
    {
        if (Directory.Exists(_place)) Directory.Delete(_place); // Only when it is empty.
        Directory.Move(Path, _place);
        _placed = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_placed || !Directory.Exists(Path)) return;
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What cannot be removed stays under its own name and is in nobody's way.
        }
    }
}
