using System.Collections.Immutable;

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
    private readonly Dictionary<(int First, int Last), FusedGroup?> _groups = [];

    /// <summary>Items of a network on a memory; groups if <paramref name="fuse"/>.</summary>
    public NetworkItems(ScheduleNetwork network, StageMemory stage, bool fuse)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(stage);
        (_network, _stage, _layers, _fuse) = (network, stage, new LayerItems(network, stage), fuse);
    }

    public ImmutableArray<ScheduleTensor> Tensors => _network.Tensors;

    public int Layers => _network.Layers.Length;

    /// <summary>The tiling of an item's first layer; null: a vector layer, or a group tile by tile.</summary>
    public LayerTiling? Tiling(ScheduleItem item)
    {
        ArgumentNullException.ThrowIfNull(item);
        return item.Choice.Plan >= 0 && _network.Layers[item.First].Matrix is { } work ? _layers.Tilings(work)[item.Choice.Plan] : null;
    }

    /// <summary>The plan of a group that runs tile by tile, else null.</summary>
    public FusionPlan? Plan(ScheduleItem item)
    {
        ArgumentNullException.ThrowIfNull(item);
        return item.Choice.Plan < 0 ? Group(item.First, item.Last)!.Plan(-1 - item.Choice.Plan) : null;
    }

    public int Longest(int first)
    {
        int behind = _layers.LastBehind(first) - first + 1;
        if (!_fuse) return behind;
        int last = first;
        while (last - first + 1 < MostLayers && last + 1 < Layers && FusedGroup.CanHold(_network.Layers[last])
            && FusedGroup.CanHold(_network.Layers[last + 1])) last++;
        return Math.Max(behind, last - first + 1);
    }

    public ImmutableArray<int> Touched(int first, int last)
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

    public ImmutableArray<ItemChoice> Choices(int first, int last, ulong onChip)
    {
        ImmutableArray<int> touched = Touched(first, last);
        bool There(int tensor) => touched.IndexOf(tensor) is >= 0 and var at && (onChip >> at & 1) != 0;
        IEnumerable<ItemChoice> ways = last <= _layers.LastBehind(first) ? _layers.Choices(first, last, There) : [];
        if (_fuse && first < last && Group(first, last) is { } group)
            ways = ways.Concat(group.Choices(There).Select(c => c with { Plan = -1 - c.Plan }));
        var kept = new List<ItemChoice>();
        foreach (ItemChoice way in ways)
        {
            if (kept.Any(k => k.Beats(way))) continue;
            kept.RemoveAll(k => way.Beats(k));
            kept.Add(way);
        }
        return [.. kept];
    }

    private FusedGroup? Group(int first, int last)
    {
        if (!_groups.TryGetValue((first, last), out FusedGroup? group))
            _groups[(first, last)] = group = FusedGroup.Of(_network, _stage, first, last);
        return group;
    }
}
