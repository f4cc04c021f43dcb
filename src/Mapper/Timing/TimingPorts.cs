using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Timing;

/// <summary>The ports and buses of a hierarchy, and how long so many elements keep them busy.</summary>
internal sealed class TimingPorts
{
    private const int None = -1, Operands = 3;
    private readonly Hierarchy _hierarchy;
    private readonly NestWidths _widths;
    private readonly List<TimingResource> _resources = [];
    private readonly int[] _ports, _spaces, _buses, _oneWay, _latencies;
    private long[] _busy = [];

    /// <summary>Lists the resources of every memory, and the spaces and latencies that a nest waits for.</summary>
    public TimingPorts(NestProgram program, NestWidths widths)
    {
        (_hierarchy, _widths) = (program.Hierarchy, widths);
        int levels = _hierarchy.Levels.Length;
        (_ports, _spaces) = (Empty(levels * Operands * 2), Empty(levels * Operands));
        (_buses, _oneWay, _latencies) = (Empty(levels), Empty(levels * 2), Empty(levels));
        for (int level = 0; level < levels; level++)
        {
            if (_hierarchy.Levels[level] is not MemoryLevel memory) continue;
            AddPorts(level, memory);
            if (memory.BitsPerCycle is not null) _buses[level] = Add(level, WaitKind.Bus, null);
            if (memory.ReadBitsPerCycle is not null) _oneWay[level * 2] = Add(level, WaitKind.ReadBus, null);
            if (memory.WriteBitsPerCycle is not null) _oneWay[(level * 2) + 1] = Add(level, WaitKind.WriteBus, null);
        }
        foreach (NestEdge edge in program.Edges)
        {
            ref int space = ref _spaces[(edge.Level * Operands) + (int)edge.Operand];
            if (space == None) space = Add(edge.Level, WaitKind.Buffer, edge.Operand);
        }
        foreach (NestEdge edge in program.Edges)
            if (_latencies[edge.ParentLevel] == None) _latencies[edge.ParentLevel] = Add(edge.ParentLevel, WaitKind.Latency, null);
        _busy = new long[_resources.Count];
    }

    /// <summary>All resources, by index.</summary>
    public IReadOnlyList<TimingResource> Resources => _resources;

    /// <summary>The resource that stands for the space of an operand in a memory.</summary>
    public int Space(int level, Operand operand) => _spaces[(level * Operands) + (int)operand];

    /// <summary>The resource that stands for the latency of a memory.</summary>
    public int Latency(int level) => _latencies[level];

    /// <summary>Begins another transfer or chunk.</summary>
    public void Clear() => Array.Clear(_busy);

    /// <summary>What has been occupied since <see cref="Clear"/>, by resource in ascending order.</summary>
    public Occupancy[] Occupied()
    {
        int count = 0;
        foreach (long cycles in _busy)
            if (cycles > 0) count++;
        var occupied = new Occupancy[count];
        for (int r = 0, at = 0; at < count; r++)
            if (_busy[r] > 0) occupied[at++] = new(r, _busy[r]);
        return occupied;
    }

    /// <summary>Adds what reading or writing elements at a memory occupies; several accesses to one resource add up.</summary>
    /// <param name="level">The memory.</param>
    /// <param name="operand">Whose elements.</param>
    /// <param name="elements">How many of one instance.</param>
    /// <param name="write">Direction.</param>
    /// <param name="results">How many of them are complete outputs of the final width; of several copies of a sum the last one is.</param>
    /// <param name="rows">Cycles that the rows of a DRAM take at least.</param>
    public void Access(int level, Operand operand, long elements, bool write, long results = 0, long rows = 0)
    {
        if (elements == 0) return;
        MemoryLevel memory = _hierarchy.Memory(level);
        long width = _widths.Of(operand), sums = elements - results;
        int port = _ports[PortOf(level, operand, write)];
        if (port != None)
        {
            long parallel = checked((long)memory.Banks * PortsOf(memory.Ports, write));
            Occupy(port, Ceiling(checked(Words(sums, width, memory.WordBits) + Words(results, _widths.Result, memory.WordBits)), parallel));
        }
        (int bus, int oneWay) = (_buses[level], _oneWay[(level * 2) + (write ? 1 : 0)]);
        if (bus == None && oneWay == None) return;
        long bits = Ceiling(checked(sums * width + results * _widths.Result), _widths.PartsPerBit);
        if (memory.BurstBits > 0) bits = checked(Ceiling(bits, memory.BurstBits) * memory.BurstBits);
        if (bus != None) Occupy(bus, Math.Max(rows, checked((long)Math.Ceiling(bits / memory.BitsPerCycle!.Value))));
        if (oneWay == None) return;
        double rate = write ? memory.WriteBitsPerCycle!.Value : memory.ReadBitsPerCycle!.Value;
        Occupy(oneWay, checked((long)Math.Ceiling(bits / rate)));
    }

    private void Occupy(int resource, long cycles) => _busy[resource] = checked(_busy[resource] + cycles);

    private long Words(long elements, long width, int wordBits)
    {
        long word = checked(wordBits * _widths.PartsPerBit);
        return width <= word ? Ceiling(elements, word / width) : checked(elements * Ceiling(width, word));
    }

    private void AddPorts(int level, MemoryLevel memory)
    {
        if (memory.Ports is { Read: 0, Write: 0, Shared: 0 }) return;
        (bool readShared, bool writeShared) = (memory.Ports.Read == 0, memory.Ports.Write == 0);
        (int commonRead, int commonWrite) = (None, None);
        for (Operand operand = Operand.Activations; operand <= Operand.Outputs; operand++)
        {
            bool own = memory.PartitionBits[operand] is not null;
            (int read, int write) = (commonRead, commonWrite);
            if (own || read == None)
            {
                Operand? name = own ? operand : null;
                read = Add(level, readShared ? WaitKind.SharedPort : WaitKind.ReadPort, name);
                write = readShared && writeShared ? read : Add(level, writeShared ? WaitKind.SharedPort : WaitKind.WritePort, name);
                if (!own) (commonRead, commonWrite) = (read, write);
            }
            (_ports[PortOf(level, operand, false)], _ports[PortOf(level, operand, true)]) = (read, write);
        }
    }

    private static int PortOf(int level, Operand operand, bool write) => (((level * Operands) + (int)operand) * 2) + (write ? 1 : 0);

    private static int PortsOf(MemoryPorts ports, bool write) => write ? ports.Write > 0 ? ports.Write : Math.Max(1, ports.Shared)
        : ports.Read > 0 ? ports.Read : Math.Max(1, ports.Shared);

    private int Add(int level, WaitKind kind, Operand? operand)
    {
        _resources.Add(new TimingResource(level, _hierarchy.Levels[level].Name, kind, operand));
        return _resources.Count - 1;
    }

    private static int[] Empty(int count)
    {
        var empty = new int[count];
        Array.Fill(empty, None);
        return empty;
    }

    private static long Ceiling(long a, long b) => checked(a + b - 1) / b;
}
