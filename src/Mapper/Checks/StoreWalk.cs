using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;

namespace Sim.Mapper.Checks;

/// <summary>One store of a nest while it is walked.</summary>
internal abstract class StoreWalk(LoopNest nest, Hierarchy hierarchy, ImmutableArray<WalkedLoop?> loops, int node)
{
    private readonly Dictionary<long, HashSet<long>> _ever = [];
    private long _peak;

    public int Node => node;

    public Operand Operand => ((StoreNode)nest.Nodes[node]).Operand;

    /// <summary>A step of the loops in time above the store.</summary>
    public void Visit(List<(long[] Index, NestBox Box)> instances)
    {
        var tiles = new List<(long[] Index, HashSet<long> Words)>(instances.Count);
        foreach ((long[] index, NestBox box) in instances)
        {
            HashSet<long> words = box.Words(nest.Layer, Operand);
            tiles.Add((index, words));
            long instance = Place(index, node, _ => true);
            if (!_ever.TryGetValue(instance, out HashSet<long>? all)) _ever[instance] = all = [];
            all.UnionWith(words);
            _peak = Math.Max(_peak, words.Count);
        }
        Move(tiles);
    }

    /// <summary>What moves when the tiles are there.</summary>
    protected abstract void Move(List<(long[] Index, HashSet<long> Words)> tiles);

    /// <summary>A step of all loops in time, at the innermost store.</summary>
    public abstract void Multiply(List<(long[] Index, NestBox Box)> points);

    /// <summary>After the last step.</summary>
    public virtual void End()
    {
    }

    /// <summary>What was counted.</summary>
    public abstract StoreCounts Counts();

    protected StoreCounts Row() => new(Operand, ((StoreNode)nest.Nodes[node]).Level, 0, 0, 0, 0, 0, 0, _ever.Count,
        _ever.Values.Sum(w => (long)w.Count), _peak);

    /// <summary>Number of a place by the chosen spatial loops above a node.</summary>
    protected long Place(long[] index, int above, Func<int, bool> chosen)
    {
        long place = 0;
        for (int n = 0; n < above; n++)
            if (loops[n] is { Space: not null } loop) place = checked(place * loop.Count + (chosen(n) ? index[n] : 0));
        return place;
    }

    protected bool Sums(int n) => loops[n]!.Sums;

    protected FabricAxis Axis(int n) => loops[n]!.Space is { } s ? hierarchy.Fabric(s.Level).Axes[s.Axis]
        : throw new InvalidOperationException($"node {n} is no loop in space");

    protected long Word(NestBox point) => point.Word(nest.Layer, Operand);
}
