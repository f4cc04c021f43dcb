using System.Collections;
using System.Runtime.CompilerServices;

namespace Sim.Workloads.Integers.Reading;

/// <summary>
/// A number for each element of a tensor, kept as short as it repeats: element i has Values[(i / Inner) mod Length]. One for the tensor,
/// one for each index of an axis (Inner: elements of the axes after it), or one an element. Written out, the scales of one byte of weights
/// would take four.
/// </summary>
[CollectionBuilder(typeof(Repeated), nameof(Repeated.Of))]
internal sealed class Repeated<T>(T[] values, int inner = 1) : IEnumerable<T> where T : struct, IEquatable<T>
{
    /// <summary>How many numbers are kept.</summary>
    internal int Length => values.Length;

    /// <summary>How many neighbours share a number.</summary>
    internal int Inner => inner;

    /// <summary>The numbers that are kept, not those of the elements.</summary>
    internal T this[int index] => values[index];

    /// <summary>The number of an element.</summary>
    internal T At(int element) => values[element / inner % values.Length];

    /// <summary>The number of each of so many elements.</summary>
    internal T[] Elements(int count)
    {
        if (inner == 1 && values.Length == count) return values;
        var all = new T[count];
        for (int i = 0; i < count; i++) all[i] = At(i);
        return all;
    }

    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)values).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public static implicit operator Repeated<T>(T[] values) => new(values);
}

/// <summary>Makes <see cref="Repeated{T}"/> of collection expressions.</summary>
internal static class Repeated
{
    internal static Repeated<T> Of<T>(ReadOnlySpan<T> values) where T : struct, IEquatable<T> => new(values.ToArray());
}
