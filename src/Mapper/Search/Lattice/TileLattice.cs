using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.InteropServices;
using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Search.Lattice;

/// <summary>
/// All tiles of a layer: a divisor of each dimension's size. A tile is a point with one exponent for each prime of each dimension, and its
/// index is these exponents in mixed radix, so that the index of a quotient is the difference of the indices.
/// </summary>
internal sealed class TileLattice
{
    private readonly Chain[] _chains;

    // By tile, a bit for each prime that divides it.
    private readonly ulong[] _divisible;

    // A prime of a dimension: exponents 0 to Length - 1, Stride apart.
    private readonly record struct Chain(int Dim, long Prime, int Length, int Stride);

    /// <summary>Number of tiles of dimensions.</summary>
    public static double Size(ImmutableArray<LatticeDim> dims) =>
        dims.SelectMany(d => Primes(d.Size)).Aggregate(1.0, (all, prime) => all * (prime.Power + 1));

    /// <summary>Of dimensions; more than 2^30 tiles throw.</summary>
    public TileLattice(ImmutableArray<LatticeDim> dims)
    {
        Dims = dims;
        var primes = new List<(int Dim, long Prime, int Length)>();
        for (int d = 0; d < dims.Length; d++)
            foreach ((long prime, int power) in Primes(dims[d].Size)) primes.Add((d, prime, power + 1));
        // The longest chain lies contiguous: runs are long.
        int stride = 1;
        _chains = new Chain[primes.Count];
        int next = 0;
        foreach ((int dim, long prime, int length) in primes.OrderByDescending(p => p.Length).ThenBy(p => p.Dim).ThenBy(p => p.Prime))
        {
            _chains[next++] = new(dim, prime, length, stride);
            stride = checked(stride * length);
            if (stride > 1 << 30) throw new OverflowException("more than 2^30 tiles");
        }
        Count = stride;
        Tiles = [.. dims.Select(_ => new long[Count])];
        _divisible = new ulong[Count];
        foreach (long[] tiles in Tiles) Array.Fill(tiles, 1);
        for (int point = 0; point < Count; point++)
            for (int c = 0; c < _chains.Length; c++)
                for (int e = point / _chains[c].Stride % _chains[c].Length; e > 0; e--)
                {
                    Tiles[_chains[c].Dim][point] *= _chains[c].Prime;
                    _divisible[point] |= 1ul << c;
                }
        Plain = PerOperand.Of(o => Elements(d => d.Indexes(o)));
        Places = Elements(_ => true);
        Whole = PerOperand.Of(o => dims.Where(d => !d.Indexes(o)).Aggregate(1.0, (size, d) => size * d.Size));
        PerOperand<double[]> held = PerOperand.Of(o => Elements(d => !d.Indexes(o)));
        Repeats = PerOperand.Of(o => held[o].Select(t => Whole[o] / t).ToArray());
    }

    /// <summary>Dimensions.</summary>
    public ImmutableArray<LatticeDim> Dims { get; }

    /// <summary>Tiles. The last is the whole layer, the first one iteration.</summary>
    public int Count { get; }

    /// <summary>Sizes by dimension and tile.</summary>
    public long[][] Tiles { get; }

    /// <summary>By operand and tile: product of the dimensions that index the operand.</summary>
    public PerOperand<double[]> Plain { get; }

    /// <summary>By tile: its iterations.</summary>
    public double[] Places { get; }

    /// <summary>By operand: product of the sizes that it does not have.</summary>
    public PerOperand<double> Whole { get; }

    /// <summary>By operand and tile: iterations of the loops above that do not index the operand.</summary>
    public PerOperand<double[]> Repeats { get; }

    /// <summary>Whether a tile divides another.</summary>
    public bool Divides(int part, int whole)
    {
        foreach (Chain chain in _chains)
            if (part / chain.Stride % chain.Length > whole / chain.Stride % chain.Length) return false;
        return true;
    }

