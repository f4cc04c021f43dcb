using System.Collections.Concurrent;
using System.Collections.Immutable;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Simulator.Accelerators;
using Sim.Simulator.Execution;
using Sim.Simulator.Inputs;
using Sim.Simulator.Timing;
using Sim.Workloads.Graph;

namespace Sim.Simulator;

/// <summary>Values of networks that are kept between processes, by their key.</summary>
public interface IKeptAccuracies
{
    /// <summary>What was kept under a key, or null.</summary>
    AccuracyResult? Find(string key);

    /// <summary>Keeps a result.</summary>
    void Keep(AccuracyResult result);
}

/// <summary>
/// The one way from a design to its record: layers → mappings → values → record. One evaluator serves any number of designs from any number
/// of threads, and computes once what they have in common: the float network with its calibration, and the values of a network under a
/// datapath, reduction orders and recipe.
/// </summary>
/// <param name="toolVersion">For the records.</param>
/// <param name="threads">Threads for what designs share; results do not depend on it.</param>
/// <param name="kept">Values from earlier.</param>
/// <param name="note">Told what a user who waits should know.</param>
public sealed class Evaluator(string toolVersion, int threads, IKeptAccuracies? kept = null, Action<string>? note = null)
{
    private readonly Shared<(string Network, bool Fold), NetworkLayers> _layers = new();
    private readonly Shared<(string Workload, bool Fold, int Samples), PreparedNetwork> _networks = new();
    private readonly Shared<ValueInputs, AccuracyKey> _keys = new();
    private readonly Shared<string, AccuracyResult> _accuracies = new();
    private readonly ConcurrentDictionary<string, AccuracyPlan> _open = new();

    /// <summary>
    /// The record of a design. Throws <see cref="InvalidInputException"/> with everything that keeps it from running: layers that do not
    /// fit (MAP001), parts without a price, a datapath that cannot execute the network. Whether it meets its clock is in the record.
    /// </summary>
    public RunRecord Evaluate(DesignInputs design, CancellationToken cancellation = default) => Evaluate(design, threads, cancellation);

    /// <summary>As above, on so many threads.</summary>
    public RunRecord Evaluate(DesignInputs design, int threadsOfDesign, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(design);
        NetworkLayers layers = Layers(design);
        MappedNetwork mapped = design.Accelerator.Map(layers).Required(design.Accelerator.PlaceOf(""));
        AcceleratorCost cost = design.Accelerator.Price();
        AccuracyResult? accuracy = design.Workload.Data is null ? null
            : Accuracy(Key(design, mapped).Digest, design, mapped, threadsOfDesign, cancellation);
        return RecordBuilder.Build(design, cost, layers, mapped, accuracy, toolVersion);
    }

    /// <summary>
    /// The design's network on the machine, layer by layer, as <see cref="Evaluate(DesignInputs, CancellationToken)"/> maps it. Throws as
    /// that does.
    /// </summary>
    public ImmutableArray<MachineLayer> RunMachine(DesignInputs design, Cycles.MachineDepth depth, INetworkObserver? observer = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(design);
        NetworkLayers layers = Layers(design);
        MappedNetwork mapped = design.Accelerator.Map(layers).Required(design.Accelerator.PlaceOf(""));
        return NetworkMachine.Run(design, layers, mapped, design.Workload.Data is null ? null : CreatePlan(design, mapped), depth,
            observer, cancellation);
    }

    /// <summary>The same on the machine for nests, of a design on a hierarchy.</summary>
    public ImmutableArray<Nests.NestMachineLayer> RunNests(DesignInputs design, Nests.NestDepth depth,
        Nests.INestNetworkObserver? observer = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(design);
        NetworkLayers layers = Layers(design);
        MappedNetwork mapped = design.Accelerator.Map(layers).Required(design.Accelerator.PlaceOf(""));
        return Nests.NestNetworkMachine.Run(layers, mapped as MappedHierarchy
            ?? throw new ArgumentException("the machine for nests runs hierarchies", nameof(design)),
            design.Workload.Data is null ? null : CreatePlan(design, mapped), depth, observer, cancellation);
    }

