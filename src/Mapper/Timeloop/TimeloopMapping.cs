using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;
using Sim.Workloads.Topologies;

namespace Sim.Mapper.Timeloop;

/// <summary>
/// Reads a Timeloop mapping (map.yaml of versions 0.3 and 0.4) as a nest. Permutations are written innermost first; the first `split`
/// dimensions of a spatial one lie along x, the others along y. Loops of count 1 do not exist.
/// </summary>
public static class TimeloopMapping
{
    private static readonly string[] Keys = ["target", "type", "factors", "permutation", "split", "keep", "bypass"];

    /// <summary>Name of an operand's data space where the problem gives none.</summary>
    public static string DefaultName(Operand operand) => operand switch
    {
        Operand.Activations => "Inputs",
        Operand.Weights => "Weights",
        _ => "Outputs",
    };

    /// <summary>The nest; null after recording what is wrong (MAP014, MAP012).</summary>
    public static LoopNest? Read(string file, string text, TimeloopLoops problem, Hierarchy hierarchy, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(hierarchy);
        ArgumentNullException.ThrowIfNull(bag);
        int before = bag.ErrorCount;
        if (YamlDocument.ParseForeign(text, file, bag) is not { } root) return null;
        if (root["mapping"] is not YamlList mapping)
        {
            bag.Error(root.Location, "MAP014", "is no Timeloop mapping: it has no list 'mapping'");
            return null;
        }
        var reader = new Reader(problem, hierarchy, bag);
        foreach (YamlNode item in mapping.Items)
            if (item is YamlMap entry) reader.Add(entry);
            else bag.Error(item.Location, "MAP014", $"an entry is a mapping with target and type, found {item.Found}");
        if (bag.ErrorCount > before) return null;
        LoopNest nest = reader.Nest();
        foreach (NestProblem problemFound in bag.ErrorCount > before ? [] : NestLegality.Check(nest, hierarchy))
            bag.Error(mapping.Location, "MAP012", (problemFound.Node < 0 ? ""
                : NestText.Line(nest, nest.Nodes[problemFound.Node], hierarchy) + ": ") + problemFound.Message);
        return bag.ErrorCount > before ? null : nest;
    }

    private sealed class Reader(TimeloopLoops problem, Hierarchy hierarchy, DiagnosticBag bag)
    {
        private readonly Dictionary<(int Level, string Type), YamlMap> _entries = [];
        private readonly ImmutableArray<string> _dimensions = [.. problem.Dimensions.Keys.Order(StringComparer.Ordinal)];

        public void Add(YamlMap entry)
        {
            string[] memories = [.. hierarchy.Levels.OfType<MemoryLevel>().Select(m => m.Name)];
            foreach (YamlEntry key in entry.Entries.Where(k => !Keys.Contains(k.Key.Text)))
                bag.Error(key.Key.Location, "MAP014", $"unknown key '{key.Key.Text}' (allowed: {string.Join(", ", Keys)})");
            if (entry["target"] is not YamlScalar target || !memories.Contains(target.Text))
            {
                bag.Error(entry["target"]?.Location ?? entry.Location, "MAP014",
                    $"'target' must be a memory ({string.Join(", ", memories)})");
                return;
            }
            string? type = (entry["type"] as YamlScalar)?.Text switch
            {
                "temporal" => "temporal",
                "spatial" => "spatial",
                "datatype" or "dataspace" or "bypass" or "bypassing" => "datatype",
                _ => null,
            };
            if (type is null)
                bag.Error(entry["type"]?.Location ?? entry.Location, "MAP014", "'type' must be temporal, spatial, datatype or dataspace");
            else if (!_entries.TryAdd((hierarchy.IndexOf(target.Text), type), entry))
                bag.Error(entry.Location, "MAP014", $"'{target.Text}' has two entries of type {type}");
        }

        public LoopNest Nest()
        {
            var nodes = ImmutableArray.CreateBuilder<NestNode>();
            long[] left = [.. problem.Layer.Sizes];
            for (int level = 0; level < hierarchy.Levels.Length; level++)
            {
                if (hierarchy.Levels[level] is not MemoryLevel) continue;
                nodes.AddRange(Kept(level).Select(o => new StoreNode(o, level)));
                if (_entries.GetValueOrDefault((level, "temporal")) is { } temporal)
                    foreach ((LoopDim dim, long count, _) in Loops(temporal))
                        nodes.Add(new LoopNode(dim, count, left[(int)dim] = LoopSplit.Tile(left[(int)dim], count)));
                if (_entries.GetValueOrDefault((level, "spatial")) is not { } spatial) continue;
                foreach ((LoopDim dim, long count, bool x) in Loops(spatial))
                {
                    if (level + 1 == hierarchy.Levels.Length || hierarchy.Levels[level + 1] is not FabricLevel)
                    {
                        bag.Error(spatial.Location, "MAP014", $"below '{hierarchy.Levels[level].Name}' there is no more than one instance");
                        break;
                    }
                    left[(int)dim] = LoopSplit.Tile(left[(int)dim], count);
                    nodes.Add(new SpatialNode(dim, count, left[(int)dim], level + 1, x ? 0 : 1));
                }
            }
            return new LoopNest(problem.Layer, nodes.ToImmutable());
        }

        private IEnumerable<Operand> Kept(int level)
        {
            YamlMap? entry = _entries.GetValueOrDefault((level, "datatype"));
            ImmutableArray<string> bypass = TimeloopText.Words(entry?["bypass"]), keep = TimeloopText.Words(entry?["keep"]);
            (string, Operand)[] names = [(problem.DataSpaces.Activations, Operand.Activations),
                (problem.DataSpaces.Weights, Operand.Weights), (problem.DataSpaces.Outputs, Operand.Outputs)];
            foreach (string word in keep.Concat(bypass).Where(w => names.All(n => n.Item1 != w)))
                bag.Error(entry!.Location, "MAP014", $"'{word}' is no data space ({string.Join(", ", names.Select(n => n.Item1))})");
            return names.Where(n => !bypass.Contains(n.Item1)).Select(n => n.Item2);
        }

        // Outermost first.
        private IEnumerable<(LoopDim Dim, long Count, bool X)> Loops(YamlMap entry)
        {
            Dictionary<string, long> factors = TimeloopText.Factors(entry["factors"], _dimensions, bag);
            ImmutableArray<string> order = TimeloopText.Permutation(entry["permutation"], _dimensions, bag);
            foreach ((string dimension, long factor) in factors.Where(f => f.Value > 1 && !order.Contains(f.Key)))
                bag.Error(entry.Location, "MAP014", $"'{dimension}' has the factor {factor} and no place in the permutation");
            int split = order.Length;
            if (entry["split"] is YamlScalar { IsNothing: false } text && (!Foundation.StrictNumber.TryWhole(text.Text, out split)
                || split < 0))
                bag.Error(text.Location, "MAP014", $"'split' must be an integer from 0, found {text.Found}");
            for (int i = order.Length - 1; i >= 0; i--)
                if (factors.GetValueOrDefault(order[i], 1) is var factor and > 1)
                    yield return (problem.Dimensions[order[i]], factor, i < split);
        }
    }
}
