using System.Collections.Immutable;
using QuikGraph;
using QuikGraph.Algorithms;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;

namespace Sim.Tests;

/// <summary>Order, lifetimes, dominators and fusion of networks, on graphs drawn by hand and against their definitions on random
/// ones.</summary>
public sealed class NetworkTopologyTests
{
    // a → b, c → d; e stands alone; d is the output.
    private static readonly Node[] Diamond = [Make("a", "x", "a"), Make("b", "a", "b"), Make("c", "a", "c"), Make("d", "b c", "d"),
        Make("e", "x", "e")];

    [Test]
    public void The_order_keeps_file_order_where_it_is_free_unlike_a_depth_first_one()
    {
        var topology = new NetworkTopology(Diamond, ["d"]);
        Assert.That(topology.Order(), Is.EqualTo(new[] { 0, 1, 2, 3, 4 }));
        // QuikGraph's own: vertices 1, 2, 3, 4 and the edge 1 → 4 come as 3, 2, 1, 4.
        var plain = new AdjacencyGraph<int, Edge<int>>();
        plain.AddVertexRange([1, 2, 3, 4]);
        plain.AddEdge(new(1, 4));
        Assert.That(plain.TopologicalSort(), Is.EqualTo(new[] { 3, 2, 1, 4 }));
        Node[] same = [Make("1", "x", "1"), Make("2", "x", "2"), Make("3", "x", "3"), Make("4", "1", "4")];
        Assert.That(new NetworkTopology(same, ["4"]).Order(), Is.EqualTo(new[] { 0, 1, 2, 3 }));
        Assert.That(new NetworkTopology([.. Diamond.Reverse()], ["d"]).Order(), Is.EqualTo(new[] { 0, 4, 2, 3, 1 }));
    }

    [Test]
    public void Every_random_network_is_ordered_and_its_dominators_are_what_every_path_passes()
    {
        var random = new Random(3);
        int orders = 0, dominators = 0;
        for (int trial = 0; trial < 300; trial++)
        {
            int count = random.Next(1, 12);
            int[] place = [.. Enumerable.Range(0, count)];
            random.Shuffle(place);
            // Node i of the hidden order uses some before it; in the file they stand in another order.
            var file = new Node[count];
            for (int i = 0; i < count; i++)
            {
                string[] inputs = [.. Enumerable.Range(0, i).Where(_ => random.Next(3) == 0).Select(j => $"v{j}").DefaultIfEmpty("x")];
                file[place[i]] = Make($"n{i}", string.Join(' ', inputs), $"v{i}");
            }
            var topology = new NetworkTopology(file, [$"v{count - 1}"]);
            ImmutableArray<int> order = topology.Order();
            Assert.That(order.Order(), Is.EqualTo(Enumerable.Range(0, count)));
            var ready = new HashSet<string> { "x" };
            foreach (int i in order)
            {
                // The least number of those that could come.
                Assert.That(i, Is.EqualTo(Enumerable.Range(0, count)
                    .First(k => !ready.Contains(file[k].Outputs[0]) && file[k].Inputs.All(ready.Contains))));
                ready.Add(file[i].Outputs[0]);
                orders++;
            }
            foreach ((int vertex, int dominator) in topology.ImmediateDominators())
            {
                int[] strict = [.. Enumerable.Range(0, count)
                    .Where(d => d != vertex && !Reaches(topology, NetworkTopology.Source, vertex, without: d))];
                Assert.That(dominator, Is.EqualTo(strict.Length == 0 ? NetworkTopology.Source
                    : strict.Single(d => strict.All(e => e == d || !Reaches(topology, NetworkTopology.Source, d, without: e)))));
                dominators++;
            }
        }
        Assert.That(Math.Min(orders, dominators), Is.GreaterThan(1000));
    }

