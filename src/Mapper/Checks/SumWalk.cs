using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;

namespace Sim.Mapper.Checks;

/// <summary>
/// A store of sums. Instances that add to the same words are a team. A word that comes again is read back from the parent; one that leaves
/// is written up by every instance that added to it since it came, sums added on the way arriving once, and leaves the stores
/// below with it.
/// </summary>
internal sealed class SumWalk(LoopNest nest, Hierarchy hierarchy, ImmutableArray<WalkedLoop?> loops, int node, SumWalk? parent)
    : StoreWalk(nest, hierarchy, loops, node)
{
    private sealed class Team
    {
        // Teams of the store below within this one.
        public List<Team> Children { get; } = [];

        // By word: whether it was here before, and of every instance that added the place at which its sum arrives.
        public Dictionary<long, (bool Again, Dictionary<long, long> Arrivals)> Held { get; } = [];

        public HashSet<long> Seen { get; } = [];
    }

    private readonly Dictionary<long, Team> _teams = [];
    private SumWalk? _child;
    private long _updates, _writes, _readBacks, _readBackMembers;

    protected override void Move(List<(long[] Index, HashSet<long> Words)> tiles)
    {
        if (parent is null) return;
        parent._child = this;
        foreach (IGrouping<long, (long[] Index, HashSet<long> Words)> active in tiles.GroupBy(t => TeamOf(t.Index)))
        {
            if (!_teams.TryGetValue(active.Key, out Team? team))
            {
                _teams[active.Key] = team = new();
                parent._teams.GetValueOrDefault(parent.TeamOf(active.First().Index))?.Children.Add(team);
            }
            HashSet<long> tile = [.. active.SelectMany(t => t.Words)];
            foreach (long word in team.Held.Keys.Where(w => !tile.Contains(w)).ToArray()) Leave(team, word);
            foreach (long word in tile)
                if (!team.Held.ContainsKey(word)) team.Held[word] = (!team.Seen.Add(word), []);
            foreach ((long[] index, HashSet<long> words) in active)
                foreach (long word in words)
                    team.Held[word].Arrivals[Place(index, Node, _ => true)] =
                        Place(index, Node, n => n > parent.Node && Sums(n) && Axis(n).Outputs == Reduction.None);
        }
    }

    private long TeamOf(long[] index)
    {
        int above = parent?.Node ?? -1;
        return Place(index, Node, n => n < above || !Sums(n));
    }

    private void Leave(Team team, long word)
    {
        team.Held.Remove(word, out (bool Again, Dictionary<long, long> Arrivals) stay);
        _writes += stay.Arrivals.Count;
        parent!._updates += stay.Arrivals.Values.Distinct().Count();
        if (stay.Again)
        {
            _readBacks++;
            _readBackMembers += stay.Arrivals.Count;
        }
        foreach (Team other in team.Children)
            if (other.Held.ContainsKey(word)) _child!.Leave(other, word);
    }

    public override void Multiply(List<(long[] Index, NestBox Box)> points)
    {
        var sums = new HashSet<(long, long)>();
        foreach ((long[] index, NestBox box) in points)
            sums.Add((Place(index, index.Length, n => n < Node || !Sums(n) || Axis(n).Outputs == Reduction.None), Word(box)));
        _updates += sums.Count;
    }

    // Stores end outermost first.
    public override void End()
    {
        foreach (Team team in _teams.Values)
            foreach (long word in team.Held.Keys.ToArray()) Leave(team, word);
    }

    public override StoreCounts Counts() => Row() with { Updates = _updates, Writes = _writes, ReadBacks = _readBacks,
        ReadBackMembers = _readBackMembers, Reads = _child?._readBacks ?? 0 };
}
