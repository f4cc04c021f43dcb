using System.Collections.Immutable;

namespace Sim.ArchModel.Costs;

/// <summary>Area lines of an accelerator.</summary>
internal static class AreaList
{
    /// <summary>One line a part of every unit, in um2, then one a buffer.</summary>
    public static ImmutableArray<AreaItem> Of(Architecture architecture, PricedPe pe, ImmutableArray<BufferCost> buffers)
    {
        ImmutableArray<AreaItem>.Builder items = ImmutableArray.CreateBuilder<AreaItem>();
        foreach ((string component, StructureCost unit, long copies) in pe.Units)
            foreach (PricedItem part in unit.Items.Where(_ => copies > 0))
                items.Add(new AreaItem(component, part.Item.Role, PrimitiveText.Of(part.Item.Primitive), copies * part.Item.Count,
                    part.AreaSquareMicrometres * copies, part.Source));
        foreach ((BufferLevel level, BufferCost cost) in architecture.Buffers.Zip(buffers))
            items.Add(new AreaItem(level.Name, "banks", "", level.Banks, cost.AreaSquareMicrometres, cost.Source));
        return items.ToImmutable();
    }
}
