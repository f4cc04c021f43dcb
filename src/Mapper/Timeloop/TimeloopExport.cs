using System.Collections.Immutable;
using System.Text;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;
using Sim.Workloads.Topologies;

namespace Sim.Mapper.Timeloop;

/// <summary>Writes a nest as a Timeloop mapping (the form that `timeloop-mapper` itself writes), and a layer as a problem.</summary>
public static class TimeloopExport
{
    /// <summary>A layer in its own letters, for a nest that came from no Timeloop problem.</summary>
    public static TimeloopLoops Loops(LoopLayer layer) => new(layer,
        Enum.GetValues<LoopDim>().ToImmutableDictionary(d => d.ToString()), ("Inputs", "Weights", "Outputs"));

    /// <summary>The mapping; a <see cref="FormatException"/> says what Timeloop's form cannot express.</summary>
    public static string Mapping(LoopNest nest, Hierarchy hierarchy, TimeloopLoops problem)
    {
        ArgumentNullException.ThrowIfNull(nest);
        ArgumentNullException.ThrowIfNull(hierarchy);
        ArgumentNullException.ThrowIfNull(problem);
        if (TimeloopCounts.Refused(nest) is { } residue) throw new FormatException(residue);
        int[] memories = [.. Enumerable.Range(0, hierarchy.Levels.Length).Where(l => hierarchy.Levels[l] is MemoryLevel)];
        var targets = memories.ToDictionary(m => m, _ => new Target());
        int at = 0;
        foreach (NestNode node in nest.Nodes)
            switch (node)
            {
                case StoreNode store:
                    at = Math.Max(at, Array.IndexOf(memories, store.Level));
                    if (targets[memories[at]].Any)
                        throw new FormatException($"{OperandNames.Of(store.Operand)} are stored in '{hierarchy.Levels[store.Level].Name}' "
                            + "below a loop of the same level; Timeloop stores all operands of a level above its loops");
                    targets[store.Level].Kept.Add(store.Operand);
                    break;
                case LoopNode loop:
                    while (targets[memories[at]].Spatial.Count > 0 || targets[memories[at]].Temporal.Any(l => l.Dim == loop.Dim))
                        if (++at == memories.Length)
                            throw new FormatException($"no level is left for the loop over {DimLetters.Of(nest.Layer, loop.Dim)}: Timeloop "
                                + "has one temporal loop of a dimension at each level");
                    targets[memories[at]].Temporal.Add(loop);
                    break;
                case SpatialNode spatial:
                    at = Math.Max(at, Array.FindLastIndex(memories, m => m < spatial.Level));
                    if (memories[at] > spatial.Level)
                        throw new FormatException($"no level is left for the loops above '{hierarchy.Levels[spatial.Level].Name}'");
                    Target target = targets[memories[at]];
                    if (spatial.Axis > 1 || target.Spatial.Any(s => s.Dim == spatial.Dim))
                        throw new FormatException("Timeloop has two axes below a level, and one spatial loop of a dimension over them");
                    target.Spatial.Add(spatial);
                    break;
            }
        var text = new StringBuilder("mapping:\n");
        foreach (int memory in memories) Datatype(text, hierarchy.Levels[memory].Name, targets[memory], problem);
        for (int i = memories.Length - 1; i >= 0; i--) Loops(text, hierarchy.Levels[memories[i]].Name, targets[memories[i]], problem);
        return text.ToString();
    }

    private sealed class Target
    {
        public List<Operand> Kept { get; } = [];

        public List<LoopNode> Temporal { get; } = [];

        public List<SpatialNode> Spatial { get; } = [];

        public bool Any => Temporal.Count + Spatial.Count > 0;
    }

    private static void Datatype(StringBuilder text, string name, Target target, TimeloopLoops problem)
    {
        (string Name, Operand Operand)[] spaces = [(problem.DataSpaces.Weights, Operand.Weights),
            (problem.DataSpaces.Activations, Operand.Activations), (problem.DataSpaces.Outputs, Operand.Outputs)];
        string List(bool kept) => string.Join(", ", spaces.Where(s => target.Kept.Contains(s.Operand) == kept).Select(s => s.Name));
        text.Append("  - target: ").Append(name).Append("\n    type: datatype\n    keep: [").Append(List(true)).Append("]\n    bypass: [")
            .Append(List(false)).Append("]\n");
    }

    private static void Loops(StringBuilder text, string name, Target target, TimeloopLoops problem)
    {
        Entry(text, name, "temporal", [.. target.Temporal.Select(l => (l.Dim, l.Count))], problem);
        if (target.Spatial.Count == 0) return;
        // Those along x are written innermost; which of two spatial loops stands outside changes nothing.
        Entry(text, name, "spatial", [.. target.Spatial.OrderByDescending(l => l.Axis).Select(l => (l.Dim, l.Count))], problem);
        text.Append("    split: ").Append(target.Spatial.Count(s => s.Axis == 0)).Append('\n');
    }

    private static void Entry(StringBuilder text, string name, string type, (LoopDim Dim, long Count)[] loops, TimeloopLoops problem)
    {
        var names = problem.Dimensions.ToDictionary(d => d.Value, d => d.Key);
        string[] inner = [.. loops.Reverse().Select(l => names[l.Dim])];
        string[] others = [.. problem.Dimensions.Keys.Order(StringComparer.Ordinal).Except(inner)];
        text.Append("  - target: ").Append(name).Append("\n    type: ").Append(type).Append("\n    factors: [")
            .Append(string.Join(", ", loops.Select(l => $"{names[l.Dim]}={l.Count}").Concat(others.Select(o => o + "=1"))))
            .Append("]\n    permutation: [").Append(string.Join(", ", inner.Concat(others))).Append("]\n");
    }

    /// <summary>A problem of version 0.4 with the layer's sizes.</summary>
    public static string Problem(LoopLayer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        string sizes = string.Join(", ", Enum.GetValues<LoopDim>().Select(d => $"{d}: {layer.Size(d)}"));
        return $$"""
            problem:
              version: '0.4'
              shape:
                name: {{(layer.IsGemm ? "gemm" : "conv")}}
                dimensions: [N, G, M, C, P, Q, R, S]
                coefficients:
                - {name: Pstride, default: {{layer.StrideHeight}}}
                - {name: Qstride, default: {{layer.StrideWidth}}}
                - {name: Rdilation, default: {{layer.DilationHeight}}}
                - {name: Sdilation, default: {{layer.DilationWidth}}}
                data_spaces:
                - name: Inputs
                  projection: [[[N]], [[G]], [[C]], [[P, Pstride], [R, Rdilation]], [[Q, Qstride], [S, Sdilation]]]
                  read_write: false
                - name: Weights
                  projection: [[[G]], [[M]], [[C]], [[R]], [[S]]]
                  read_write: false
                - name: Outputs
                  projection: [[[N]], [[G]], [[M]], [[P]], [[Q]]]
                  read_write: true
              instance: {{{sizes}}}

            """;
    }
}
