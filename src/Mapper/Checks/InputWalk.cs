using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;

namespace Sim.Mapper.Checks;

/// <summary>A store of activations or weights: an instance is filled with what it lacks from its tile before; the parent reads a word
/// once for all instances that share it along a fabric.</summary>
internal sealed class InputWalk(LoopNest nest, Hierarchy hierarchy, ImmutableArray<WalkedLoop?> loops, int node, InputWalk? parent)
    : StoreWalk(nest, hierarchy, loops, node)
{
    private readonly Dictionary<long, HashSet<long>> _held = [];
    private long _fills, _reads;

    protected override void Move(List<(long[] Index, HashSet<long> Words)> tiles)
    {
        if (parent is null) return;
        var read = new HashSet<(long, long)>();
        foreach ((long[] index, HashSet<long> words) in tiles)
        {
            long instance = Place(index, Node, _ => true), shared = Place(index, Node, n => Apart(n, parent.Node));
            HashSet<long>? before = _held.GetValueOrDefault(instance);
            foreach (long word in words)
            {
                if (before?.Contains(word) == true) continue;
                _fills++;
                read.Add((shared, word));
            }
            _held[instance] = words;
        }
        parent._reads += read.Count;
    }

    public override void Multiply(List<(long[] Index, NestBox Box)> points)
    {
        var read = new HashSet<(long, long)>();
        foreach ((long[] index, NestBox box) in points)
            read.Add((Place(index, index.Length, n => Apart(n, Node)), Word(box)));
        _reads += read.Count;
    }

    public override StoreCounts Counts() => Row() with { Fills = _fills, Reads = _reads };

    private bool Apart(int n, int above) => n < above || Axis(n).Of(Operand) == Sharing.None;
}
