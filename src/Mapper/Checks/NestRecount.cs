using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Checks;

/// <summary>
/// The counts of <see cref="NestCounts"/> by walking every step of a nest with sets of the words that each instance holds: plain, slow, and
/// without a line in common with the closed form.
/// </summary>
internal sealed class NestRecount
{
    private readonly LoopNest _nest;
    private readonly ImmutableArray<WalkedLoop?> _loops;
    private readonly List<StoreWalk> _stores = [];
    private readonly long[] _index;
    private long _steps, _macs;

    private NestRecount(LoopNest nest, Hierarchy hierarchy)
    {
        _nest = nest;
        _loops = [.. nest.Nodes.Select(WalkedLoop.Of)];
        _index = new long[nest.Nodes.Length];
        foreach (Operand operand in Enum.GetValues<Operand>())
        {
            StoreWalk? parent = null;
            for (int node = 0; node < nest.Nodes.Length; node++)
                if (nest.Nodes[node] is StoreNode s && s.Operand == operand)
                    _stores.Add(parent = operand == Operand.Outputs ? new SumWalk(nest, hierarchy, _loops, node, (SumWalk?)parent)
                        : new InputWalk(nest, hierarchy, _loops, node, (InputWalk?)parent));
        }
    }

    /// <summary>Products above which <see cref="Of"/> refuses.</summary>
    public const long MostProducts = 1 << 18;

    /// <summary>Walks a legal nest; null above <see cref="MostProducts"/>.</summary>
    public static NestCounts? Of(LoopNest nest, Hierarchy hierarchy)
    {
        if (nest.Layer.Macs > MostProducts) return null;
        var walk = new NestRecount(nest, hierarchy);
        walk.Time(0);
        foreach (StoreWalk store in walk._stores) store.End();
        return new(nest, [.. walk._stores.OrderBy(s => s.Node).Select(s => s.Counts())], walk._macs, walk._steps);
    }

    // Loops in time from a node on; a store sees its tiles when those of all loops above it are set, outer stores first.
    private void Time(int node)
    {
        if (node == _loops.Length)
        {
            Multiply();
            return;
        }
        if (_loops[node] is { Space: null } loop)
        {
            for (_index[node] = 0; _index[node] < loop.Count; _index[node]++) Time(node + 1);
            _index[node] = 0;
            return;
        }
        if (_stores.FirstOrDefault(s => s.Node == node) is { } store) store.Visit(Instances(node));
        Time(node + 1);
    }

    // Tiles of all active instances at this step.
    private List<(long[] Index, NestBox Box)> Instances(int end)
    {
        var found = new List<(long[], NestBox)>();
        Space(0, NestBox.Whole(_nest.Layer));
        return found;

        void Space(int node, NestBox box)
        {
            while (node < end && _loops[node] is null) node++;
            if (node == end)
            {
                found.Add(([.. _index], box));
                return;
            }
            WalkedLoop loop = _loops[node]!;
            if (loop.Space is null)
            {
                if (box.At(loop, _index[node]) is { } inner) Space(node + 1, inner);
                return;
            }
            for (_index[node] = 0; _index[node] < loop.Count; _index[node]++)
                if (box.At(loop, _index[node]) is { } inner) Space(node + 1, inner);
            _index[node] = 0;
        }
    }

    private void Multiply()
    {
        List<(long[] Index, NestBox Box)> points = Instances(_loops.Length);
        if (points.Count == 0) return;
        _steps++;
        _macs += points.Count;
        foreach (StoreWalk store in _stores.GroupBy(s => s.Operand).Select(g => g.Last())) store.Multiply(points);
    }
}
