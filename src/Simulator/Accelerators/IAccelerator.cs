using System.Collections.Immutable;
using Sim.ArchModel;
using Sim.ArchModel.Costs;
using Sim.ArchModel.Technologies;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Graph;

namespace Sim.Simulator.Accelerators;

/// <summary>Area, leakage and clock of an accelerator. Prices: every price as text, for digests.</summary>
public sealed record AcceleratorCost(ImmutableArray<AreaItem> Area, double AreaSquareMicrometres, double LeakageMilliwatts,
    ClockCheck Clock,
    ImmutableArray<string> Warnings, string Prices);

/// <summary>A kind of accelerator: how a network is mapped on it and what it costs. One file a kind.</summary>
public interface IAccelerator
{
    /// <summary>Its name.</summary>
    string Name { get; }

    /// <summary>Its array or fabrics in a few words, e.g. `16×16 WeightStationary`.</summary>
    string Shape { get; }

    /// <summary>Its multiply-accumulate units.</summary>
    DatapathSpec Datapath { get; }

    /// <summary>Its elementwise unit.</summary>
    VectorUnit Vector { get; }

    /// <summary>What its parts cost.</summary>
    Technology Technology { get; }

    /// <summary>Its clock.</summary>
    double ClockHertz { get; }

    /// <summary>Where its file names a part (`technology`, a memory...), else the whole.</summary>
    Location PlaceOf(string part);

    /// <summary>The accelerator as JSON.</summary>
    string Json { get; }

    /// <summary>What two equal accelerators have in common, for digests: names of files are not in it.</summary>
    string Identity { get; }

    /// <summary>Prices; throws <see cref="InvalidInputException"/> (COST001) with everything that has none.</summary>
    AcceleratorCost Price();

    /// <summary>The matrix layers of a network mapped, or why they do not map.</summary>
    MappedNetwork Map(NetworkLayers layers);
}

/// <summary>The matrix layers of a network on an accelerator.</summary>
public abstract class MappedNetwork
{
    /// <summary>What keeps layers from running; empty: all run.</summary>
    public abstract ImmutableArray<string> Problems { get; }

    /// <summary>What a user should know of the mappings.</summary>
    public virtual ImmutableArray<string> Warnings => [];

    /// <summary>The matrix layers and the order in which each adds products.</summary>
    public abstract ImmutableArray<(GemmLayer Layer, ReductionOrder Order)> Orders { get; }

    /// <summary>Shape, time, traffic and energy of the matrix layer at an index.</summary>
    public abstract LayerRecord Matrix(int index);

    /// <summary>The same of a layer of the vector unit.</summary>
    public abstract LayerRecord Vector(VectorLayer layer);

    /// <summary>Throws MAP001 for every problem, at the accelerator's place.</summary>
    internal MappedNetwork Required(Location place)
    {
        var bag = new DiagnosticBag();
        foreach (string problem in Problems) bag.Error(place, "MAP001", problem);
        bag.ThrowIfErrors();
        return this;
    }
}
