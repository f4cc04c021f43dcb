using System.Collections.Immutable;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Nests;

namespace Sim.Workloads.Topologies;

/// <summary>A Timeloop problem as loops.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Dimensions">Loop of each dimension name.</param>
/// <param name="DataSpaces">Names of the data spaces of activations, weights and outputs.</param>
public sealed record TimeloopLoops(LoopLayer Layer, ImmutableDictionary<string, LoopDim> Dimensions,
    (string Activations, string Weights, string Outputs) DataSpaces);

/// <summary>Finds the loop of each dimension of a shape by the operands that it indexes.</summary>
internal static class EinsumLoops
{
    /// <summary>Null after recording which dimension has no loop left.</summary>
    public static TimeloopLoops? Of(EinsumShape shape, string name, IReadOnlyDictionary<string, int> values, Location place,
        DiagnosticBag bag)
    {
        var dims = new Dictionary<string, LoopDim>(StringComparer.Ordinal);
        var steps = new Dictionary<LoopDim, int>();
        int before = bag.ErrorCount;
        // Axes over which windows slide come first: an output row with its filter row, an output column with its filter column.
        var windows = new Queue<(LoopDim Output, LoopDim Filter)>([(LoopDim.P, LoopDim.R), (LoopDim.Q, LoopDim.S)]);
        foreach (ImmutableArray<ImmutableArray<string>> axis in shape.Activations.Where(a => a.Length > 1)
            .OrderBy(a => a.Any(t => t[0] is "P" or "R") ? 0 : 1))
        {
            if (axis.Length != 2 || windows.Count == 0 || shape.Window(axis) is not { } window)
            {
                bag.Error(place, "TOP008", $"the axis of {string.Join(" + ", axis.Select(t => string.Join("·", t)))} is no window of one "
                    + "output and one summed dimension, or a third one; loops have two");
                continue;
            }
            (LoopDim output, LoopDim filter) = windows.Dequeue();
            (dims[window.Output[0]], dims[window.Tap[0]]) = (output, filter);
            (steps[output], steps[filter]) = (shape.Factor(window.Output, values), shape.Factor(window.Tap, values));
        }
        foreach (string dimension in shape.Dimensions.Where(d => !dims.ContainsKey(d)))
        {
            (bool w, bool a, bool o) = (EinsumShape.Uses(shape.Weights, dimension), EinsumShape.Uses(shape.Activations, dimension),
                EinsumShape.Uses(shape.Outputs, dimension));
            LoopDim[] fitting = (w, a, o) switch
            {
                (true, true, true) => [LoopDim.G],
                (true, false, true) => [LoopDim.M],
                (false, true, true) => [LoopDim.N, LoopDim.P, LoopDim.Q],
                (true, true, false) => [LoopDim.C, LoopDim.R, LoopDim.S],
                _ => [],
            };
            int free = Array.FindIndex(fitting, d => !dims.ContainsValue(d));
            if (free >= 0) dims[dimension] = fitting[free];
            else if (values[dimension] == 1 && Array.FindIndex(Enum.GetValues<LoopDim>(), d => !dims.ContainsValue(d)) is var any and >= 0)
                dims[dimension] = (LoopDim)any;
            else bag.Error(place, "TOP008", $"no loop is left for the dimension '{dimension}' (in "
                + $"{(a ? "activations " : "")}{(w ? "weights " : "")}{(o ? "outputs " : "")}): loops have one of groups, one of output "
                + "channels, three each of rows and of summed dimensions");
        }
        if (bag.ErrorCount > before) return null;
        long[] sizes = [.. Enumerable.Repeat(1L, LoopLayer.Dims)];
        foreach ((string dimension, LoopDim dim) in dims) sizes[(int)dim] = values[dimension];
        int Step(LoopDim dim) => steps.GetValueOrDefault(dim, 1);
        var layer = new LoopLayer(name, [.. sizes], Step(LoopDim.P), Step(LoopDim.Q), Step(LoopDim.R), Step(LoopDim.S));
        return new(layer, dims.ToImmutableDictionary(), shape.Names);
    }
}
