using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Sim.Mapper.Networks;

/// <summary>The items of a network: its layers, with pointwise ones behind them, and groups of them tile by tile.</summary>
public sealed class NetworkItems : IScheduleItems
{
    /// <summary>Most layers of a group.</summary>
    public const int MostLayers = 16;

    private readonly ScheduleNetwork _network;
    private readonly StageMemory _stage;
    private readonly LayerItems _layers;
    private readonly bool _fuse;
    private readonly Run?[][] _runs;
    private readonly RowMemory[] _rows;
    private readonly List<ItemChoice> _ways = [];

    private readonly ShapeNames _names;
    private readonly ConcurrentDictionary<string, RunShape> _shapes = new(StringComparer.Ordinal);

    // Layers that may run as one.
    private sealed record Run(ImmutableArray<int> Touched, RunShape Shape);

    /// <summary>Items of a network on a memory; groups if <paramref name="fuse"/>.</summary>
    public NetworkItems(ScheduleNetwork network, StageMemory stage, bool fuse)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(stage);
        (_network, _stage, _layers, _fuse) = (network, stage, new LayerItems(network, stage), fuse);
        _runs = [.. network.Layers.Select((_, first) => new Run?[LongestAt(first)])];
        (_rows, _names) = ([.. network.Layers.Select(_ => new RowMemory())], new ShapeNames(network));
        if (fuse) Prepare();
    }

    private NetworkItems(NetworkItems of)
    {
        (_network, _stage, _layers, _rows, _names) = (of._network, of._stage, of._layers, of._rows, of._names);
        _runs = [.. _network.Layers.Select((_, first) => new Run?[LongestAt(first)])];
    }

    // All groups, and tilings of all layers: each is made by itself, so threads do not change what comes out.
    private void Prepare()
    {
        var first = new int[Layers];
        for (int last = 0, at = 0; last < Layers; first[last++] = at)
            while (at + Longest(at) <= last) at++;
        try
        {
            Parallel.For(0, Layers, last =>
            {
                if (_network.Layers[last].Matrix is not null) _layers.Ways(last);
                for (int i = first[last]; i <= last; i++)
                    if (i + _runs[i].Length > last) RunOf(i, last);
            });
        }
        catch (AggregateException e) when (e.InnerException is { } inner)
        {
            ExceptionDispatchInfo.Throw(inner);
        }
    }

    /// <summary>The same without groups tile by tile.</summary>
    public NetworkItems Unfused() => new(this);

    public ImmutableArray<ScheduleTensor> Tensors => _network.Tensors;

    public int Layers => _network.Layers.Length;

    /// <summary>The tiling of an item's first layer; null: a vector layer, or a group tile by tile.</summary>
    public LayerTiling? Tiling(ScheduleItem item)
    {
        ArgumentNullException.ThrowIfNull(item);
        return item.Choice.Plan >= 0 && _network.Layers[item.First].Matrix is not null
            ? _layers.Ways(item.First).Tiling(item.Choice.Plan) : null;
    }

    /// <summary>The plan of a group that runs tile by tile, else null.</summary>
    public FusionPlan? Plan(ScheduleItem item)
    {
        ArgumentNullException.ThrowIfNull(item);
        return item.Choice.Plan < 0 ? RunOf(item.First, item.Last).Shape.Group!.Plan(-1 - item.Choice.Plan) : null;
    }

    public int Longest(int first) => _runs[first].Length;

    private int LongestAt(int first)
    {
        int behind = _layers.LastBehind(first) - first + 1;
        if (!_fuse) return behind;
        int last = first;
        while (last - first + 1 < MostLayers && last + 1 < Layers && FusedGroup.CanHold(_network.Layers[last])
            && FusedGroup.CanHold(_network.Layers[last + 1])) last++;
        return Math.Max(behind, last - first + 1);
    }

    public ImmutableArray<int> Touched(int first, int last) => RunOf(first, last).Touched;

    public ImmutableArray<ItemChoice> Choices(int first, int last, ulong onChip)
    {
        Run run = RunOf(first, last);
        if (!run.Shape.Choices.TryGetValue(onChip, out ImmutableArray<ItemChoice> known))
            run.Shape.Choices[onChip] = known = Choices(first, last, run, onChip);
        return known;
    }

    private ImmutableArray<ItemChoice> Choices(int first, int last, Run run, ulong onChip)
    {
        // More tensors than a set has bits for are not run as one.
        if (run.Touched.Length > 64) return [];
        bool There(int tensor) => run.Touched.IndexOf(tensor) is >= 0 and var at && (onChip >> at & 1) != 0;
        long room = _stage.RoomBits;
        for (int k = 0; k < run.Touched.Length; k++)
            if ((onChip >> k & 1) != 0) room = checked(room - Tensors[run.Touched[k]].Bits);
        if (room < 0) return [];
        _ways.Clear();
        if (last <= _layers.LastBehind(first)) _layers.Add(first, last, There, room, _ways);
        int alone = _ways.Count;
        run.Shape.Group?.Add(onChip, room, _ways);
        Span<ItemChoice> ways = CollectionsMarshal.AsSpan(_ways);
        for (int i = alone; i < ways.Length; i++) ways[i] = ways[i] with { Plan = -1 - ways[i].Plan };
        return [.. ways[..Unbeaten(ways)]];
    }

    // Moves those that no other one beats to the front, in order; of equal ones the first.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Unbeaten(Span<ItemChoice> ways)
    {
        int count = 0;
        for (int i = 0; i < ways.Length; i++)
        {
            ItemChoice way = ways[i];
            bool beaten = false;
            for (int k = 0; k < count && !beaten; k++) beaten = ways[k].Beats(way);
            if (beaten) continue;
            int left = 0;
            for (int k = 0; k < count; k++)
                if (!way.Beats(ways[k])) ways[left++] = ways[k];
            ways[left] = way;
            count = left + 1;
        }
        return count;
    }

    private Run RunOf(int first, int last)
    {
        if (_runs[first][last - first] is { } known) return known;
        ImmutableArray<int> touched = TouchedBy(first, last);
        string name = _names.Of(first, last, touched, last <= _layers.LastBehind(first));
        if (!_shapes.TryGetValue(name, out RunShape? shape))
            shape = _shapes.GetOrAdd(name, new RunShape(_fuse && first < last
                ? FusedGroup.Of(_network, _stage, (first, last), touched, _rows[last]) : null));
        return _runs[first][last - first] = new(touched, shape);
    }

    private ImmutableArray<int> TouchedBy(int first, int last)
    {
        var touched = new SortedSet<int>();
        for (int i = first; i <= last; i++)
        {
            foreach (int t in _network.Layers[i].Reads)
                if (Tensors[t].IsCandidate && Tensors[t].Producer < first) touched.Add(t);
            foreach (int t in _network.Layers[i].Outputs)
                if (Tensors[t].IsCandidate && Tensors[t].Last > last) touched.Add(t);
        }
        return [.. touched];
    }
}
