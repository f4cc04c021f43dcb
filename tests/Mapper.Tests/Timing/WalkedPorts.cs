using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Tests.Timing;

/// <summary>What the walk's transfers occupy: ports before buses, levels outermost first.</summary>
internal sealed partial class WalkedTiming
{
    // Port and bus cycles of an access; the key orders them.
    private void Access(SortedDictionary<int, (string Name, long Cycles)> busy, int level, Operand x, long words, bool write, long finals,
        long rows = 0)
    {
        if (words == 0) return;
        MemoryLevel m = _h.Memory(level);
        long width = x switch { Operand.Activations => _w.Activation, Operand.Weights => _w.Weight, _ => _w.Sum };
        long partial = words - finals;
        string own = m.PartitionBits[x] is not null ? " " + x.ToString().ToLowerInvariant() : "";
        int port = write ? m.Ports.Write : m.Ports.Read;
        string name = m.Name + own + (port == 0 ? " port" : write ? " write port" : " read port");
        int slot = level * 16 + (own == "" ? 0 : (int)x * 2) + (write && m.Ports != new MemoryPorts(0, 0, m.Ports.Shared) ? 1 : 0);
        if (m.Ports != default)
        {
            long packed = Pack(partial, width) + Pack(finals, _w.Result);
            Add(slot, name, Up(packed, m.Banks * (port == 0 ? m.Ports.Shared : port)));
        }
        long bits = partial * width + finals * _w.Result;
        if (m.BurstBits > 0) bits = Up(bits, m.BurstBits) * m.BurstBits;
        if (m.BitsPerCycle is { } rate) Add(level * 16 + 12, m.Name + " bandwidth", Math.Max(rows, (long)Math.Ceiling(bits / rate)));
        if ((write ? m.WriteBitsPerCycle : m.ReadBitsPerCycle) is { } oneWay)
            Add(level * 16 + (write ? 14 : 13), m.Name + (write ? " write bandwidth" : " read bandwidth"),
                (long)Math.Ceiling(bits / oneWay));

        void Add(int key, string n, long cycles) => busy[key] = (n, busy.GetValueOrDefault(key).Cycles + cycles);
        long Pack(long count, long each) => each <= m.WordBits ? Up(count, m.WordBits / each) : count * Up(each, m.WordBits);
        static long Up(long a, long b) => (a + b - 1) / b;
    }

    private sealed class Move
    {
        public Move(WalkedTiming t, long delay, (int Level, long Words, bool Write, long Finals, long Rows) a,
            (int Level, long Words, bool Write, long Finals, long Rows) b, Operand x)
        {
            var busy = new SortedDictionary<int, (string Name, long Cycles)>();
            t.Access(busy, a.Level, x, a.Words, a.Write, a.Finals, a.Rows);
            t.Access(busy, b.Level, x, b.Words, b.Write, b.Finals, b.Rows);
            (Busy, Delay) = ([.. busy.Values], delay);
            foreach ((string name, long cycles) in Busy)
                if (cycles > Longest) (Longest, Limit) = (cycles, name);
            if (delay > Longest) Limit = t._h.Levels[a.Level].Name + " latency";
        }

        public (string Name, long Cycles)[] Busy { get; }
        public long Longest { get; }
        public long Delay { get; }
        public string? Limit { get; }
    }
}
