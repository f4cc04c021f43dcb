using System.Collections.Immutable;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;
using Sim.Workloads.Onnx;

namespace Sim.Verification.Repair;

/// <summary>Repairs every integer layer of a network that does not fit, and says what that changes in its file.</summary>
public static class NetworkRepair
{
    /// <summary>The repaired layers, those that have constant weights, in order; null after recording which cannot be repaired and
    /// why.</summary>
    /// <param name="samples">Calibration samples as the network takes them; null: none.</param>
    /// <param name="file">The network's file for messages.</param>
    public static RepairedNetwork? Repair(IntegerNetwork network, Tensor? samples, RepairOptions options, string file, DiagnosticBag bag,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(bag);
        int before = bag.ErrorCount;
        ImmutableArray<InputMoments[]?> moments = samples is null ? [.. network.Layers.Select(_ => (InputMoments[]?)null)]
            : MomentsObserver.Observe(network, samples, options.Claims.Threads, cancellation);
        var layers = ImmutableArray.CreateBuilder<RepairedLayer>();
        var changes = ImmutableArray.CreateBuilder<ConstantReplacement>();
        for (int i = 0; i < network.Layers.Length; i++)
        {
            IntegerLayer layer = network.Layers[i];
            try
            {
                if (layer.Weights.Length == 0) throw new NotSupportedException("its weights are known at run time only");
                LayerPlaces places = LayerPlaces.Of(network, i);
                RepairedLayer repaired = LayerRepair.Repair(layer, moments[i], options, places.Freedom(layer), cancellation);
                layers.Add(repaired);
                if (repaired.Changed > 0) changes.AddRange(places.Replacements(repaired));
            }
            catch (NotSupportedException e)
            {
                int position = network.Graph.Nodes.FirstOrDefault(n => n.Name == layer.Name)?.Position ?? 1;
                bag.Error(new Location(file, Math.Max(1, position), 1), "RPR001", $"layer '{layer.Name}' cannot be repaired: {e.Message}");
            }
        }
        return bag.ErrorCount > before ? null : new(layers.ToImmutable(), changes.ToImmutable());
    }
}

/// <summary>What repair made.</summary>
/// <param name="Changes">Constants to replace in the file.</param>
public sealed record RepairedNetwork(ImmutableArray<RepairedLayer> Layers, ImmutableArray<ConstantReplacement> Changes);
