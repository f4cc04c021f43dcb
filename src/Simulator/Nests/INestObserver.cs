using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Timing;

namespace Sim.Simulator.Nests;

/// <summary>Hears what happens on the machine for nests, in cycles of the layer.</summary>
public interface INestObserver
{
    /// <summary>Hears of every step of the registers; null: nobody does.</summary>
    INestRegisters? Registers { get; }

    /// <summary>Ports and buses by number, before anything else.</summary>
    void Begin(IReadOnlyList<TimingResource> resources);

    /// <summary>A port or bus works: for an operand's tile, or for products (null).</summary>
    void Use(int resource, long begin, long end, Operand? operand);

    /// <summary>The multiply-adders work on the products below all stores, whose loops above stand at <paramref name="index"/>.</summary>
    void Products(ReadOnlySpan<long> index, long begin, long end);

    /// <summary>They wait for a resource; -1: the last results are on their way.</summary>
    void Wait(int resource, long begin, long end);

    /// <summary>A tile of outputs has left for the outermost memory.</summary>
    void OutputsLeave();
}

/// <summary>Hears of registers. Places are those of all spatial loops, the outermost slowest.</summary>
public interface INestRegisters
{
    /// <summary>Whether sums are asked for: of registers that a read leaves as they are.</summary>
    bool WantsSums { get; }

    /// <summary>A step: which places multiply, and what.</summary>
    void Step(ReadOnlySpan<bool> active, ReadOnlySpan<Product> products);

    /// <summary>A sum of that step, whose products come from the given place on; the value as a kernel writes it.</summary>
    void Sum(int place, long value);
}

/// <summary>Hears of layers on the machine for nests.</summary>
public interface INestNetworkObserver
{
    /// <summary>Who watches a matrix layer that begins in this cycle of the network; null: nobody.</summary>
    INestObserver? Watch(string layer, Mapper.Nests.LoopNest nest, long begin);

    /// <summary>A layer is done.</summary>
    void Done(NestMachineLayer layer);
}
