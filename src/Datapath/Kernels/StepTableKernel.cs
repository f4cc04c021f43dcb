using System.Collections.Concurrent;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Registers of at most 8 bits rounded after every step (posit8, e4m3): the step acc ← R(acc + product) as a table over the register's
/// codes and the distinct products of two formats of at most 8 bits. Every entry is one step of the reference's own register, so any mode,
/// policy and format is.
/// </summary>
internal sealed class StepTableKernel : TiledKernel
{
    // 256 registers by as many products stay in a second-level cache; more are looked up in the reference's way.
    private const int MostProducts = 8192;

    private static readonly ConcurrentDictionary<(object, object, FloatAccumulator), StepTable?> Cache = new();

    /// <inheritdoc/>
    public override string Name => "step-table";

    private protected override string? RefusesSteps(DatapathSpec spec, ReductionOrder order, int k)
    {
        if (spec.Accumulator is not FloatAccumulator { Format.Bits: <= 8 }) return "needs a register of at most 8 bits, rounded every step";
        if (spec.Activation.Bits > 8 || spec.Weight.Bits > 8) return "operands have more than 8 bits";
        if (new ReferenceKernel().Refuses(spec, order, k) is { } reason) return reason;
        return Table(spec) is null ? $"more than {MostProducts} distinct products" : null;
    }

    /// <inheritdoc/>
    public override PackedWeights Pack(DatapathSpec spec, ReductionOrder order, int n, int k, ReadOnlySpan<uint> codes,
        ReadOnlySpan<int> zeroPoints)
    {
        ReductionOrder canonical = order.Canonical(k);
        return new TiledWeights<int>(Name, new Plan(Table(spec)!, canonical.Chunk), KernelCatalogue.SelectAfter(this, spec, canonical, k),
            spec, canonical, n, k, codes, zeroPoints);
    }

    private static StepTable? Table(DatapathSpec spec) =>
        Cache.GetOrAdd((spec.Activation, spec.Weight, (FloatAccumulator)spec.Accumulator), _ => StepTable.Of(spec, MostProducts));

    private sealed class Plan(StepTable table, int chunk) : TilePlan<int>
    {
        private const int ZeroPoint = -1;

        public override int Rows => 4;

        public override int Width => 16;

        public override int Steps(int k) => k;

        public override void DecodeActivations(ReadOnlySpan<uint> codes, int zeroPoint, Span<int> values)
        {
            for (int i = 0; i < codes.Length; i++) values[i] = zeroPoint == 0 ? (int)codes[i] << 8 : ZeroPoint;
        }

        public override void DecodeWeights(ReadOnlySpan<uint> codes, int zeroPoint, Span<int> values)
        {
            for (int i = 0; i < codes.Length; i++) values[i] = zeroPoint == 0 ? (int)codes[i] : ZeroPoint;
        }

        public override bool Sum(ReadOnlySpan<int> a, ReadOnlySpan<int> b, in PanelBounds activations, in PanelBounds weights, int rows,
            int columns,
            Span<long> results, ref GemmEvents events)
        {
            // The table knows codes, not codes less a zero point.
            if (a.Contains(ZeroPoint) || b.Contains(ZeroPoint)) return false;
            int steps = a.Length / Rows, length = chunk == 0 ? steps : chunk;
            Span<int> total = stackalloc int[Width], part = stackalloc int[Width];
            for (int r = 0; r < rows; r++)
            {
                total.Clear();
                Chain(a, b, r, 0, Math.Min(length, steps), total);
                for (int start = length; start < steps; start += length)
                {
                    part.Clear();
                    Chain(a, b, r, start, Math.Min(start + length, steps), part);
                    for (int c = 0; c < Width; c++) total[c] = table.Add(total[c], part[c]);
                }
                for (int c = 0; c < columns; c++)
                {
                    results[r * Width + c] = total[c] & 0xFF;
                    if ((total[c] & StepTable.Overflowed) != 0) events.OverflowedOutputs++;
                    if (table.IsNaN(total[c])) events.NaNOutputs++;
                }
            }
            return true;
        }

        private void Chain(ReadOnlySpan<int> a, ReadOnlySpan<int> b, int row, int from, int to, Span<int> registers)
        {
            ReadOnlySpan<ushort> products = table.Products, next = table.Steps;
            int count = table.Count;
            for (int s = from; s < to; s++)
            {
                int high = a[s * Rows + row];
                ReadOnlySpan<int> low = b.Slice(s * Width, Width);
                for (int c = 0; c < registers.Length; c++)
                {
                    int held = registers[c];
                    registers[c] = held & ~0xFF | next[(held & 0xFF) * count + products[high | low[c]]];
                }
            }
        }
    }
}
