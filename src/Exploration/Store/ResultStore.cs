using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Sim.Exploration.Studies;
using Sim.Simulator;

namespace Sim.Exploration.Store;

/// <summary>
/// One study's results in one SQLite file: a row per design point, a row per shared sub-result, each with a checksum
/// (<see cref="RowSums"/>). Every write is one transaction in write-ahead mode, so a process killed at any moment leaves a store that holds
/// exactly the finished rows. Thread-safe. No row holds a time of day:
/// equal results are equal rows. Whatever goes wrong with the file is a <see cref="StoreException"/>.
/// </summary>
public sealed class ResultStore : IDisposable
{
    private const string Layout = "sim.store/2";
    private readonly SqliteConnection _connection;
    private readonly string _path;
    private bool _written;
    private readonly Lock _gate = new();

    private ResultStore(string path, SqliteConnection connection, StudyHeader header)
    {
        _path = path;
        _connection = connection;
        Header = header;
    }

    /// <summary>The study whose results these are.</summary>
    public StudyHeader Header { get; private set; }

    /// <summary>A new store. An existing store is replaced only when <paramref name="replace"/>, anything else never; else
    /// StoreException.</summary>
    public static ResultStore Create(string path, StudyHeader header, bool replace = false)
    {
        ArgumentNullException.ThrowIfNull(header);
        if (StoreFile.Refusal(path) is { } refusal) throw new StoreException(refusal);
        return Guarded(path, () =>
        {
            if (StoreFile.IsTaken(path))
            {
                if (StoreFile.WhyNoStore(path) is
                    { } other) throw new StoreException($"'{path}' exists and is {other}; only a result store is ever replaced: name "
                        + "another file with --store");
                if (!replace) throw new StoreException(StoreFile.Exists(path));
            }
            StoreFile.Create(path, replace, connection => Fill(connection, header));
            ResultStore made = OpenFile(path, readOnly: false);
            made.Header = header;
            return made;
        });
    }

    /// <summary>An existing store, all of it checked; StoreException when the file is no store of this layout or is damaged.</summary>
    public static ResultStore Open(string path) => Open(path, readOnly: false);

    /// <summary>As <see cref="Open(string)"/>, to be read alone.</summary>
    public static ResultStore OpenRead(string path) => Open(path, readOnly: true);

    private static ResultStore Open(string path, bool readOnly)
    {
        if (StoreFile.Refusal(path) is { } refusal) throw new StoreException(refusal);
        if (!File.Exists(path)) throw new StoreException($"'{path}' does not exist");
        return Guarded(path, () => new FileInfo(path).Length == 0 && new FileInfo(path).LinkTarget is null
            ? throw new StoreException($"'{path}' is empty or no regular file, not a result store") : OpenFile(path, readOnly));
    }

    /// <summary>
    /// The store of a study that may have been interrupted: opened when it holds this study, or one whose finished designs are all designs
    /// of this one; created when there is none yet.
    /// </summary>
    public static ResultStore Resume(string path, StudyHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        if (StoreFile.Refusal(path) is { } refusal) throw new StoreException(refusal);
        if (!StoreFile.IsTaken(path)) return Create(path, header);
        ResultStore store = Open(path);
        if (store.Header.Digest == header.Digest)
        {
            // Objectives, constraints and texts may have changed without changing a result.
            Guarded(path, () => PutMeta(store._connection, null, "study", RecordJson.Write(header)));
            store.Header = header;
            return store;
        }
        if (store.Grow(header)) return store;
        string held = store.Header.Digest;
        store.Dispose();
        throw new StoreException($"'{path}' holds results of another study, of other inputs, or of another version of the tool, or "
            + $"designs that the study no longer has (digest {held}, now {header.Digest}); use another file with --store, or replace it "
            + "with --force");
    }

    /// <summary>Keeps a finished point. Saving a point twice changes nothing.</summary>
    public void Save(PointResult point)
    {
        ArgumentNullException.ThrowIfNull(point);
        Insert("points", point.Index, point.Index < Header.Designs.Length ? Header.Designs[point.Index] : "", point.Status.ToString(),
            point.Reason, RecordJson.Write(point.Parameters), point.Record is { } record ? RecordJson.Write(record) : null);
    }

    /// <summary>Forgets points that the tool failed on, so that a resumed sweep tries them again.</summary>
    public void DropFailures() => Change(transaction =>
    {
        if (StoreSql.Execute(_connection, "DELETE FROM points WHERE status=$a", transaction, nameof(PointStatus.Failed)) == 0) return;
        var sums = new RowSums();
        using (SqliteCommand command = StoreSql.Prepare(_connection, "SELECT checksum FROM points"))
        {
            command.Transaction = transaction;
            using SqliteDataReader reader = command.ExecuteReader();
            while (reader.Read()) sums = sums.With(reader.GetString(0));
        }
        PutMeta(_connection, transaction, "points", sums.ToString());
    });

