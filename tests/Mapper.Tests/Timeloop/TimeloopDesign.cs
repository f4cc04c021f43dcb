using System.Collections.Immutable;
using System.Globalization;
using Sim.ArchModel.Hierarchies;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Mapper.Constraints;
using Sim.Mapper.Nests;
using Sim.Mapper.Search;
using Sim.Mapper.Timeloop;
using Sim.Tests;
using Sim.Workloads.Nests;
using Sim.Workloads.Topologies;

namespace Sim.Mapper.Tests.Timeloop;

/// <summary>
/// A design of `../shared/reference/timeloop` with Timeloop's prices and rules: energies an access from its table, an element's share of
/// a block; static energy of the instances in use; cycles of the busiest of the compute units and of each memory's reads and writes.
/// </summary>
internal sealed class TimeloopDesign
{
    private sealed record Part(double Read, double Write, double Update, double Leak, double ReadsPerCycle, double WritesPerCycle);

    private readonly Dictionary<string, Part> _parts = [];
    private readonly Dictionary<(int Level, int Axis), string> _axes = [];
    private readonly double _product;
    private readonly MapCosts _costs;

    /// <summary>Its hierarchy, without memories that nothing may be kept in and axes of one place.</summary>
    public Hierarchy Hierarchy { get; }

    /// <summary>Reads a design; ws_fixed is simple_weight_stationary with the dimensions of its fan-out in another order.</summary>
    public static TimeloopDesign Read(string design)
    {
        string file = Path.Combine(ReferenceData.Shared("reference/timeloop"), "arch",
            design == "ws_fixed" ? "simple_weight_stationary.yaml" : design + ".yaml");
        string text = File.ReadAllText(file);
        if (design == "ws_fixed") text = text.Replace("permutation: NQPSRCM", "permutation: CMNQPSR", StringComparison.Ordinal);
        return new(file, text);
    }

    private TimeloopDesign(string file, string text)
    {
        var bag = new DiagnosticBag();
        Hierarchy whole = TimeloopArchitecture.Read(file, text, bag)!;
        var root = (YamlMap)YamlDocument.ParseForeign(text, file, bag)!;
        Assert.That(bag.Sorted, Is.Empty);
        var prices = ((YamlMap)root["ert_pJ"]!).Entries.ToDictionary(e => Name(e.Key.Text), e => (YamlMap)e.Value);
        Dictionary<string, YamlMap> attributes = [];
        Collect((YamlMap)root["architecture"]!, attributes);
        var levels = ImmutableArray.CreateBuilder<HierarchyLevel>();
        var rates = ImmutableArray.CreateBuilder<PerOperand<StoreRate>>();
        foreach (HierarchyLevel level in whole.Levels)
        {
            if (level is FabricLevel fabric)
            {
                var kept = fabric.Axes.Where(a => a.Size > 1).ToList();
                for (int i = 0; i < kept.Count; i++)
                    _axes[(levels.Count, i)] = Along(root, fabric.Name.Replace("_fanout", "", StringComparison.Ordinal), kept[i].Name);
                levels.Add(fabric with { Axes = [.. kept] });
                rates.Add(default);
                continue;
            }
            var memory = (MemoryLevel)level;
            if (memory.Keeps == PerOperand.Of(_ => Keeping.Bypass)) continue;
            YamlMap price = prices[memory.Name], own = attributes[memory.Name];
            double bits = Value(own, "datawidth", 0), block = Value(own, "width", 0) / bits;
            var part = new Part(Value(price, "read", 0) / block, Value(price, "write", 0) / block, Value(price, "update", 0) / block,
                Value(price, "leak", 0), Value(own, "read_bandwidth", 0), Value(own, "write_bandwidth", 0));
            _parts[memory.Name] = part;
            // Reads and writes each have their own words a cycle: ports of one bank, a word each.
            levels.Add(memory with
            {
                BitsPerCycle = null, ReadBitsPerCycle = null, WriteBitsPerCycle = null, Banks = 1,
                Ports = new((int)part.ReadsPerCycle, (int)part.WritesPerCycle, 0),
            });
            rates.Add(PerOperand.Of(_ => new StoreRate(part.Read, part.Write, part.Update, 1, bits)));
        }
        Hierarchy = new(whole.Name, levels.ToImmutable());
        _product = Value(prices["mac"], "compute", 0);
        _costs = new(rates.ToImmutable(), rates[0].Outputs, _product, DrainReads: false, AddsRead: true);
    }

    /// <summary>The problem of a layer, with what may run along each axis.</summary>
    public MapProblem Problem(TimeloopLoops loops) => new(loops.Layer, Hierarchy, _costs)
    {
        Constraints = new([.. _axes.Select(a => new BoundRule("axis", new(a.Key.ToString()), BoundPlace.Axis, a.Key.Item1, a.Key.Item2,
            [.. Enum.GetValues<LoopDim>().Except(a.Value.Select(d => loops.Dimensions[d.ToString()]))
                .Select(d => new DimBound(d, 1, 1))]))]),
    };

    /// <summary>Its hierarchy with another capacity at a memory.</summary>
    public Hierarchy WithRoom(int level, long bits) =>
        Hierarchy with { Levels = Hierarchy.Levels.SetItem(level, Hierarchy.Memory(level) with { CapacityBits = bits }) };

