using System.Text;
using Microsoft.Data.Sqlite;

namespace Sim.Exploration.Store;

/// <summary>
/// The file of a store: how one is recognised, how it comes into being and how it is replaced. A store appears whole or not at all: it is
/// made under a name of its own beside its place and then moved there. Nothing but a result store is ever replaced or deleted: no other
/// file, no link, no device.
/// </summary>
internal static class StoreFile
{
    // The first bytes of every SQLite database, https://www.sqlite.org/fileformat.html, 1.3.
    private static readonly byte[] Magic = Encoding.ASCII.GetBytes("SQLite format 3\0");
    private static readonly string[] Companions = ["-wal", "-shm", "-journal"];

    private const string Meanwhile = " (another sweep has just made it)";

    // https://www.sqlite.org/rescode.html
    private const int IoError = 10, Full = 13;

    // Tells the files that one process is about to make apart.
    private static int _made;

    /// <summary>Why a path cannot name a store, or null.</summary>
    public static string? Refusal(string path)
    {
        if (string.IsNullOrWhiteSpace(path)) return "a store needs a file name; give one with --store FILE";
        if (path.Contains('\0', StringComparison.Ordinal)) return "a file name has no NUL character";
        if (Directory.Exists(path)) return $"'{path}' is a folder; a store is a file";
        return null;
    }

    /// <summary>Whether anything stands at the path: a file, a link (wherever it leads), a device.</summary>
    public static bool IsTaken(string path) => File.Exists(path) || new FileInfo(path).LinkTarget is not null;

    /// <summary>
    /// Null when the path is a result store of this or an earlier layout, else what it is instead. Devices and pipes have no length, so
    /// they are never opened.
    /// </summary>
    public static string? WhyNoStore(string path)
    {
        var file = new FileInfo(path);
        if (file.LinkTarget is { } target) return $"a symbolic link to '{target}'; name the file itself";
        if (!file.Exists) return "no file";
        if (file.Length == 0) return "empty or no regular file";
        try
        {
            var head = new byte[Magic.Length];
            using (FileStream stream = file.OpenRead())
                if (stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length
                    || !head.AsSpan().SequenceEqual(Magic)) return "no result store";
            using SqliteConnection connection = Connect(path, SqliteOpenMode.ReadWrite);
            return StoreSql.Scalar(connection, "SELECT value FROM meta WHERE key='layout'") is { } layout
                && layout.StartsWith("sim.store/", StringComparison.Ordinal)
                ? null : "a database, but no result store";
        }
        catch (SqliteException e) when (e.SqliteErrorCode is 5 or 6)
        {
            return "in use by another process, perhaps a sweep that has just made it: then continue with --resume";
        }
        catch (SqliteException e)
        {
            return $"no result store that can be read ({e.Message})";
        }
    }

    /// <summary>Makes a store at a path where none is, or in place of one.</summary>
    public static void Create(string path, bool replace, Action<SqliteConnection> fill)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(folder);
        bool taken = IsTaken(path);
        if (!taken && Companions.FirstOrDefault(c => File.Exists(path + c)) is { } beside)
            throw IsTaken(path) ? new StoreException(Exists(path) + Meanwhile) : new StoreException($"'{path}{beside}' is left of "
                + "another database of this name, which a new one would read; move it away, or name another file with --store");
        string fresh = Path.Combine(folder, $".{Path.GetFileName(path)}.{Environment.ProcessId}-{Interlocked.Increment(ref _made)}.new");
        try
        {
            using (SqliteConnection connection = Connect(fresh, SqliteOpenMode.ReadWriteCreate)) fill(connection);
            if (taken && replace) Release(path);
            File.Move(fresh, path, overwrite: taken && replace);
        }
        catch (SqliteException e) when (e.SqliteErrorCode is IoError or Full)
        {
            string cause = e.SqliteErrorCode == Full ? "the disk is full" : "the disk may be full or gone";
            throw new StoreException($"'{path}' cannot be made, {cause}; nothing was saved: make room, or name a file elsewhere with "
                + $"--store, and run it again ({e.Message})", e);
        }
        catch (IOException e) when (!replace && !taken && IsTaken(path))
        {
            throw new StoreException(Exists(path) + Meanwhile, e);
        }
        finally
        {
            foreach (string rest in Companions.Select(c => fresh + c).Append(fresh)) File.Delete(rest);
        }
    }

    /// <summary>What is said of a store that is there already.</summary>
    public static string Exists(string path) =>
        $"'{path}' already holds results; continue it with --resume, replace it with --force, or name another file with --store";

    /// <summary>A connection; the file is opened at once.</summary>
    public static SqliteConnection Connect(string path, SqliteOpenMode mode)
    {
        SQLitePCL.Batteries_V2.Init();
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
            { DataSource = Path.GetFullPath(path), Mode = mode, Pooling = false }.ToString());
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    // What is about to be replaced must not be in use, and must leave no write-ahead log, which SQLite would play into its successor.
    private static void Release(string path)
    {
        if (WhyNoStore(path) is { } other) throw new StoreException($"'{path}' is {other}; only a result store is ever replaced");
        using SqliteConnection connection = Connect(path, SqliteOpenMode.ReadWrite);
        connection.DefaultTimeout = 2;
        if (StoreSql.Scalar(connection, "PRAGMA journal_mode=DELETE")
            != "delete") throw new StoreException($"'{path}' is in use by another process; end that first, or name another file with --store");
    }
}
