using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Timing;

namespace Sim.Simulator.Nests;

/// <summary>What occupies whom for how long: cycles by resource number, those that are used listed once.</summary>
internal sealed class Occupied(int resources)
{
    private readonly long[] _cycles = new long[resources];
    private readonly int[] _used = new int[resources];

    public int Count { get; private set; }

    /// <summary>Resources in use, in ascending order after <see cref="Sort"/>.</summary>
    public int this[int i] => _used[i];

    public long Cycles(int resource) => _cycles[resource];

    public void Add(int resource, long cycles)
    {
        if (_cycles[resource] == 0) _used[Count++] = resource;
        _cycles[resource] = checked(_cycles[resource] + cycles);
    }

    public void Sort() => Array.Sort(_used, 0, Count);

    public void Clear()
    {
        for (int i = 0; i < Count; i++) _cycles[_used[i]] = 0;
        Count = 0;
    }
}

/// <summary>The ports and buses of the memories: one port a direction, or one for both; those of a partitioned memory for each
/// operand.</summary>
internal sealed class ClockPorts
{
    private readonly Hierarchy _hierarchy;
    private readonly NestWidths _widths;
    private readonly int[,,] _port;
    private readonly int[] _bus, _readBus, _writeBus;
    private readonly int[,] _space;
    private readonly int[] _latency;

    public ClockPorts(Hierarchy hierarchy, NestWidths widths)
    {
        (_hierarchy, _widths) = (hierarchy, widths);
        int levels = hierarchy.Levels.Length;
        (_readBus, _writeBus) = (new int[levels], new int[levels]);
        (_port, _bus, _space, _latency) = (new int[levels, 3, 2], new int[levels], new int[levels, 3], new int[levels]);
        for (int level = 0; level < levels; level++)
        {
            _bus[level] = _readBus[level] = _writeBus[level] = -1;
            if (hierarchy.Levels[level] is not MemoryLevel memory) continue;
            int common = -1;
            for (int x = 0; x < 3; x++)
            {
                Operand? own = memory.PartitionBits[(Operand)x] is null ? null : (Operand)x;
                (_port[level, x, 0], _port[level, x, 1]) = (-1, -1);
                if (memory.Ports is { Read: 0, Write: 0, Shared: 0 }) continue;
                if (own is null && common >= 0)
                {
                    (_port[level, x, 0], _port[level, x, 1]) = (_port[level, common, 0], _port[level, common, 1]);
                    continue;
                }
                if (own is null) common = x;
                _port[level, x, 0] = Add(level, memory.Ports.Read > 0 ? WaitKind.ReadPort : WaitKind.SharedPort, own);
                _port[level, x, 1] = memory.Ports is { Read: 0, Write: 0 } ? _port[level, x, 0]
                    : Add(level, memory.Ports.Write > 0 ? WaitKind.WritePort : WaitKind.SharedPort, own);
            }
            if (memory.BitsPerCycle is not null) _bus[level] = Add(level, WaitKind.Bus, null);
            if (memory.ReadBitsPerCycle is not null) _readBus[level] = Add(level, WaitKind.ReadBus, null);
            if (memory.WriteBitsPerCycle is not null) _writeBus[level] = Add(level, WaitKind.WriteBus, null);
        }
        for (int level = 0; level < levels; level++)
            for (int x = 0; x < 3 && hierarchy.Levels[level] is MemoryLevel; x++)
                _space[level, x] = Add(level, WaitKind.Buffer, (Operand)x);
        for (int level = 0; level < levels; level++)
            if (hierarchy.Levels[level] is MemoryLevel) _latency[level] = Add(level, WaitKind.Latency, null);
    }

    public List<TimingResource> Resources { get; } = [];

    /// <summary>The resource that stands for the places of an operand in a memory.</summary>
    public int Space(int level, Operand operand) => _space[level, (int)operand];

    /// <summary>The resource that stands for the time from the end of a transfer out of a memory until its words are there.</summary>
    public int Latency(int level) => _latency[level];

    /// <summary>Words of an operand read or written at a memory; the rows of a DRAM take at least so many cycles.</summary>
    public void Access(Occupied busy, int level, Operand operand, long elements, bool writes, long results = 0,
        long rows = 0)
    {
        if (elements == 0) return;
        MemoryLevel memory = _hierarchy.Memory(level);
        long width = operand switch
        {
            Operand.Activations => _widths.Activation,
            Operand.Weights => _widths.Weight,
            _ => _widths.Sum,
        };
        if (_port[level, (int)operand, writes ? 1 : 0] is >= 0 and var port)
        {
            long word = memory.WordBits * _widths.PartsPerBit;
            long Words(long count, long each) => each > word ? count * Up(each, word) : Up(count, word / each);
            long words = Words(elements - results, width) + Words(results, _widths.Result);
            int ports = writes ? memory.Ports.Write : memory.Ports.Read;
            busy.Add(port, Up(words, (long)memory.Banks * (ports > 0 ? ports : Math.Max(1, memory.Ports.Shared))));
        }
        // Of the copies of a sum the last one is the result.
        long bits = Up(checked((elements - results) * width + results * _widths.Result), _widths.PartsPerBit);
        if (memory.BurstBits > 0) bits = Up(bits, memory.BurstBits) * memory.BurstBits;
        Move(_bus[level], memory.BitsPerCycle, rows);
        if (writes) Move(_writeBus[level], memory.WriteBitsPerCycle, 0);
        else Move(_readBus[level], memory.ReadBitsPerCycle, 0);

        void Move(int bus, double? rate, long least)
        {
            if (rate is { } bitsPerCycle) busy.Add(bus, Math.Max(least, checked((long)Math.Ceiling(bits / bitsPerCycle))));
        }
    }

    private static long Up(long value, long unit) => (value + unit - 1) / unit;

    private int Add(int level, WaitKind kind, Operand? operand)
    {
        Resources.Add(new TimingResource(level, _hierarchy.Levels[level].Name, kind, operand));
        return Resources.Count - 1;
    }
}