    /// <summary>Indices of the finished points.</summary>
    public ImmutableHashSet<int> Finished() => Read("SELECT idx FROM points", reader => reader.GetInt32(0)).ToImmutableHashSet();

    /// <summary>Every finished point, in order of index.</summary>
    public ImmutableArray<PointResult> Points() => [.. Stream()];

    /// <summary>Every finished point, in order of index, a few at a time: what has been read can be forgotten.</summary>
    public IEnumerable<PointResult> Stream()
    {
        for (ImmutableArray<PointResult> some = From(int.MinValue, 64); !some.IsEmpty; some = From(some[^1].Index + 1, 64))
            foreach (PointResult point in some) yield return point;
    }

    /// <summary>The point of that index, or null.</summary>
    public PointResult? Find(int index) => From(index, 1).FirstOrDefault(p => p.Index == index);

    private ImmutableArray<PointResult> From(int first, int most) =>
        Read("SELECT idx, key, status, reason, parameters, record, checksum FROM points WHERE idx >= $a ORDER BY idx LIMIT $b", reader =>
        {
            string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
            int index = reader.GetInt32(0);
            if (Text(6) != RowSums.Of("points", index, Text(1), Text(2), Text(3), Text(4), Text(5))) throw Damaged(_path,
                $"row {index} of 'points' does not have its checksum");
            return new PointResult(index, RecordJson.Read<ImmutableSortedDictionary<string, string>>(Text(4)!),
                Enum.Parse<PointStatus>(Text(2)!), Text(3),
                Text(5) is { } record ? RecordJson.Read<RunRecord>(record) : null);
        }, first, most);

    /// <summary>A sub-result kept under that kind and key, or null.</summary>
    public string? FindSubResult(string kind, string key)
    {
        lock (_gate)
            return Guarded(_path, () =>
            {
                using SqliteCommand command = StoreSql.Prepare(_connection,
                    "SELECT json, checksum FROM sub_results WHERE kind=$a AND key=$b", kind, key);
                using SqliteDataReader reader = command.ExecuteReader();
                if (!reader.Read()) return null;
                string json = reader.GetString(0);
                return reader.GetString(1) == RowSums.Of("sub_results", kind, key, json) ? json
                    : throw Damaged(_path, $"row {kind} {key} of 'sub_results' does not have its checksum");
            });
    }

    /// <summary>Keeps a sub-result. Saving it twice changes nothing.</summary>
    public void SaveSubResult(string kind, string key, string json) => Insert("sub_results", kind, key, json);

    /// <summary>Closes the file. A store at rest is one file: nothing stands beside it.</summary>
    public void Dispose()
    {
        try
        {
            if (_written) StoreSql.Scalar(_connection, "PRAGMA journal_mode=DELETE");
        }
        catch (SqliteException)
        {
            // Another process has it open, or the disk is full: the write-ahead log stays beside the file and holds every row.
        }
        _connection.Dispose();
    }

    private static void Fill(SqliteConnection connection, StudyHeader header)
    {
        using SqliteTransaction transaction = connection.BeginTransaction();
        StoreSql.Execute(connection, """
            CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL, checksum TEXT NOT NULL) WITHOUT ROWID;
            CREATE TABLE points(idx INTEGER PRIMARY KEY, key TEXT NOT NULL, status TEXT NOT NULL, reason TEXT, parameters TEXT NOT NULL,
                record TEXT, checksum TEXT NOT NULL);
            CREATE TABLE sub_results(kind TEXT NOT NULL, key TEXT NOT NULL, json TEXT NOT NULL, checksum TEXT NOT NULL,
                PRIMARY KEY(kind, key)) WITHOUT ROWID;
            """, transaction);
        PutMeta(connection, transaction, "layout", Layout);
        PutMeta(connection, transaction, "study", RecordJson.Write(header));
        foreach ((string table, _, _) in RowSums.Tables) PutMeta(connection, transaction, table, new RowSums().ToString());
        transaction.Commit();
    }

