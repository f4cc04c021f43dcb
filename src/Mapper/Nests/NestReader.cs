using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Foundation;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Nests;

/// <summary>Reads a nest from the lines of a `mapping:` list. Tiles may be left out; a tile that is written must be the one that the rule
/// gives.</summary>
public sealed class NestReader(LoopLayer layer, Hierarchy hierarchy)
{
    private const string Forms =
        "a node is 'store OPERAND@MEMORY', 'for DIM COUNT' or 'spatial DIM COUNT FABRIC.AXIS', the last two with '(tile SIZE)' if wanted";

    private readonly long[] _left = [.. layer.Sizes];

    /// <summary>The nest; null after recording everything that is wrong (MAP011 a line, MAP012 an illegal nest).</summary>
    public static LoopNest? Read(YamlNode? node, Location place, LoopLayer layer, Hierarchy hierarchy, DiagnosticBag bag,
        PerOperand<Packing>? packing = null)
    {
        ArgumentNullException.ThrowIfNull(bag);
        int before = bag.ErrorCount;
        if (node is not YamlList list)
        {
            bag.Error(node?.Location ?? place, "MAP011", $"'mapping' must be a list of nodes, outermost first: {Forms}");
            return null;
        }
        var reader = new NestReader(layer, hierarchy);
        var nodes = ImmutableArray.CreateBuilder<NestNode>();
        var places = new List<Location>();
        for (int i = 0; i < list.Items.Length; i++)
        {
            YamlNode item = list.Items[i];
            if (item is YamlScalar { Text: "compute" } && i == list.Items.Length - 1) continue;
            string? wrong = null;
            NestNode? read = item is YamlScalar line ? reader.Node(line.Text, out wrong) : null;
            if (read is null) bag.Error(item.Location, "MAP011", wrong ?? $"found {item.Found}: {Forms}");
            else
            {
                nodes.Add(read);
                places.Add(item.Location);
            }
        }
        if (bag.ErrorCount > before) return null;
        var nest = new LoopNest(layer, nodes.ToImmutable());
        foreach (NestProblem problem in NestLegality.Check(nest, hierarchy, packing))
            bag.Error(problem.Node < 0 ? list.Location : places[problem.Node], "MAP012", problem.Message);
        return bag.ErrorCount > before ? null : nest;
    }

    private NestNode? Node(string line, out string? wrong)
    {
        string[] words = line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        wrong = null;
        if (words is ["store", _]) return Store(words[1], out wrong);
        bool spatial = words.Length > 0 && words[0] == "spatial";
        int fixedWords = spatial ? 4 : 3;
        if (words.Length == 0 || (words[0] != "for" && !spatial) || (words.Length != fixedWords && words.Length != fixedWords + 2))
        {
            wrong = $"'{line}' is no node: {Forms}";
            return null;
        }
        if (DimLetters.Find(layer, words[1]) is not { } dim)
        {
            wrong = $"'{words[1]}' is no dimension of the layer; there are {string.Join(", ", DimLetters.All(layer).Select(d => d.Name))}";
            return null;
        }
        long size = _left[(int)dim];
        if (!StrictNumber.TryWhole(words[2], out long count) || count < 2)
        {
            wrong = $"the count '{words[2]}' must be an integer from 2; loops of count 1 do not exist";
            return null;
        }
        if (!LoopSplit.Reaches(size, count))
        {
            long tiles = LoopSplit.Tile(size, count);
            wrong = $"{words[1]} {count} cannot split {size} element{(size == 1 ? "" : "s")}"
                + (count <= size ? $": tiles of {tiles} reach {LoopSplit.Tile(size, tiles)} times" : "")
                + $"; counts that can: {LoopSplit.Counts(size, count)}";
            return null;
        }
        long tile = LoopSplit.Tile(size, count);
        if (words.Length > fixedWords && words[^2] + " " + words[^1] != $"(tile {tile})")
        {
            wrong = $"{words[1]} {count} splits {size} elements into tiles of {tile}; found '{words[^2]} {words[^1]}' for '(tile {tile})'";
            return null;
        }
        _left[(int)dim] = tile;
        return spatial ? Spatial(dim, count, tile, words[3], out wrong) : new LoopNode(dim, count, tile);
    }

    private StoreNode? Store(string word, out string? wrong)
    {
        string[] memories = [.. hierarchy.Levels.OfType<MemoryLevel>().Select(m => m.Name)];
        int at = word.IndexOf('@', StringComparison.Ordinal);
        string name = at < 0 ? word : word[..at], memory = at < 0 ? "" : word[(at + 1)..];
        wrong = null;
        if (OperandNames.Find(name) is not { } operand)
            wrong = $"'{name}' is no operand; there are activations, weights, outputs";
        else if (!memories.Contains(memory))
            wrong = $"'{memory}' is no memory{NearestName.Hint(memory, memories)}; there are {string.Join(", ", memories)}";
        else return new StoreNode(operand, hierarchy.IndexOf(memory));
        return null;
    }

    private SpatialNode? Spatial(LoopDim dim, long count, long tile, string place, out string? wrong)
    {
        var axes = new List<string>();
        wrong = null;
        for (int level = 0; level < hierarchy.Levels.Length; level++)
        {
            if (hierarchy.Levels[level] is not FabricLevel fabric) continue;
            for (int axis = 0; axis < fabric.Axes.Length; axis++)
            {
                axes.Add($"{fabric.Name}.{fabric.Axes[axis].Name}");
                if (axes[^1] == place) return new SpatialNode(dim, count, tile, level, axis);
            }
        }
        wrong = $"'{place}' is no axis of a fabric{NearestName.Hint(place, axes)}; there are "
            + (axes.Count > 0 ? string.Join(", ", axes) : "none");
        return null;
    }
}
