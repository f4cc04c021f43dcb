using System.Collections.Immutable;

namespace Sim.Mapper.Networks;

/// <summary>The items of a network: its layers alone, and groups of them tile by tile.</summary>
public sealed class NetworkItems : IScheduleItems
{
    /// <summary>Most layers of a group.</summary>
    public const int MostLayers = 24;

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

    /// <summary>Tilings of a layer that runs alone, as its choices' plans number them.</summary>
    public LayerTiling? Tiling(int layer, int plan) =>
        _network.Layers[layer].Matrix is { } work ? _layers.Tilings(work)[plan] : null;

    /// <summary>The plan of a group.</summary>
    public FusionPlan Plan(int first, int last, int plan) => Group(first, last)!.Plan(plan);

    public int Longest(int first)
    {
        if (!_fuse) return 1;
        int last = first;
        while (last - first + 1 < MostLayers && last + 1 < Layers && FusedGroup.CanHold(_network.Layers[last])
            && FusedGroup.CanHold(_network.Layers[last + 1])) last++;
        return last - first + 1;
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
        IEnumerable<ItemChoice> ways = first == last ? _layers.Choices(_network.Layers[first], There)
            : Group(first, last)?.Choices(There) ?? [];
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