    private static ResultStore OpenFile(string path, bool readOnly)
    {
        SqliteConnection connection = StoreFile.Connect(path, readOnly ? SqliteOpenMode.ReadOnly : SqliteOpenMode.ReadWrite);
        try
        {
            string layout = StoreSql.Scalar(connection, "SELECT value FROM meta WHERE key='layout'") ?? "";
            if (layout == "sim.store/1")
                throw new StoreException($"'{path}' was written by an earlier version, whose rows carry no checksums ('{layout}'; this "
                    + $"tool reads '{Layout}'); run the study again, with --force or into another file");
            if (layout != Layout) throw new StoreException($"'{path}' is a store of another version ('{layout}'); this tool reads "
                + $"'{Layout}'");
            foreach (string key in (string[])["layout", "study"]) Meta(path, connection, key);
            if (StoreSql.Scalar(connection, "PRAGMA quick_check(1)") is not "ok" and var broken) throw Damaged(path, broken
                ?? "no answer to its check");
            // A store that another process writes changes between two statements: one transaction sees one state.
            using (SqliteTransaction transaction = connection.BeginTransaction(deferred: true))
            {
                if (RowSums.Check(connection, key => Meta(path, connection, key)) is { } wrong) throw Damaged(path, wrong);
                transaction.Commit();
            }
            return new ResultStore(path, connection, RecordJson.Read<StudyHeader>(Meta(path, connection, "study")));
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private bool Grow(StudyHeader header)
    {
        if (header.Designs.IsEmpty || Guarded(_path, () => StoreGrowth.Plan(_connection, header.Designs)) is not { } moves) return false;
        Change(transaction =>
        {
            PutMeta(_connection, transaction, "points", StoreGrowth.Move(_connection, transaction, moves).ToString());
            PutMeta(_connection, transaction, "study", RecordJson.Write(header));
        });
        Header = header;
        return true;
    }

    private void Insert(string table, params object?[] cells) => Change(transaction =>
    {
        string checksum = RowSums.Of(table, cells),
            places = string.Join(", ", Enumerable.Range(0, cells.Length + 1).Select(i => $"${(char)('a' + i)}"));
        if (StoreSql.Execute(_connection, $"INSERT OR IGNORE INTO {table} VALUES({places})", transaction, [.. cells, checksum])
            == 0) return;
        RowSums before = RowSums.Parse(Meta(_path, _connection, table));
        PutMeta(_connection, transaction, table, before.With(checksum).ToString());
    });

    private void Change(Action<SqliteTransaction> work)
    {
        lock (_gate)
            Guarded(_path, () =>
            {
                // Opening alone changes no byte. NORMAL in write-ahead mode survives a killed process; only a power cut may lose the last
                // rows, which are then run again.
                if (!_written) StoreSql.Execute(_connection, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL", null);
                _written = true;
                using SqliteTransaction transaction = _connection.BeginTransaction();
                work(transaction);
                transaction.Commit();
            });
    }

    private ImmutableArray<T> Read<T>(string sql, Func<SqliteDataReader, T> row, params object?[] values)
    {
        lock (_gate)
            return Guarded(_path, () =>
            {
                using SqliteCommand command = StoreSql.Prepare(_connection, sql, values);
                using SqliteDataReader reader = command.ExecuteReader();
                var rows = ImmutableArray.CreateBuilder<T>();
                while (reader.Read()) rows.Add(row(reader));
                return rows.ToImmutable();
            });
    }

    private static void PutMeta(SqliteConnection connection, SqliteTransaction? transaction, string key, string value) =>
        StoreSql.Execute(connection, "INSERT OR REPLACE INTO meta VALUES($a, $b, $c)", transaction, key, value,
            RowSums.Of("meta", key, value));

    private static string Meta(string path, SqliteConnection connection, string key)
    {
        using SqliteCommand command = StoreSql.Prepare(connection, "SELECT value, checksum FROM meta WHERE key=$a", key);
        using SqliteDataReader reader = command.ExecuteReader();
        return reader.Read() && reader.GetString(0) is var value && reader.GetString(1) == RowSums.Of("meta", key, value) ? value
            : throw Damaged(path, $"its entry '{key}' is missing or does not have its checksum");
    }

    private static StoreException Damaged(string path, string what) =>
        new($"'{path}' is damaged: {what}; none of its numbers can be trusted: bring it back from a copy, or replace it with --force");

    private static void Guarded(string path, Action work) => Guarded(path, () =>
    {
        work();
        return 0;
    });

    private static T Guarded<T>(string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (SqliteException e)
        {
            throw StoreSql.Fault(path, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"'{path}' cannot be written: {e.Message}", e);
        }
        catch (Exception e) when (e is JsonException or InvalidCastException or FormatException or OverflowException)
        {
            throw new StoreException($"'{path}' is not a result store, or is damaged: {e.Message}", e);
        }
    }
}
