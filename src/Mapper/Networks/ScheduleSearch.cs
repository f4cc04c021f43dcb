using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Sim.Mapper.Networks;

/// <summary>An item of a schedule: layers that run as one.</summary>
/// <param name="First">First layer.</param>
/// <param name="Last">Last layer.</param>
/// <param name="Choice">How they run.</param>
/// <param name="OnChip">Tensors that are whole on chip meanwhile, ascending.</param>
/// <param name="Loaded">Those of them that are read from DRAM for it, to stay.</param>
/// <param name="Cycles">Cycles of the item alone.</param>
/// <param name="Picojoules">Its energy.</param>
public sealed record ScheduleItem(int First, int Last, ItemChoice Choice, ImmutableArray<int> OnChip, ImmutableArray<int> Loaded,
    long Cycles, double Picojoules);

/// <summary>A schedule that makes a weighted sum of energy and cycles least.</summary>
/// <param name="Items">In order; together all layers.</param>
/// <param name="Picojoules">Energy of all items.</param>
/// <param name="Cycles">Cycles of all items, one after the other.</param>
/// <param name="Bound">No schedule of the space has a smaller weighted sum.</param>
/// <param name="States">Sets of tensors on chip at a boundary between layers that were considered.</param>
/// <param name="Dropped">States that were dropped unexplored; 0: the schedule is optimal.</param>
public sealed record FoundSchedule(ImmutableArray<ScheduleItem> Items, double Picojoules, long Cycles, double Bound, long States,
    long Dropped);

/// <summary>
/// Which layers run as one, how, and which tensors stay on chip: dynamic programming over the boundaries between layers, whose states are
/// the sets of tensors on chip there. Exact; where a boundary has more states than the limit those with the worst lower bound are dropped
/// and the least of their bounds limits the answer's.
/// </summary>
public sealed class ScheduleSearch
{
    private const int MostSlots = 62, MostBorn = 12;

    private readonly IScheduleItems _items;
    private readonly ScheduleMachine _machine;
    private readonly int _limit;
    private readonly ImmutableArray<int>[] _live;
    private readonly Dictionary<int, ItemView>[] _views;

