using Sim.ArchModel.Hierarchies;
using Sim.ArchModel.Hierarchies.Dram;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Tests.Timing;

/// <summary>
/// Commands of a DRAM one after another, by the rules of docs/guide/nest-timing.md: words are put at their row-major addresses, every burst
/// that holds one is read or written once, in order. Shares nothing with the closed form.
/// </summary>
internal static class WalkedDram
{
    /// <summary>Row hits, and openings with and without a row to close before, of all transfers so far.</summary>
    public static (long Hits, long Misses, long Conflicts) Seen { get; private set; }

    public static long Cycles(MemoryLevel memory, LoopLayer layer, Operand x, IReadOnlyCollection<string> words, long width, long moved)
    {
        if (words.Count == 0) return 0;
        DramTiming t = memory.Timing!;
        // Weights are packed tile by tile.
        long[] addresses = [.. words.Select((w, i) => x == Operand.Weights ? i
            : Address(layer, x, [.. w.Split(',').Take(5).Select(long.Parse)])).Order()];
        int bytes = t.BusBits.Value * t.BurstLength.Value / 8, columns = t.RowBytes.Value / bytes;
        long transfer = (long)Math.Round(t.BurstLength.Value * 1e12 / t.TransfersPerSecond.Value);
        var bursts = new SortedSet<long>();
        foreach (long address in addresses)
            for (long bit = (address - addresses[0]) * width; bit < (address - addresses[0] + 1) * width; bit++)
                bursts.Add(bit / (bytes * 8));
        long longest = 0;
        (long hits, long misses, long conflicts) = Seen;
        for (int channel = 0; channel < memory.Channels; channel++)
        {
            var open = new Dictionary<long, (long Row, long Since, long Column)>();
            var openings = new List<long>();
            long next = 0;
            foreach (long burst in bursts.Where(b => b % memory.Channels == channel).Select(b => b / memory.Channels))
            {
                (long row, long bank) = (burst / columns, burst / columns % t.Banks.Value);
                if (!open.TryGetValue(bank, out (long Row, long Since, long Column) state) || state.Row != row)
                {
                    long at = 0;
                    if (open.ContainsKey(bank))
                    {
                        // Closed after its last data, and not before tRAS.
                        at = Math.Max(state.Since + t.RowActive.Value, state.Column + t.ColumnLatency.Value + transfer) + t.Precharge.Value;
                        conflicts++;
                    }
                    else misses++;
                    if (openings.Count > 0) at = Math.Max(at, openings[^1] + t.RowToRow.Value);
                    if (openings.Count > 3) at = Math.Max(at, openings[^4] + t.FourRows.Value);
                    openings.Add(at);
                    state = (row, at, 0);
                }
                else hits++;
                long column = Math.Max(next, state.Since + t.RowToColumn.Value);
                open[bank] = state with { Column = column };
                next = column + transfer;
            }
            longest = Math.Max(longest, next - t.RowToColumn.Value);
        }
        Seen = (hits, misses, conflicts);
        long pause = t.Precharge.Value + t.RefreshCycle.Value + t.RowToColumn.Value, every = t.RefreshInterval.Value;
        long stretched = Up(Up(longest * moved, words.Count) * every, every - pause);
        return (long)Math.Ceiling(stretched / 1e12 * memory.ClockHertz * (1 - 1e-12));

        static long Up(long a, long b) => (a + b - 1) / b;
    }

    private static long Address(LoopLayer l, Operand x, long[] i)
    {
        long height = (l.Size(LoopDim.P) - 1) * l.StrideHeight + (l.Size(LoopDim.R) - 1) * l.DilationHeight + 1;
        long wide = (l.Size(LoopDim.Q) - 1) * l.StrideWidth + (l.Size(LoopDim.S) - 1) * l.DilationWidth + 1;
        (long g, long m, long c, long p, long q) = (l.Size(LoopDim.G), l.Size(LoopDim.M), l.Size(LoopDim.C), l.Size(LoopDim.P),
            l.Size(LoopDim.Q));
        // Rows of a matrix lie one after another; images by channels.
        if (l.IsGemm)
            return x == Operand.Activations ? ((i[0] * g + i[1]) * p + i[3]) * c + i[2] : ((i[0] * g + i[1]) * p + i[3]) * m + i[2];
        return x == Operand.Activations ? (((i[0] * g + i[1]) * c + i[2]) * height + i[3]) * wide + i[4]
            : (((i[0] * g + i[1]) * m + i[2]) * p + i[3]) * q + i[4];
    }
}