    /// <summary>pJ with static energy, and cycles, by Timeloop's rules, of a nest on a hierarchy with memories of these names.</summary>
    public (double Energy, double Cycles) Cost(LoopNest nest, Hierarchy hierarchy)
    {
        TimeloopCounts counts = TimeloopCounts.Of(nest, hierarchy);
        double cycles = new TimeloopBoxes(nest, Operand.Outputs).TemporalSteps(nest.Nodes.Length), energy = counts.Computes * _product;
        foreach (IGrouping<int, TimeloopStoreCounts> level in counts.Stores.GroupBy(s => s.Level))
        {
            Part part = _parts[hierarchy.Levels[level.Key].Name];
            double reads = level.Sum(s => s.Reads), writes = level.Sum(s => s.Fills + s.Updates);
            energy += level.Sum(s => s.Instances * (s.Reads * part.Read + s.Fills * part.Write + s.Updates * part.Update));
            if (part.ReadsPerCycle > 0) cycles = Math.Max(cycles, reads / part.ReadsPerCycle);
            if (part.WritesPerCycle > 0) cycles = Math.Max(cycles, writes / part.WritesPerCycle);
        }
        // Static energy of the instances in use.
        energy += counts.Stores.GroupBy(s => s.Level).Sum(l => _parts[hierarchy.Levels[l.Key].Name].Leak * l.First().Instances * cycles);
        return (energy, cycles);
    }

    /// <summary>What a nest breaks of capacities (of bounding boxes, as Timeloop counts them), bypasses, places and dimensions of
    /// axes.</summary>
    public IEnumerable<string> Broken(LoopNest nest, MapProblem problem)
    {
        foreach (NestProblem fault in NestLegality.Check(nest, Hierarchy)) yield return fault.ToString();
        foreach (SpatialNode s in nest.Nodes.OfType<SpatialNode>())
            if (problem.Constraints.Rules.Cast<BoundRule>().Single(r => r.Level == s.Level && r.Axis == s.Axis).Bounds
                .Any(b => b.Dim == s.Dim)) yield return $"{s.Dim} on axis {s.Axis} of {s.Level}";
        foreach (IGrouping<(int Level, int Axis), SpatialNode> axis in nest.Nodes.OfType<SpatialNode>().GroupBy(s => (s.Level, s.Axis)))
            if (axis.Aggregate(1L, (n, s) => n * s.Count) > Hierarchy.Fabric(axis.Key.Level).Axes[axis.Key.Axis].Size)
                yield return $"too many places along axis {axis.Key}";
        for (int level = 0; level < Hierarchy.Levels.Length; level++)
        {
            if (Hierarchy.Levels[level] is not MemoryLevel memory) continue;
            foreach (Operand operand in Enum.GetValues<Operand>())
                if (level > 0 && memory.Keeps[operand] != Keeping.May
                    && nest.Nodes.Contains(new StoreNode(operand, level)) != (memory.Keeps[operand] == Keeping.Must))
                    yield return $"{operand} at {memory.Name}";
            double bits = TimeloopCounts.Of(nest, Hierarchy).Stores.Where(s => s.Level == level).Sum(s => s.Capacity
                * problem.Costs.Levels[level][s.Operand].Bits);
            if (memory.CapacityBits is { } capacity && bits > capacity) yield return $"{bits} bits at {memory.Name}";
        }
    }

    // Dimensions without a factor 1, in the order of the permutation, innermost first: the first `split` of them run along x.
    private static string Along(YamlMap root, string target, string axis)
    {
        YamlMap spatial = ((YamlList)((YamlMap)root["architecture_constraints"]!)["targets"]!).Items.OfType<YamlMap>().Single(c =>
            Text(c, "target") == target && Text(c, "type") == "spatial");
        string order = Text(spatial, "permutation");
        int split = Math.Min(order.Length, int.Parse(Text(spatial, "split"), CultureInfo.InvariantCulture));
        string[] ones = [.. Text(spatial, "factors").Split(',').Where(f => f.EndsWith("=1", StringComparison.Ordinal))
            .Select(f => f[..1])];
        string along = axis == "x" ? order[..split] : order[split..];
        return string.Concat(along.Where(d => !ones.Contains(d.ToString())));
    }

    private static void Collect(YamlMap node, Dictionary<string, YamlMap> into)
    {
        foreach (YamlMap tree in (node["subtree"] as YamlList)?.Items.OfType<YamlMap>() ?? [])
        {
            foreach (YamlMap local in ((YamlList)tree["local"]!).Items.OfType<YamlMap>())
                into[Name(Text(local, "name"))] = (YamlMap)local["attributes"]!;
            Collect(tree, into);
        }
    }

    private static string Name(string text) => text[(text.IndexOf('.', StringComparison.Ordinal) is var dot && dot >= 0
        && dot < text.IndexOf('[', StringComparison.Ordinal) ? dot + 1 : 0)..].Split('[')[0];

    private static string Text(YamlMap map, string key) => ((YamlScalar)map[key]!).Text;

    private static double Value(YamlMap map, string key, double otherwise) =>
        map[key] is YamlScalar scalar ? double.Parse(scalar.Text, CultureInfo.InvariantCulture) : otherwise;
}
