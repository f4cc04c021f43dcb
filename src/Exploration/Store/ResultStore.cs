using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Sim.Exploration.Studies;
using Sim.Simulator;

namespace Sim.Exploration.Store;

/// <summary>
/// One study's results in one SQLite file: a row per design point, a row per shared sub-result. Every write is one transaction in write-ahead mode, so a
/// process killed at any moment leaves a store that holds exactly the finished rows. Thread-safe. No row holds a time of day: equal results are equal rows.
/// </summary>
public sealed class ResultStore : IDisposable
{
    private const string Layout = "sim.store/1";
    private readonly SqliteConnection _connection;
    private readonly Lock _gate = new();

    private ResultStore(SqliteConnection connection, StudyHeader header)
    {
        _connection = connection;
        Header = header;
    }

    /// <summary>The study whose results these are.</summary>
    public StudyHeader Header { get; }

    /// <summary>A new store. An existing file is replaced only when <paramref name="replace"/>; else StoreException.</summary>
    public static ResultStore Create(string path, StudyHeader header, bool replace = false)
    {
        ArgumentNullException.ThrowIfNull(header);
        if (Exists(path) && !replace) throw new StoreException($"'{path}' already holds results; continue it with --resume, replace it with --force, or name another file with --store");
        try
        {
            return CreateFile(path, header);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SqliteException)
        {
            throw new StoreException($"'{path}' cannot be written: {e.Message}", e);
        }
    }

    /// <summary>An existing store; StoreException when the file is no store of this layout.</summary>
    public static ResultStore Open(string path)
    {
        if (!File.Exists(path)) throw new StoreException($"'{path}' does not exist");
        SqliteConnection? connection = null;
        try
        {
            connection = Connect(path, SqliteOpenMode.ReadWrite);
            if (Scalar(connection, "SELECT value FROM meta WHERE key='layout'") is not { } layout || layout != Layout)
                throw new StoreException($"'{path}' is a store of another version; this tool reads '{Layout}'");
            return new ResultStore(connection, RecordJson.Read<StudyHeader>(Scalar(connection, "SELECT value FROM meta WHERE key='study'")!));
        }
        catch (Exception e) when (e is SqliteException or JsonException or StoreException)
        {
            connection?.Dispose();
            throw e as StoreException ?? new StoreException($"'{path}' is not a result store: {e.Message}", e);
        }
    }

    /// <summary>The store of a study that may have been interrupted: opened when it holds this study, created when there is none yet.</summary>
    public static ResultStore Resume(string path, StudyHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        if (!Exists(path)) return Create(path, header);
        ResultStore store = Open(path);
        if (store.Header.Digest == header.Digest)
        {
            // Objectives, constraints and texts may have changed without changing a result.
            Execute(store._connection, "UPDATE meta SET value=$a WHERE key='study'", null, RecordJson.Write(header));
            return new ResultStore(store._connection, header);
        }
        store.Dispose();
        throw new StoreException($"'{path}' holds results of another study, of other inputs, or of another version of the tool (digest {store.Header.Digest}, now {header.Digest}); use another file with --store, or replace it with --force");
    }

    /// <summary>True when the file holds a store's tables. A file that a killed process left before its first transaction holds nothing.</summary>
    public static bool Exists(string path)
    {
        if (!File.Exists(path)) return false;
        try
        {
            using SqliteConnection connection = Connect(path, SqliteOpenMode.ReadWrite);
            return Scalar(connection, "SELECT name FROM sqlite_master LIMIT 1") is not null;
        }
        catch (SqliteException)
        {
            return true;
        }
    }

    /// <summary>Keeps a finished point. Saving a point twice changes nothing.</summary>
    public void Save(PointResult point)
    {
        ArgumentNullException.ThrowIfNull(point);
        lock (_gate)
            Execute(_connection, "INSERT OR IGNORE INTO points VALUES($a, $b, $c, $d, $e, $f)", null, point.Index, point.Record?.DesignKey ?? "", point.Status.ToString(), point.Reason,
                RecordJson.Write(point.Parameters), point.Record is { } record ? RecordJson.Write(record) : null);
    }

