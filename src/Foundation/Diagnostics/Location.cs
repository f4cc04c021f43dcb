namespace Sim.Foundation.Diagnostics;

/// <summary>A place in a file that a user wrote. Line and Column count from 1; 0 means the whole file.</summary>
public readonly record struct Location(string File, int Line = 0, int Column = 0) : IComparable<Location>
{
    /// <summary>Order of file (ordinal), line, column.</summary>
    public int CompareTo(Location other)
    {
        int byFile = string.CompareOrdinal(File, other.File);
        if (byFile != 0) return byFile;
        int byLine = Line.CompareTo(other.Line);
        return byLine != 0 ? byLine : Column.CompareTo(other.Column);
    }

    /// <summary>`file:line:column`, or `file` alone when the line is not known.</summary>
    public override string ToString() => Line == 0 ? File ?? "" : $"{File}:{Line}:{Column}";

    public static bool operator <(Location left, Location right) => left.CompareTo(right) < 0;

    public static bool operator >(Location left, Location right) => left.CompareTo(right) > 0;

    public static bool operator <=(Location left, Location right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Location left, Location right) => left.CompareTo(right) >= 0;
}