    [Test]
    public void Cycles_are_named_without_what_they_feed()
    {
        Node[] nodes = [Make("a", "x c", "a"), Make("b", "a", "b"), Make("c", "b", "c"), Make("after", "c", "d"), Make("self", "s", "s")];
        var topology = new NetworkTopology(nodes, ["d"]);
        Assert.That(topology.Cyclic(), Is.EqualTo(new[] { 0, 1, 2, 4 }));
        Assert.That(topology.Order(), Is.Empty);
    }

    [Test]
    public void Values_die_with_their_last_user()
    {
        NetworkGraph graph = Graph(Diamond, "d");
        Liveness liveness = Liveness.Of(graph);
        Assert.That(liveness.DeadAfter.Select(d => string.Join(' ', d)), Is.EqualTo(new[] { "", "", "a", "b c", "e x" }));
        // x 8, a 8, b 8, c 8 live when c is made; a dies then, and d comes: 8 bytes each.
        Assert.That(liveness.Peak(ShapeInference.Values(graph)), Is.EqualTo((32L, 2)));
        Assert.That(new NetworkTopology([.. Diamond.Take(4)], ["d"]).Bottlenecks(), Is.EqualTo(new[] { 0, 3 }));
    }

    [Test]
    public void The_executor_keeps_no_value_beyond_its_last_use()
    {
        // Twelve Relus of 4 MB each: two of them live at a time.
        Node[] nodes = [.. Enumerable.Range(0, 12)
            .Select(i => new Node($"n{i}", "", "Relu", [i == 0 ? "x" : $"v{i - 1}"], [$"v{i}"], ImmutableDictionary<string,
            NodeAttribute>.Empty, i + 1))];
        NetworkGraph graph = new("chain", 13, [new("x", ElementType.Float32, [1 << 20])], [new("v11", ElementType.Float32, [1 << 20])],
            [.. nodes], ImmutableDictionary<string, Tensor>.Empty, "");
        var seen = new List<WeakReference<Tensor>>();
        int most = 0;
        GraphExecutor.Run(graph, new Dictionary<string, Tensor> { ["x"] = Tensor.OfFloats(new float[1 << 20], 1 << 20) }, null, (_, t) =>
        {
            seen.Add(new(t));
            GC.Collect();
            most = Math.Max(most, seen.Count(r => r.TryGetTarget(out Tensor? _)));
        });
        Assert.That(seen, Has.Count.EqualTo(12));
        Assert.That(most, Is.InRange(1, 4));
    }

    [Test]
    public void Pointwise_chains_join_the_layer_before_them()
    {
        Node[] nodes =
        [
            Make("conv", "x w", "a", "Conv"), Make("norm", "a s", "b", "Mul"), Make("relu", "b", "c", "Relu"),
                Make("left", "c", "d", "Relu"), Make("right", "c", "e", "Relu"),
            Make("sum", "d e", "f", "Add"), Make("clip", "f", "g", "Clip"),
        ];
        NetworkGraph graph = Graph(nodes, "g") with { Constants = ImmutableDictionary<string, Tensor>.Empty.Add("w", Tensor.OfFloats([1]))
            .Add("s", Tensor.OfFloats([1])) };
        Assert.That(FusionGroups.Of(graph).Select(g => string.Join(' ', g.Select(i => nodes[i].Name))),
            Is.EqualTo(new[] { "conv norm relu", "sum clip" }));
    }

    private static bool Reaches(NetworkTopology topology, int from, int to, int without)
    {
        if (from == to) return true;
        return Enumerable.Range(0, topology.Count + 1)
            .Any(next => next != without && topology.Producers(next).Contains(from) && Reaches(topology, next, to, without));
    }

    private static Node Make(string name, string inputs, string output, string op = "Sum") =>
        new(name, "", op, [.. inputs.Split(' ')], [output], ImmutableDictionary<string, NodeAttribute>.Empty);

    private static NetworkGraph Graph(Node[] nodes, string output) =>
        new("drawn", 13, [new("x", ElementType.Float32, [2])], [new(output, ElementType.Float32, [2])], [.. nodes],
            ImmutableDictionary<string, Tensor>.Empty, "");
}