    /// <summary>Forgets points that the tool failed on, so that a resumed sweep tries them again.</summary>
    public void DropFailures()
    {
        lock (_gate) Execute(_connection, "DELETE FROM points WHERE status=$a", null, nameof(PointStatus.Failed));
    }

    /// <summary>Every finished point, in order of index.</summary>
    public ImmutableArray<PointResult> Points()
    {
        lock (_gate)
        {
            using SqliteCommand command = _connection.CreateCommand();
            command.CommandText = "SELECT idx, status, reason, parameters, record FROM points ORDER BY idx";
            using SqliteDataReader reader = command.ExecuteReader();
            var points = ImmutableArray.CreateBuilder<PointResult>();
            while (reader.Read())
                points.Add(new PointResult(reader.GetInt32(0), RecordJson.Read<ImmutableSortedDictionary<string, string>>(reader.GetString(3)), Enum.Parse<PointStatus>(reader.GetString(1)),
                    reader.IsDBNull(2) ? null : reader.GetString(2), reader.IsDBNull(4) ? null : RecordJson.Read<RunRecord>(reader.GetString(4))));
            return points.ToImmutable();
        }
    }

    /// <summary>A sub-result kept under that kind and key, or null.</summary>
    public string? FindSubResult(string kind, string key)
    {
        lock (_gate) return Scalar(_connection, "SELECT json FROM sub_results WHERE kind=$a AND key=$b", kind, key);
    }

    /// <summary>Keeps a sub-result. Saving it twice changes nothing.</summary>
    public void SaveSubResult(string kind, string key, string json)
    {
        lock (_gate) Execute(_connection, "INSERT OR IGNORE INTO sub_results VALUES($a, $b, $c)", null, kind, key, json);
    }

    public void Dispose() => _connection.Dispose();

    private static ResultStore CreateFile(string path, StudyHeader header)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
        foreach (string file in new[] { path + "-wal", path + "-shm", path }) File.Delete(file);
        SqliteConnection connection = Connect(path, SqliteOpenMode.ReadWriteCreate);
        Execute(connection, "PRAGMA journal_mode=WAL", null);
        using (SqliteTransaction transaction = connection.BeginTransaction())
        {
            Execute(connection, """
                CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
                CREATE TABLE points(idx INTEGER PRIMARY KEY, key TEXT NOT NULL, status TEXT NOT NULL, reason TEXT, parameters TEXT NOT NULL, record TEXT);
                CREATE TABLE sub_results(kind TEXT NOT NULL, key TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY(kind, key)) WITHOUT ROWID;
                """, transaction);
            Execute(connection, "INSERT INTO meta VALUES('layout', $a), ('study', $b)", transaction, Layout, RecordJson.Write(header));
            transaction.Commit();
        }
        return new ResultStore(connection, header);
    }

    private static SqliteConnection Connect(string path, SqliteOpenMode mode)
    {
        SQLitePCL.Batteries_V2.Init();
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false }.ToString());
        connection.Open();
        // NORMAL in write-ahead mode survives a killed process; only a power cut may lose the last rows, which are then run again.
        Execute(connection, "PRAGMA synchronous=NORMAL", null);
        return connection;
    }

    private static void Execute(SqliteConnection connection, string sql, SqliteTransaction? transaction, params object?[] values)
    {
        using SqliteCommand command = Prepare(connection, sql, values);
        command.Transaction = transaction;
        command.ExecuteNonQuery();
    }

    private static string? Scalar(SqliteConnection connection, string sql, params object?[] values)
    {
        using SqliteCommand command = Prepare(connection, sql, values);
        return command.ExecuteScalar() as string;
    }

    private static SqliteCommand Prepare(SqliteConnection connection, string sql, object?[] values)
    {
        SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Every caller passes a constant; values go in as parameters.
        command.CommandText = sql;
#pragma warning restore CA2100
        for (int i = 0; i < values.Length; i++) command.Parameters.AddWithValue($"${(char)('a' + i)}", values[i] ?? DBNull.Value);
        return command;
    }
}
