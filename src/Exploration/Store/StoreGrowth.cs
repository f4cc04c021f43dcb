using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
using Sim.Exploration.Studies;

namespace Sim.Exploration.Store;

/// <summary>
/// A store of a study to which values or networks were added since: its finished designs are designs of the new study too, at other
/// indices. Rows without a record are found again at no cost, and are dropped.
/// </summary>
internal static class StoreGrowth
{
    /// <summary>Where each finished design goes; null when there is none, or when one of them is no design of the study any more.</summary>
    public static IReadOnlyList<(int From, int To)>? Plan(SqliteConnection connection, ImmutableArray<string> designs)
    {
        var indices = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < designs.Length; i++) indices.TryAdd(designs[i], i);
        var moves = new List<(int From, int To)>();
        using SqliteCommand finished = StoreSql.Prepare(connection, "SELECT idx, key FROM points WHERE status=$a", nameof(PointStatus.Ok));
        using SqliteDataReader reader = finished.ExecuteReader();
        while (reader.Read())
        {
            if (!indices.TryGetValue(reader.GetString(1), out int to)) return null;
            moves.Add((reader.GetInt32(0), to));
        }
        return moves.Count == 0 ? null : moves;
    }

    /// <summary>Moves the finished designs, drops the other rows, and returns the new seal.</summary>
    public static RowSums Move(SqliteConnection connection, SqliteTransaction transaction, IReadOnlyList<(int From, int To)> moves)
    {
        StoreSql.Execute(connection, "DELETE FROM points WHERE status<>$a", transaction, nameof(PointStatus.Ok));
        var sums = new RowSums();
        foreach ((int from, int to) in moves)
        {
            string checksum = Checksum(connection, from, to);
            sums = sums.With(checksum);
            // Below zero until all have moved: no index is taken twice.
            StoreSql.Execute(connection, "UPDATE points SET idx=$a, checksum=$b WHERE idx=$c", transaction, -1 - to, checksum, from);
        }
        StoreSql.Execute(connection, "UPDATE points SET idx=-1-idx", transaction);
        return sums;
    }

    private static string Checksum(SqliteConnection connection, int from, int to)
    {
        using SqliteCommand row = StoreSql.Prepare(connection, "SELECT key, status, reason, parameters, record FROM points WHERE idx=$a",
            from);
        using SqliteDataReader reader = row.ExecuteReader();
        reader.Read();
        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
        return RowSums.Of("points", to, Text(0), Text(1), Text(2), Text(3), Text(4));
    }
}
