using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Timing;

/// <summary>Cycles that one transfer or one compute chunk keeps a resource busy.</summary>
internal readonly record struct Occupancy(int Resource, long Cycles);

/// <summary>The ports and buses of a hierarchy, and how long so many elements keep them busy.</summary>
internal sealed class TimingPorts
{
    private readonly Hierarchy _hierarchy;
    private readonly NestWidths _widths;
    private readonly List<TimingResource> _resources = [];
    private readonly Dictionary<(int Level, int Operand, bool Write), int> _ports = [];
    private readonly Dictionary<int, int> _buses = [];

    /// <summary>Lists the resources of every memory that a nest uses.</summary>
    public TimingPorts(Hierarchy hierarchy, NestWidths widths)
    {
        (_hierarchy, _widths) = (hierarchy, widths);
        for (int level = 0; level < hierarchy.Levels.Length; level++)
        {
            if (hierarchy.Levels[level] is not MemoryLevel memory) continue;
            foreach (Operand operand in Enum.GetValues<Operand>()) AddPorts(level, memory, operand);
            if (memory.BitsPerCycle is not null) _buses[level] = Add(new TimingResource(level, memory.Name, WaitKind.Bus, null));
        }
    }

    /// <summary>All resources, by index.</summary>
    public IReadOnlyList<TimingResource> Resources => _resources;

    /// <summary>A further resource: the space of an operand in a memory.</summary>
    public int AddSpace(int level, Operand operand) =>
        Add(new TimingResource(level, _hierarchy.Levels[level].Name, WaitKind.Buffer, operand));

    /// <summary>A further resource: the latency of a memory.</summary>
    public int AddLatency(int level) => Add(new TimingResource(level, _hierarchy.Levels[level].Name, WaitKind.Latency, null));

    /// <summary>Adds what reading or writing elements at a memory occupies.</summary>
    /// <param name="into">By resource; several accesses of one transfer to one resource add up.</param>
    /// <param name="level">The memory.</param>
    /// <param name="operand">Whose elements.</param>
    /// <param name="elements">How many of one instance.</param>
    /// <param name="write">Direction.</param>
    /// <param name="result">Whether outputs are complete and have their final width.</param>
    public void Access(SortedDictionary<int, long> into, int level, Operand operand, long elements, bool write, bool result = false)
    {
        if (elements == 0) return;
        MemoryLevel memory = _hierarchy.Memory(level);
        long width = operand == Operand.Outputs && result ? _widths.Result : _widths.Of(operand);
        if (_ports.TryGetValue((level, (int)operand, write), out int port))
        {
            long parallel = checked((long)memory.Banks * PortsOf(memory.Ports, write));
            Add(into, port, Ceiling(Words(elements, width, memory.WordBits), parallel));
        }
        if (!_buses.TryGetValue(level, out int bus)) return;
        long bits = Ceiling(checked(elements * width), _widths.PartsPerBit);
        if (memory.BurstBits > 0) bits = checked(Ceiling(bits, memory.BurstBits) * memory.BurstBits);
        Add(into, bus, checked((long)Math.Ceiling(bits / memory.BitsPerCycle!.Value)));
    }

    private long Words(long elements, long width, int wordBits)
    {
        long word = checked(wordBits * _widths.PartsPerBit);
        return width <= word ? Ceiling(elements, word / width) : checked(elements * Ceiling(width, word));
    }

    private void AddPorts(int level, MemoryLevel memory, Operand operand)
    {
        bool own = memory.PartitionBits[operand] is not null;
        int first = _ports.TryGetValue((level, 0, false), out int r) ? r : -1, firstWrite = _ports.TryGetValue((level, 0, true), out int w)
            ? w : -1;
        (bool readShared, bool writeShared) = (memory.Ports.Read == 0, memory.Ports.Write == 0);
        if (memory.Ports is { Read: 0, Write: 0, Shared: 0 }) return;
        Operand? name = own ? operand : null;
        int read = !own && first >= 0 ? first : Add(new TimingResource(level, memory.Name, readShared ? WaitKind.SharedPort
            : WaitKind.ReadPort, name));
        int write = !own && firstWrite >= 0 ? firstWrite : readShared && writeShared ? read
            : Add(new TimingResource(level, memory.Name, writeShared ? WaitKind.SharedPort : WaitKind.WritePort, name));
        (_ports[(level, (int)operand, false)], _ports[(level, (int)operand, true)]) = (read, write);
    }

    private static int PortsOf(MemoryPorts ports, bool write) => write ? ports.Write > 0 ? ports.Write : Math.Max(1, ports.Shared)
        : ports.Read > 0 ? ports.Read : Math.Max(1, ports.Shared);

    private int Add(TimingResource resource)
    {
        _resources.Add(resource);
        return _resources.Count - 1;
    }

    private static void Add(SortedDictionary<int, long> into, int resource, long cycles) =>
        into[resource] = checked(into.GetValueOrDefault(resource) + cycles);

    private static long Ceiling(long a, long b) => checked(a + b - 1) / b;
}