    /// <summary>
    /// What designs share, each item once, in the order of the first design that needs it: running these first keeps all workers busy,
    /// where designs that wait for the same item would not. A fault is met again, and told, by the designs that need the item.
    /// </summary>
    public IReadOnlyList<Action> SharedWork(IEnumerable<DesignInputs> designs, int jobs, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(designs);
        var work = new Dictionary<string, (DesignInputs Design, MappedNetwork Mapped)>(StringComparer.Ordinal);
        var seen = new HashSet<ValueInputs>();
        foreach (DesignInputs design in designs.Where(d => d.Workload.Data is not null))
        {
            cancellation.ThrowIfCancellationRequested();
            MappedNetwork mapped = design.Accelerator.Map(Layers(design));
            if (mapped.Problems.Length > 0) continue;
            if (InputsOf(design, mapped) is not { } inputs) continue;
            if (!seen.Add(inputs) || !_keys.Settle(inputs, _ => Plan(design, mapped))) continue;
            work.TryAdd(Key(design, mapped).Digest, (design, mapped));
        }
        // As many at a time as there are workers; fewer items than workers share the rest.
        int each = Math.Max(1, jobs / Math.Max(1, work.Count));
        return [.. work.Select(w => (Action)(() =>
            _accuracies.Settle(w.Key, key => Compute(key, w.Value.Design, w.Value.Mapped, each, cancellation))))];
    }

    // Null: the design has no values; it says why when it runs.
    private static ValueInputs? InputsOf(DesignInputs design, MappedNetwork mapped)
    {
        try
        {
            return ValueInputs.Of(design, mapped);
        }
        catch (InvalidInputException)
        {
            return null;
        }
    }

    private AccuracyResult Accuracy(string key, DesignInputs design, MappedNetwork mapped, int threadsOfDesign,
        CancellationToken cancellation) =>
        _accuracies.Get(key, k => Compute(k, design, mapped, threadsOfDesign, cancellation));

    private AccuracyResult Compute(string key, DesignInputs design, MappedNetwork mapped, int threadsOfDesign,
        CancellationToken cancellation)
    {
        if (kept?.Find(key) is { } known)
        {
            _open.TryRemove(key, out _);
            return known;
        }
        if (!_open.TryRemove(key, out AccuracyPlan? plan)) plan = CreatePlan(design, mapped);
        if (plan.ReferenceLayers is { Length: > 0 } slow)
            note?.Invoke($"datapath '{design.Accelerator.Datapath.Name}' on '{design.Workload.Name}': no fast kernel is exact "
                + $"for {Some(slow)}; the reference kernel computes there, which is slow");
        AccuracyResult result = AccuracyEvaluator.Evaluate(plan, threadsOfDesign, cancellation);
        kept?.Keep(result);
        return result;
    }

    private AccuracyKey Key(DesignInputs design, MappedNetwork mapped) =>
        _keys.Get(ValueInputs.Of(design, mapped), _ => Plan(design, mapped));

    private AccuracyKey Plan(DesignInputs design, MappedNetwork mapped)
    {
        AccuracyPlan plan = CreatePlan(design, mapped);
        _open.TryAdd(plan.Key, plan);
        return plan.TypedKey;
    }

    private AccuracyPlan CreatePlan(DesignInputs design, MappedNetwork mapped)
    {
        ImmutableDictionary<string, ReductionOrder> orders = mapped.Orders.ToImmutableDictionary(m => m.Layer.Name, m => m.Order,
            StringComparer.Ordinal);
        return AccuracyPlan.Create(Network(design), design.Accelerator.Datapath, design.Recipe, layer => orders[layer],
            design.Accelerator.PlaceOf(""), design.Accelerator.Vector.Program);
    }

    private PreparedNetwork Network(DesignInputs design) =>
        _networks.Get((design.Workload.Digest, design.Recipe.FoldBatchNormalization, design.Recipe.CalibrationSamples),
        _ => PreparedNetwork.Create(design.Workload.Graph, design.Workload.Data!, design.Workload.Calibration, design.Recipe, threads));

    private NetworkLayers Layers(DesignInputs design) =>
        _layers.Get((design.Workload.NetworkDigest, design.Recipe.FoldBatchNormalization), key => design.Workload.Layers(key.Fold));

    private static string Some(ImmutableArray<string> layers) =>
        string.Join(", ", layers.Take(3).Select(l => $"'{l}'")) + (layers.Length > 3 ? $" and {layers.Length - 3} more layers" : "");
}