    /// <summary>Prepares a search; <paramref name="mostStates"/> are kept at a boundary.</summary>
    public ScheduleSearch(IScheduleItems items, ScheduleMachine machine, int mostStates = 4096)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(mostStates);
        (_items, _machine, _limit) = (items, machine, mostStates);
        _views = [.. Enumerable.Range(0, items.Layers).Select(_ => new Dictionary<int, ItemView>())];
        _live = new ImmutableArray<int>[items.Layers + 1];
        for (int b = 0; b <= items.Layers; b++)
            _live[b] = [.. Enumerable.Range(0, items.Tensors.Length).Where(t => items.Tensors[t] is { IsCandidate: true } tensor
                && tensor.First < b && tensor.Last >= b)];
        // Of more live tensors than a state has bits the first stay candidates.
        for (int b = 0; b <= items.Layers; b++)
            if (_live[b].Length > MostSlots) IsLimited = true;
        if (!IsLimited) return;
        HashSet<int> left = [.. _live.SelectMany(l => l.Skip(MostSlots))];
        for (int b = 0; b <= items.Layers; b++) _live[b] = [.. _live[b].Where(t => !left.Contains(t))];
    }

    /// <summary>Whether more tensors live, or are made, at once than are considered: then the bound is that of each item alone.</summary>
    public bool IsLimited { get; private set; }

    /// <summary>The layers from <paramref name="first"/> up to <paramref name="end"/>, nothing on chip before and after; null: some layer
    /// does not fit.</summary>
    public FoundSchedule? Best(double energyWeight, double cycleWeight, int first = 0, int end = -1)
    {
        // What was dropped may have been all that leads to the end.
        for (long limit = _limit; ; limit *= 4)
        {
            (FoundSchedule? found, long dropped) = Best(new Weights(energyWeight, cycleWeight, false), first,
                end < 0 ? _items.Layers : end, limit);
            if (found is not null || dropped == 0) return found;
        }
    }

    private (FoundSchedule? Found, long Dropped) Best(Weights weights, int first, int end, long limit)
    {
        (SortedDictionary<ulong, Node>[] states, long count, long dropped, double droppedBound) = Walk(weights, first, end, limit);
        if (!states[end].TryGetValue(0, out Node? found)) return (null, dropped);
        var items = new List<ScheduleItem>();
        for (Node node = found; node.Previous is { } previous; node = previous) items.Add(Item(node));
        items.Reverse();
        double bound = Math.Min(found.Value.Primary, droppedBound);
        if (IsLimited) bound = Math.Min(bound, Rest(weights.Energy, weights.Cycles, first, end)[first]);
        return (new FoundSchedule([.. items], found.Picojoules, found.Cycles, bound, count, dropped), dropped);
    }

    private (SortedDictionary<ulong, Node>[] States, long Count, long Dropped, double Bound) Walk(Weights weights,
        int first, int end, long limit)
    {
        var states = new SortedDictionary<ulong, Node>[end + 1];
        for (int b = 0; b <= end; b++) states[b] = [];
        states[first][0] = new Node(default, 0, 0, null, 0, 0, 0, default);
        double droppedBound = double.PositiveInfinity;
        long count = 0, dropped = 0;
        double[]? rest = null;
        for (int b = first; b < end; b++)
        {
            IEnumerable<KeyValuePair<ulong, Node>> kept = states[b];
            if (states[b].Count > limit)
            {
                rest ??= Rest(weights.Energy, weights.Cycles, first, end);
                int at = b;
                KeyValuePair<ulong, Node>[] ranked = [.. kept.OrderBy(s => s.Value.Value.Primary).ThenBy(s => s.Key)];
                droppedBound = Math.Min(droppedBound, ranked.Skip((int)limit).Min(s => s.Value.Value.Primary) + rest[at]);
                dropped += ranked.Length - limit;
                kept = ranked.Take((int)limit);
            }
            foreach ((ulong state, Node node) in kept)
            {
                count++;
                for (int last = b; last < Math.Min(end, b + _items.Longest(b)); last++)
                    Extend(b, last, state, node, weights, states[last + 1], first, end);
            }
        }
        return (states, count, dropped, droppedBound);
    }

    /// <summary>Shortest times of the layers from <paramref name="first"/> up to before each layer, nothing on chip before and after; null:
    /// they do not fit, or not within the limit of states.</summary>
    public ImmutableArray<Segment?> SegmentsFrom(int first)
    {
        (SortedDictionary<ulong, Node>[] states, _, _, _) = Walk(Weights.Segments, first, _items.Layers, _limit);
        return [.. states.Select((s, end) => end > first && s.TryGetValue(0, out Node? node) ? Sum(node) : (Segment?)null)];
    }

    /// <summary>All layers as one such segment; null: some layer does not fit.</summary>
    public Segment? Whole()
    {
        for (long limit = _limit; ; limit *= 4)
        {
            (SortedDictionary<ulong, Node>[] states, _, long dropped, _) = Walk(Weights.Segments, 0, _items.Layers, limit);
            if (states[^1].TryGetValue(0, out Node? node)) return Sum(node);
            if (dropped == 0) return null;
        }
    }

    private Segment Sum(Node last)
    {
        long dram = 0, vector = 0;
        for (Node node = last; node.Previous is { } previous; node = previous)
        {
            ScheduleItem item = Item(node);
            dram += _machine.BusCycles(item.Choice.ReadBits + item.Choice.WriteBits + item.Loaded.Sum(t => _items.Tensors[t].Bits));
            vector += item.Choice.VectorCycles;
        }
        return new Segment(last.Cycles, dram, vector);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Extend(int first, int last, ulong state, Node node, Weights weights,
        SortedDictionary<ulong, Node> next, int from, int end)
    {
        ItemView view = View(first, last);
        ulong touched = Moved(state, view.FromState);
        long held = Bits(_live[first], state);
        if (held > _machine.RoomBits) return;
        ulong newborn = (1UL << view.Born.Length) - 1;
        // Nothing stays beyond the last layer asked for, or comes from before the first.
        for (int k = 0; k < view.Born.Length; k++)
            if (_items.Tensors[view.Born[k]] is var born && (born.Last >= end || born.First < from)) newborn &= ~(1UL << k);
        for (ulong subset = newborn; ; subset = (subset - 1) & newborn)
        {
            long room = _machine.RoomBits - held - Bits(view.Born, subset);
            if (room >= 0)
            {
                ulong onChip = touched | Moved(subset, view.FromBorn);
                long loaded = Bits(view.Born, subset & view.Given);
                (Weighed Value, ItemChoice Choice)? best = null;
                foreach (ItemChoice choice in Choices(view, first, last, onChip))
                {
                    if (choice.RoomBits > room) continue;
                    Weighed value = Weigh(weights, choice, loaded);
                    if (best is null || value.CompareTo(best.Value.Value) < 0) best = (value, choice);
                }
                if (best is var (cost, way))
                {
                    double energy = node.Picojoules + cost.Energy;
                    long cycles = checked(node.Cycles + cost.Cycles);
                    Weighed sum = node.Value.Plus(cost);
                    ulong after = Moved(state, view.StateToNext) | Moved(subset, view.BornToNext);
                    if (!next.TryGetValue(after, out Node? known) || sum.CompareTo(known.Value) < 0)
                        next[after] = new Node(sum, energy, cycles, node, first, last, state, (way, subset, cost.Energy, cost.Cycles));
                }
            }
            if (subset == 0) break;
        }
    }

    private ScheduleItem Item(Node node)
    {
        ItemView view = View(node.First, node.Last);
        (ItemChoice way, ulong subset, double energy, long cycles) = node.Step;
        IEnumerable<int> held = _live[node.First].Where((_, k) => (node.State >> k & 1) != 0);
        return new(node.First, node.Last, way, [.. held.Concat(view.Born.Where((_, k) => (subset >> k & 1) != 0)).Order()],
            [.. view.Born.Where((_, k) => (subset & view.Given & 1UL << k) != 0)], cycles, energy);
    }

    // Lower bounds of what follows a boundary: each item alone, with all the room.
    private double[] Rest(double energyWeight, double cycleWeight, int first, int end)
    {
        var rest = new double[end + 1];
        for (int b = end - 1; b >= first; b--)
        {
            rest[b] = double.PositiveInfinity;
            for (int last = b; last < Math.Min(end, b + _items.Longest(b)); last++)
            {
                ItemView view = View(b, last);
                ImmutableArray<int> touched = view.Touched;
                ulong may = 0;
                for (int k = 0; k < touched.Length; k++)
                    if (_items.Tensors[touched[k]].IsCandidate) may |= 1UL << k;
                double least = BitOperations.PopCount(may) > 12 ? 0 : double.PositiveInfinity;
                for (ulong onChip = may; least > 0; onChip = (onChip - 1) & may)
                {
                    long room = _machine.RoomBits - Bits(touched, onChip);
                    foreach (ItemChoice choice in Choices(view, b, last, onChip))
                        if (choice.RoomBits <= room) least = Math.Min(least, (energyWeight * _machine.Picojoules(choice, 0))
                            + (cycleWeight * _machine.Cycles(choice, 0)));
                    if (onChip == 0) break;
                }
                rest[b] = Math.Min(rest[b], least + rest[last + 1]);
            }
        }
        return rest;
    }

    private ImmutableArray<ItemChoice> Choices(ItemView view, int first, int last, ulong onChip)
    {
        if (!view.Choices.TryGetValue(onChip, out ImmutableArray<ItemChoice> choices))
            view.Choices[onChip] = choices = _items.Choices(first, last, onChip);
        return choices;
    }

    private ItemView View(int first, int last)
    {
        if (_views[first].TryGetValue(last, out ItemView? known)) return known;
        ImmutableArray<int> touched = _items.Touched(first, last), before = _live[first], after = _live[last + 1];
        ImmutableArray<int> born = [.. after.Where(t => _items.Tensors[t].First >= first)];
        if (born.Length > MostBorn)
        {
            IsLimited = true;
            born = born[..MostBorn];
        }
        ulong given = 0;
        for (int k = 0; k < born.Length; k++)
            if (_items.Tensors[born[k]].Producer < 0) given |= 1UL << k;
        int[] To(ImmutableArray<int> from, ImmutableArray<int> to) => [.. from.Select(t => to.IndexOf(t))];
        return _views[first][last] = new ItemView(touched, born, given, To(before, touched), To(born, touched), To(before, after),
            To(born, after));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static ulong Moved(ulong bits, int[] places)
    {
        ulong moved = 0;
        for (; bits != 0; bits &= bits - 1)
            if (places[BitOperations.TrailingZeroCount(bits)] is >= 0 and var place) moved |= 1UL << place;
        return moved;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private long Bits(ImmutableArray<int> tensors, ulong bits)
    {
        long sum = 0;
        for (; bits != 0; bits &= bits - 1) sum = checked(sum + _items.Tensors[tensors[BitOperations.TrailingZeroCount(bits)]].Bits);
        return sum;
    }

    private sealed record ItemView(ImmutableArray<int> Touched, ImmutableArray<int> Born, ulong Given, int[] FromState, int[] FromBorn,
        int[] StateToNext, int[] BornToNext)
    {
        public Dictionary<ulong, ImmutableArray<ItemChoice>> Choices { get; } = [];
    }

    private sealed record Node(Weighed Value, double Picojoules, long Cycles, Node? Previous, int First, int Last, ulong State,
        (ItemChoice Way, ulong Subset, double Picojoules, long Cycles) Step);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Weighed Weigh(Weights weights, in ItemChoice choice, long loaded)
    {
        (double energy, long cycles) = (_machine.Picojoules(choice, loaded), _machine.Cycles(choice, loaded));
        double primary = (weights.Energy * energy) + (weights.Cycles * cycles);
        if (!weights.OfSegments) return new(primary, weights.Energy == 0 ? energy : cycles, 0, energy, cycles);
        return new(primary, _machine.BusCycles(checked(choice.ReadBits + loaded + choice.WriteBits)), choice.VectorCycles, energy, cycles);
    }

    private readonly record struct Weights(double Energy, double Cycles, bool OfSegments)
    {
        public static Weights Segments => new(0, 1, true);
    }

    // Ties of the weighted sum break by what has no weight; of segments by cycles of the bus, then of the vector unit.
    private readonly record struct Weighed(double Primary, double Secondary, double Tertiary, double Energy, long Cycles)
    {
        public Weighed Plus(in Weighed other) =>
            new(Primary + other.Primary, Secondary + other.Secondary, Tertiary + other.Tertiary, 0, 0);

        public int CompareTo(in Weighed other)
        {
            int order = Primary.CompareTo(other.Primary);
            if (order == 0) order = Secondary.CompareTo(other.Secondary);
            return order != 0 ? order : Tertiary.CompareTo(other.Tertiary);
        }
    }
}
