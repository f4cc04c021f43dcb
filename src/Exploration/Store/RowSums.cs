using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;

namespace Sim.Exploration.Store;

/// <summary>
/// What tells a damaged store from a sound one: every row carries a SHA-256 of its cells, and each table has a seal, the number of its rows
/// with the sum of their checksums, which changes in the transaction that changes the rows. A changed cell fails its row; a row that came,
/// went or stands twice fails the seal.
/// </summary>
internal readonly record struct RowSums(long Rows, UInt128 Sum)
{
    /// <summary>Tables under a seal with the cells that a row's checksum covers, and the order of their rows.</summary>
    public static IReadOnlyList<(string Name, string Cells, string Order)> Tables { get; } =
        [("points", "idx, key, status, reason, parameters, record", "idx"), ("sub_results", "kind, key, json", "kind, key")];

    /// <summary>SHA-256 over the table's name and the cells, each with its length, in hexadecimal. A missing cell is not an empty
    /// one.</summary>
    public static string Of(string table, params ReadOnlySpan<object?> cells)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[8];
        void Add(string? text, Span<byte> header)
        {
            byte[] bytes = text is null ? [] : Encoding.UTF8.GetBytes(text);
            BinaryPrimitives.WriteInt64LittleEndian(header, text is null ? -1 : bytes.Length);
            hash.AppendData(header);
            hash.AppendData(bytes);
        }
        Add(table, length);
        foreach (object? cell in cells) Add(cell is null ? null : Convert.ToString(cell, CultureInfo.InvariantCulture), length);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>With one more row.</summary>
    public RowSums With(string checksum) =>
        new(Rows + 1, unchecked(Sum + UInt128.Parse(checksum.AsSpan(0, 32), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)));

    /// <summary>The seal as it stands in the store.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Rows} rows {Sum:x32}");

    /// <summary>Reads a seal back.</summary>
    public static RowSums Parse(string text)
    {
        string[] words = text.Split(' ');
        return words.Length == 3 && long.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out long rows)
            && UInt128.TryParse(words[2], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out UInt128 sum)
                ? new RowSums(rows, sum) : throw new FormatException($"'{text}' is no seal");
    }

    /// <summary>Checks every row of every table against its checksum and the tables against their seals; what is wrong, or null.</summary>
    public static string? Check(SqliteConnection connection, Func<string, string?> meta)
    {
        foreach ((string table, string cells, string order) in Tables)
        {
            var sums = new RowSums();
            using SqliteCommand command = StoreSql.Prepare(connection, $"SELECT {cells}, checksum FROM {table} ORDER BY {order}");
            using SqliteDataReader reader = command.ExecuteReader();
            var values = new object?[cells.Count(c => c == ',') + 1];
            while (reader.Read())
            {
                for (int i = 0; i < values.Length; i++) values[i] = reader.IsDBNull(i) ? null : reader.GetValue(i);
                string kept = reader.IsDBNull(values.Length) ? "" : reader.GetString(values.Length);
                if (kept != Of(table, values)) return $"row {values[0]} of '{table}' does not have its checksum";
                sums = sums.With(kept);
            }
            if (meta(table) != sums.ToString()) return $"the rows of '{table}' are not those that were saved";
        }
        return null;
    }
}
