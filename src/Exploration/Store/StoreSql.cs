using Microsoft.Data.Sqlite;

namespace Sim.Exploration.Store;

/// <summary>Statements on a store, and their failures in words.</summary>
internal static class StoreSql
{
    public static int Execute(SqliteConnection connection, string sql, SqliteTransaction? transaction, params object?[] values)
    {
        using SqliteCommand command = Prepare(connection, sql, values);
        command.Transaction = transaction;
        return command.ExecuteNonQuery();
    }

    /// <summary>The first column of the first row as text; null without a row.</summary>
    public static string? Scalar(SqliteConnection connection, string sql, params object?[] values)
    {
        using SqliteCommand command = Prepare(connection, sql, values);
        return command.ExecuteScalar() as string;
    }

    /// <summary>A statement whose parameters are $a, $b, ....</summary>
    public static SqliteCommand Prepare(SqliteConnection connection, string sql, params object?[] values)
    {
        SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Every caller passes a constant; values go in as parameters.
        command.CommandText = sql;
#pragma warning restore CA2100
        for (int i = 0; i < values.Length; i++) command.Parameters.AddWithValue($"${(char)('a' + i)}", values[i] ?? DBNull.Value);
        return command;
    }

    /// <summary>What a failure of SQLite means for the one who runs a sweep. Codes: https://www.sqlite.org/rescode.html.</summary>
    public static StoreException Fault(string path, SqliteException e) => new(e.SqliteErrorCode switch
    {
        5 or 6 => $"'{path}' is in use by another process: {e.Message}",
        8 => $"'{path}' cannot be written: {e.Message}",
        10 => $"'{path}' cannot be read or written, the disk may be full or gone; what was saved before is kept, continue with --resume: {e.Message}",
        26 => $"'{path}' is no result store, or one whose first bytes are damaged: bring it back from a copy, or name another file with --store",
        11 => $"'{path}' is damaged, none of its numbers can be trusted; bring it back from a copy, or replace it with --force: {e.Message}",
        13 => $"'{path}': the disk is full; what was saved before is kept: make room and continue with --resume",
        14 => $"'{path}' cannot be opened: {e.Message}",
        _ => $"'{path}' is not a result store, or is damaged: {e.Message}",
    }, e);
}
