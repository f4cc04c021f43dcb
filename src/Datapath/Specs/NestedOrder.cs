using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Sim.Datapath.Specs;

/// <summary>
/// Any order of additions of K products: a permutation of k, applied when operands are packed, and registers that open and close along it.
/// A register starts at zero, takes its products one step after the other, and its sum is added to the register around it when it closes.
/// So chains, trees and stores of partial sums, nested as deep as a mapping nests them, have one form; equal orders are equal objects.
/// </summary>
public sealed class NestedOrder : IEquatable<NestedOrder>
{
    private readonly int[] _opens, _closes;
    private readonly bool[] _joins;
    private readonly int _hash;

    /// <summary>The order of a register's expression. Steps of a unit with <paramref name="lanes"/> lanes take at most so many
    /// products.</summary>
    public NestedOrder(SumExpression sum, int lanes = 1)
    {
        ArgumentNullException.ThrowIfNull(sum);
        ArgumentOutOfRangeException.ThrowIfLessThan(lanes, 1);
        var flat = new Flat(lanes);
        flat.Add(sum);
        if (flat.Sequence.Count == 0) throw new ArgumentException("a sum without products has no order", nameof(sum));
        Lanes = lanes;
        (Sequence, _opens, _closes, _joins) = ([.. flat.Sequence], [.. flat.Opens], [.. flat.Closes], [.. flat.Joins]);
        Depth = flat.Depth;
        if (Sequence.Length != Sequence.Distinct().Count() || Sequence.Any(k => k < 0 || k >= Sequence.Length))
            throw new ArgumentException("an order takes every product once", nameof(sum));
        var hash = new HashCode();
        foreach (int k in Sequence) hash.Add(k);
        foreach (int open in _opens) hash.Add(open);
        _hash = hash.ToHashCode();
    }

    /// <summary>Lanes of the unit that it was made for.</summary>
    public int Lanes { get; }

    /// <summary>k in the order of its products.</summary>
    public ImmutableArray<int> Sequence { get; }

    /// <summary>Registers that are open at once beside the outermost.</summary>
    public int Depth { get; }

    /// <summary>Registers that open before the product at a place.</summary>
    public int Opens(int place) => _opens[place];

    /// <summary>Registers that close after the product at a place.</summary>
    public int Closes(int place) => _closes[place];

    /// <summary>Whether the product at a place enters in the same step as the one before.</summary>
    public bool Joins(int place) => _joins[place];

    /// <summary>Whether the permutation leaves every k where it is.</summary>
    public bool InPlace => Sequence.Select((k, i) => k == i).All(same => same);

    /// <summary>Chunks of equal length after the permutation (0: one chain): what a kernel of plain orders sums in packed operands; null:
    /// the registers lie otherwise.</summary>
    public int? PlainChunk()
    {
        int length = Sequence.Length, first = 1;
        while (first < length && _opens[first] == 0) first++;
        for (int i = 0; i < length; i++)
        {
            int within = i % first;
            bool opens = i >= first && within == 0, ends = i >= first && (within == first - 1 || i == length - 1);
            if (_opens[i] != (opens ? 1 : 0) || _closes[i] != (ends ? 1 : 0) || _joins[i] != (within % Lanes != 0)) return null;
        }
        return first == length ? 0 : first;
    }

    /// <summary>The order by its one name: chunks where it is chunks.</summary>
    public ReductionOrder Named() =>
        InPlace && PlainChunk() is { } chunk ? new ReductionOrder(chunk) : new ReductionOrder(0) { Nested = this };

    /// <inheritdoc/>
    public bool Equals(NestedOrder? other) => other is not null && _hash == other._hash
        && Sequence.AsSpan().SequenceEqual(other.Sequence.AsSpan()) && _opens.AsSpan().SequenceEqual(other._opens)
        && _closes.AsSpan().SequenceEqual(other._closes) && _joins.AsSpan().SequenceEqual(other._joins);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as NestedOrder);

    /// <inheritdoc/>
    public override int GetHashCode() => _hash;

    /// <summary>E.g. `0..3 (4..7) (8 9+10)`: runs of k, registers in parentheses, + between products of a step.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        for (int i = 0; i < Sequence.Length; i++)
        {
            text.Append(i == 0 ? "" : _joins[i] ? "+" : " ").Append('(', _opens[i]);
            int last = i;
            while (last + 1 < Sequence.Length && _closes[last] == 0 && _opens[last + 1] == 0 && !_joins[last + 1]
                && Sequence[last + 1] == Sequence[last] + 1) last++;
            // A run ends before products that join its last step.
            if (last > i && last + 1 < Sequence.Length && _joins[last + 1]) last--;
            text.Append(CultureInfo.InvariantCulture, $"{Sequence[i]}");
            if (last > i) text.Append(CultureInfo.InvariantCulture, $"..{Sequence[last]}");
            text.Append(')', _closes[i = last]);
        }
        return text.ToString();
    }

    private sealed class Flat(int lanes)
    {
        private int _depth;

        public List<int> Sequence { get; } = [];

        public List<int> Opens { get; } = [];

        public List<int> Closes { get; } = [];

        public List<bool> Joins { get; } = [];

        public int Depth { get; private set; }

        public void Add(SumExpression sum, int opens = 0)
        {
            Depth = Math.Max(Depth, _depth);
            foreach ((int[]? products, SumExpression? inner) in sum.Items)
            {
                if (inner is not null)
                {
                    _depth++;
                    Add(inner, 1);
                    _depth--;
                    Closes[^1]++;
                    continue;
                }
                for (int i = 0; i < products!.Length; i++)
                {
                    Sequence.Add(products[i]);
                    Opens.Add(opens);
                    Closes.Add(0);
                    Joins.Add(i % lanes != 0);
                    opens = 0;
                }
            }
        }
    }
}
