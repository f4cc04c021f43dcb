using System.Collections.Immutable;
using Sim.Foundation.Diagnostics;
using Sim.Verification.Claims;
using Sim.Verification.Provers;
using Sim.Verification.Solvers;
using Sim.Workloads.Integers;

namespace Sim.Verification.Constraints;

/// <summary>Declared constraints as boxes and relations of a network's layers.</summary>
public sealed class BoundConstraints
{
    private readonly Dictionary<string, ImmutableArray<LinearRelation>[]> _relations = new(StringComparer.Ordinal);

    private BoundConstraints() { }

    /// <summary>The relations of a row of a layer; to be given to <see cref="VerifyOptions.Relations"/>.</summary>
    public ImmutableArray<LinearRelation> Relations(IntegerLayer layer, int row)
    {
        ArgumentNullException.ThrowIfNull(layer);
        return _relations.TryGetValue(layer.Name, out ImmutableArray<LinearRelation>[]? groups) ? groups[row / layer.Shape.N] : [];
    }

    /// <summary>The constraints, and the layers with their boxes narrowed; null after recording, at their places, constraints that the
    /// layers cannot have.</summary>
    /// <param name="zeroPoints">What multipliers take: relations are about that, the file about stored inputs.</param>
    public static (BoundConstraints Constraints, ImmutableArray<IntegerLayer> Layers)? Bind(ImmutableArray<LayerConstraints> file,
        ImmutableArray<IntegerLayer> layers, ZeroPoints zeroPoints, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(bag);
        int before = bag.ErrorCount;
        var bound = new BoundConstraints();
        IntegerLayer[] narrowed = [.. layers];
        foreach (LayerConstraints constraints in file)
        {
            int index = Array.FindIndex(narrowed, l => l.Name == constraints.Layer);
            if (index < 0)
            {
                bag.Error(constraints.Location, "VER002",
                    $"the network has no integer layer '{constraints.Layer}'{NearestName.Hint(constraints.Layer, narrowed.Select(l => l.Name))}; it has {string.Join(", ", narrowed.Select(l => l.Name))}");
                continue;
            }
            var binding = new LayerBinding(narrowed[index], constraints, zeroPoints, bag);
            narrowed[index] = binding.Narrowed();
            bound._relations[constraints.Layer] = binding.Relations();
        }
        return bag.ErrorCount > before ? null : (bound, [.. narrowed]);
    }

    /// <summary>Records layers of which no input fulfils all constraints: every claim about such a layer would be void. A set that nobody
    /// can decide about is left to the provers.</summary>
    public static void CheckPossible(ImmutableArray<LayerConstraints> file, ImmutableArray<IntegerLayer> layers, VerifyOptions options,
        SolverPool? solvers, TimeSpan limit, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(bag);
        foreach (LayerConstraints constraints in file)
        {
            if (layers.FirstOrDefault(l => l.Name == constraints.Layer) is not { } layer) continue;
            for (int group = 0; group < layer.Shape.Groups; group++)
            {
                ChannelClaim claim = options.Claim(layer, group * layer.Shape.N, options.Widths(64));
                if (InputSet.IsEmpty(claim, solvers, limit) is not true) continue;
                bag.Error(constraints.Location, "VER022",
                    $"no input of layer '{layer.Name}' fulfils all its constraints{(layer.Shape.Groups > 1 ? $" in group {group}" : "")}, so that every claim about it would be void");
                break;
            }
        }
    }
}
