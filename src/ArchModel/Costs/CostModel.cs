using System.Collections.Immutable;
using Sim.ArchModel.Technologies;
using Sim.Datapath.Structures;

namespace Sim.ArchModel.Costs;

/// <summary>One line of a priced structure; area, energy and leakage are of all Count copies, delay is of one.</summary>
public sealed record PricedItem(StructureItem Item, double AreaSquareMicrometres, double EnergyFemtojoules, double DelayNanoseconds,
    double LeakageNanowatts, string Source);

/// <summary>A structure with its prices. Energy is of one operation (one clock edge of every register) at the technology's stated
/// activity.</summary>
public sealed record StructureCost(ImmutableArray<PricedItem> Items, double PathBaseNanoseconds)
{
    /// <summary>Area of everything, µm².</summary>
    public double AreaSquareMicrometres => Items.Sum(i => i.AreaSquareMicrometres);

    /// <summary>Energy of one operation, fJ.</summary>
    public double EnergyFemtojoules => Items.Sum(i => i.EnergyFemtojoules);

    /// <summary>Leakage power, nW.</summary>
    public double LeakageNanowatts => Items.Sum(i => i.LeakageNanowatts);

    /// <summary>Longest path estimate, ns: the base and what each role on the path adds.</summary>
    public double DelayNanoseconds => PathBaseNanoseconds + Items.Where(i => i.Item.OnPath).Sum(i => i.DelayNanoseconds);
}

/// <summary>Prices structures in one technology. Wires, clock tree, control and placement are not part of it
/// (docs/guide/costs.md).</summary>
/// <param name="technology">What primitives cost.</param>
/// <param name="missing">Where what the technology does not know is noted, for a caller who reports all of it; null: it is an
/// exception.</param>
public sealed class CostModel(Technology technology, ICollection<string>? missing = null)
{
    /// <summary>The technology that prices.</summary>
    public Technology Technology { get; } = technology;

    /// <summary>Itemised price of a unit.</summary>
    /// <exception cref="KeyNotFoundException">The technology has no law for a primitive, or no delay law for one on the path.</exception>
    public StructureCost Price(Structure structure)
    {
        ArgumentNullException.ThrowIfNull(structure);
        return new StructureCost([.. structure.Items.Select(Price)], Technology.PathBase.Value);
    }

    private string? Unpriced(StructureItem item)
    {
        string word = PrimitiveWords.WordOf(item.Primitive.Kind);
        if (!Technology.Primitives.TryGetValue(item.Primitive.Kind,
            out PrimitivePrice? price)) return $"technology '{Technology.Name}' has no price for the primitive '{word}', which the {item.Role} needs";
        if (item.OnPath && price.Delay is null) return $"technology '{Technology.Name}' has no delay ('delay_ns') for the primitive '{word}', through which the {item.Role} leads a path";
        return null;
    }

    private PricedItem Price(StructureItem item)
    {
        if (missing is not null && Unpriced(item) is { } problem)
        {
            if (!missing.Contains(problem)) missing.Add(problem);
            return new PricedItem(item, 0, 0, 0, 0, "unknown");
        }
        PrimitivePrice price = Technology.PriceOf(item.Primitive.Kind);
        double area = item.Count * price.AreaOf(item.Primitive);
        // Registers do not glitch: they take one edge a cycle.
        double glitch = item.Primitive.Kind == PrimitiveKind.Register ? 1.0 : Technology.Glitch.Value;
        double delay = !item.OnPath ? 0.0 : price.Delay?.At(item.Primitive)
            ?? throw new KeyNotFoundException($"technology '{Technology.Name}' has no delay for the primitive '{item.Primitive.Kind}'");
        return new PricedItem(item, area, area * price.EnergyPerArea * item.Activity * glitch, delay, area * price.LeakagePerArea,
            price.Source);
    }
}