    /// <summary>values[x] = least of values over the divisors of x that differ in dimensions of a mask only.</summary>
    public void MinOverDivisors(double[] values, uint dims)
    {
        foreach (Chain chain in _chains)
        {
            if ((dims >> chain.Dim & 1) == 0) continue;
            int stride = chain.Stride, block = stride * chain.Length;
            for (int from = 0; from < Count; from += block)
            {
                if (stride == 1)
                {
                    for (int i = from + 1; i < from + block; i++) values[i] = Math.Min(values[i], values[i - 1]);
                    continue;
                }
                for (int e = from + stride; e < from + block; e += stride)
                    Min(values.AsSpan(e - stride, stride), values.AsSpan(e, stride));
            }
        }
    }

    /// <summary>The same over tiles of a list in rising order that holds all divisors of its members.</summary>
    public void MinOverDivisors(double[] values, uint dims, int[] tiles)
    {
        for (int c = 0; c < _chains.Length; c++)
        {
            if ((dims >> _chains[c].Dim & 1) == 0) continue;
            int stride = _chains[c].Stride;
            foreach (int tile in tiles)
                if ((_divisible[tile] >> c & 1) != 0) values[tile] = Math.Min(values[tile], values[tile - stride]);
        }
    }

    private static void Min(ReadOnlySpan<double> row, Span<double> target)
    {
        ReadOnlySpan<Vector<double>> from = MemoryMarshal.Cast<double, Vector<double>>(row);
        Span<Vector<double>> to = MemoryMarshal.Cast<double, Vector<double>>(target);
        for (int v = 0; v < from.Length; v++) to[v] = Vector.Min(to[v], from[v]);
        for (int i = from.Length * Vector<double>.Count; i < row.Length; i++) target[i] = Math.Min(target[i], row[i]);
    }

    /// <summary>The divisors of a tile that differ in dimensions of a mask only, itself among them, appended to a list.</summary>
    public void Divisors(int tile, uint dims, List<int> found)
    {
        int start = found.Count;
        found.Add(tile);
        foreach (Chain chain in _chains)
        {
            if ((dims >> chain.Dim & 1) == 0) continue;
            int exponent = tile / chain.Stride % chain.Length, count = found.Count;
            for (int e = 1; e <= exponent; e++)
                for (int i = start; i < count; i++) found.Add(found[i] - e * chain.Stride);
        }
    }

    /// <summary>Runs of multiples of a tile, contiguous in index: first and length.</summary>
    public IEnumerable<(int First, int Length)> Multiples(int tile)
    {
        int least = _chains.Length == 0 ? 0 : tile % _chains[0].Length, run = _chains.Length == 0 ? 1 : _chains[0].Length - least;
        var exponents = new int[_chains.Length];
        for (int c = 1; c < _chains.Length; c++) exponents[c] = tile / _chains[c].Stride % _chains[c].Length;
        int[] first = [.. exponents];
        while (true)
        {
            int at = least;
            for (int c = 1; c < _chains.Length; c++) at += exponents[c] * _chains[c].Stride;
            yield return (at, run);
            int next = 1;
            while (next < _chains.Length && ++exponents[next] == _chains[next].Length)
            {
                exponents[next] = first[next];
                next++;
            }
            if (next >= _chains.Length) yield break;
        }
    }

    /// <summary>The tile of these sizes by dimension; -1 when they do not divide.</summary>
    public int IndexOf(ReadOnlySpan<long> sizes)
    {
        int index = 0;
        Span<long> left = stackalloc long[sizes.Length];
        sizes.CopyTo(left);
        foreach (Chain chain in _chains)
            for (int e = 1; e < chain.Length && left[chain.Dim] % chain.Prime == 0; e++)
            {
                left[chain.Dim] /= chain.Prime;
                index += chain.Stride;
            }
        foreach (long rest in left)
            if (rest != 1) return -1;
        return index;
    }

    private double[] Elements(Func<LatticeDim, bool> counts)
    {
        var elements = new double[Count];
        Array.Fill(elements, 1);
        for (int d = 0; d < Dims.Length; d++)
        {
            if (!counts(Dims[d])) continue;
            for (int i = 0; i < Count; i++) elements[i] *= Tiles[d][i];
        }
        return elements;
    }

    private static IEnumerable<(long Prime, int Power)> Primes(long size)
    {
        for (long prime = 2; size > 1; prime++)
        {
            if (prime * prime > size) prime = size;
            int power = 0;
            for (; size % prime == 0; size /= prime) power++;
            if (power > 0) yield return (prime, power);
        }
    }
}
