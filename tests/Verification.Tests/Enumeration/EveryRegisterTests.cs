using System.Collections.Immutable;
using Sim.Foundation.Diagnostics;
using Sim.Tests;
using Sim.Verification.Certificates;
using Sim.Verification.Claims;
using Sim.Verification.Provers;
using Sim.Verification.Relations;
using Sim.Verification.Verdicts;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Verification.Tests.Enumeration;

/// <summary>
/// Random small networks of mixed operators: every node that sums is judged or listed, and no judged register holds less than what an
/// interpreter of our own, which shares no code with the reader, reaches by running inputs. What verify refutes must sum to what it says.
/// </summary>
public class EveryRegisterTests
{
    private const int Graphs = 2400;

    private static readonly HashSet<string> Summing = ["Add", "Sub", "Sum", "Mean", "Mul", "AveragePool", "GlobalAveragePool", "ReduceSum",
        "ReduceMean", "MatMul", "Gemm", "Conv", "QLinearConv", "QLinearMatMul"];

    [TestCase("type", 0)]
    [TestCase("propagated", 1)]
    [TestCase("relations", 2)]
    public void EveryRegisterIsListedAndHoldsWhatEnumerationReaches(string rule, int part)
    {
        var problems = new List<string>();
        void Check(bool holds, string what)
        {
            if (!holds) problems.Add(what);
        }
        int graphs = 0, judged = 0, listed = 0, refuted = 0, tight = 0;
        for (int seed = part; seed < Graphs; seed += rule == "relations" ? 6 : 1)
        {
            (NetworkGraph graph, float[] codes) = RandomGraph.Make(seed);
            var options = new ReadingOptions { Boxes = rule == "type" ? BoxRule.DataType : BoxRule.Propagated, MultiplierBits = 5 };
            var bag = new DiagnosticBag();
            IntegerNetwork? network = IntegerNetworkReader.Read(graph, "net", bag, options);
            if (network is null)
            {
                problems.Add($"seed {seed}: {bag}");
                continue;
            }
            var oracle = new Interpreter(graph, options.MultiplierBits);
            Enumerate(graph, oracle, codes, seed, Check);
            HashSet<string> names = [.. network.Registers.Select(r => r.Name)], open = [.. network.NotJudged.Select(n => n.Name)];
            foreach (Node node in graph.Nodes.Where(n => Summing.Contains(n.OpType) && !n.Inputs.Where(i => i.Length > 0)
                .All(graph.Constants.ContainsKey)))
                Check(names.Contains(node.Name) || open.Contains(node.Name) || IsScaling(graph, node),
                    $"seed {seed}: {node.OpType} '{node.Name}' is neither judged nor listed");
            Check(names.Union(open).ToHashSet().SetEquals(SummingNodes.Of(graph)),
                $"seed {seed}: certificates know other registers than the reader");
            var claims = new VerifyOptions { Threads = 1 };
            if (rule == "relations") claims = claims with { Network = new NetworkRelations(network), Provers = ProverCatalogue.OverLayers };
            foreach (IntegerLayer layer in network.Registers)
            {
                Check(!oracle.WithoutUnit.Contains(layer.Name),
                    $"seed {seed}: '{layer.Name}' sums numbers that are no integers of one scale");
                LayerWidth width = Verifier.Minimal(layer, claims);
                foreach (((string node, int row), (double low, double high)) in oracle.Reached.Where(r => r.Key.Node == layer.Name))
                {
                    IEnumerable<ChannelWidth> rows = row >= 0 && layer.Rows > row
                        && layer.Rows == oracle.Reached.Keys.Count(k => k.Node == node) ? [width.Channels[row]] : width.Channels;
                    Interval bounds = rows.Select(c => c.Bounds[0]).Aggregate((a, b) => a.Hull(b));
                    Check(bounds.Contains((Int128)low) && bounds.Contains((Int128)high),
                        $"seed {seed}, {rule}: {layer.Operator} '{node}' row {row} reaches [{low}, {high}], proved {bounds}");
                    if (bounds == new Interval((Int128)low, (Int128)high)) tight++;
                }
                foreach ((ChannelWidth channel, int row) in width.Channels.Select((c, i) => (c, i)))
                {
                    if (channel.Below[0] is not Refuted { Witness: var w }) continue;
                    Check(Sum(layer, row, w) == w.Value && !new Register(channel.Widths[0] - 1).Range.Contains(w.Value),
                        $"seed {seed}: the refutation of '{layer.Name}' row {row} does not replay");
                    refuted++;
                }
                judged++;
            }
            listed += network.NotJudged.Length;
            graphs++;
        }
        Assert.That(problems, Is.Empty, $"{problems.Count} problems");
        TestContext.Out.WriteLine($"{rule}: {graphs} graphs, {judged} registers judged ({tight} rows exactly), {listed} listed, {refuted} refutations");
        Assert.That(graphs, Is.GreaterThanOrEqualTo(rule == "relations" ? 390 : 2000));
        Assert.That(judged, Is.GreaterThan(graphs));
        Assert.That(rule == "relations" || refuted > judged);
        Truth.Checked("Proofs", $"random graphs of mixed operators, inputs {rule}", "enumeration by an interpreter of the test", judged,
            "every register judged or listed; no proved bound below what inputs reach");
    }

    private static bool IsScaling(NetworkGraph graph, Node node) => node.OpType == "Mul" && node.Inputs.Any(graph.Constants.ContainsKey);

    // All inputs where there are few, else the corners and random ones; the network's executor must give the interpreter's numbers, which
    // are exact.
    private static void Enumerate(NetworkGraph graph, Interpreter oracle, float[] codes, int seed, Action<bool, string> check)
    {
        int[] shape = [.. graph.Inputs[0].Shape];
        int count = Values.Size(shape);
        var random = new Random(seed);
        for (int run = 0; run < 60; run++)
        {
            double[] data = [.. Enumerable.Range(0, count)
                .Select(i => (double)(run == 0 ? codes[^1] : run == 1 ? codes[0] : run < 20 ? codes[random.Next(2) * (codes.Length - 1)]
                : codes[random.Next(codes.Length)]))];
            oracle.Run(new(shape, data, null));
            if (run != 25) continue;
            GraphExecutor.Run(graph, new Dictionary<string,
                Tensor> { ["x"] = Tensor.OfFloats(Array.ConvertAll(data, v => (float)v), shape) }, null, (name, t) =>
            {
                if (!t.Type.IsReal() || graph.Constants.ContainsKey(name)) return;
                check(t.Floats.Zip(oracle.Value(name).Data, (a, b) => Math.Abs(a - b) <= 1e-5 * Math.Max(1, Math.Abs(b))).All(e => e),
                    $"seed {seed}: the interpreter differs from the executor at '{name}'");
            });
        }
    }

    private static Int128 Sum(IntegerLayer layer, int row, Witness w)
    {
        Int128 sum = w.Node.Bias && layer.Bias.Length > 0 ? layer.Bias[row] : 0;
        ReadOnlySpan<int> weights = layer.Row(row, ZeroPoints.Folded);
        for (int i = w.Node.From; i < w.Node.Until; i++)
        {
            int k = w.Permutation.IsEmpty ? i : w.Permutation[i];
            if (!layer.Input(row, k, ZeroPoints.Folded).Contains(w.Inputs[k])) return Int128.MaxValue;
            sum += (Int128)w.Inputs[k] * (weights.IsEmpty ? w.Weights[k] : weights[k]);
        }
        return sum;
    }
}
