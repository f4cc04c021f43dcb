using System.Runtime.InteropServices;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Multipliers that are not exact, of codes up to 8 bits: products from a table of all pairs, summed in fp32 lanes (fp32 accumulators,
/// rounded to nearest even at every step) or without rounding (exact accumulators, and integer ones that no sum can leave). Byte
/// permutations read the table; where there are none, gathers.
/// </summary>
internal sealed class ProductTableKernel : TiledKernel
{
    /// <inheritdoc/>
    public override string Name => "product-table";

    /// <inheritdoc/>
    private protected override bool TakesMultipliers => true;

    /// <inheritdoc/>
    private protected override string? RefusesSteps(DatapathSpec spec, ReductionOrder order, int k)
    {
        if (spec.InexactMultiplier is null) return "needs a multiplier that is not exact";
        if (ReferenceKernel.RefusesDot(spec, order, k) is { } senseless) return senseless;
        if (spec.Accumulator is not (IntegerAccumulator or FloatAccumulator
            or ExactAccumulator)) return "needs a float, integer or exact accumulator";
        if (spec.Accumulator is FloatAccumulator f && !IsSingle(f)) return "sums in fp32 only, rounded to nearest even";
        if (ProductTable.Of(spec) is not { } table) return $"codes of more than {ProductTable.MaximumBits} bits make no table";
        if (spec.Accumulator is FloatAccumulator) return table.IsSingle ? null : "products are no fp32 numbers";
        return ExactPlanesPlan.Refuses(spec, k);
    }

    /// <inheritdoc/>
    public override PackedWeights Pack(DatapathSpec spec, ReductionOrder order, int n, int k, ReadOnlySpan<uint> codes,
        ReadOnlySpan<int> zeroPoints)
    {
        if (zeroPoints.ContainsAnyExcept(0)) throw new ArgumentException("a multiplier that is not exact takes codes without zero points",
            nameof(zeroPoints));
        ReductionOrder canonical = order.Canonical(k);
        bool gathers = !PlaneTile.IsSupported
            && (spec.Accumulator is FloatAccumulator || spec.Accumulator is IntegerAccumulator && ProductTable.Of(spec)!.Fits(k));
        if (gathers) return new TiledWeights<int>(Name, new Plan(spec, canonical), new ReferenceKernel(), spec, canonical, n, k, codes,
            zeroPoints);
        TilePlan<byte> plan = ExactPlanesPlan.Refuses(spec, k) is null ? new ExactPlanesPlan(spec, k)
            : new SinglePlanesPlan(spec, canonical, k);
        return new TiledWeights<byte>(Name, plan, new ReferenceKernel(), spec, canonical, n, k, codes, zeroPoints);
    }

    /// <summary>Whether an accumulator is fp32, rounded to nearest even at every step.</summary>
    internal static bool IsSingle(AccumulatorSpec accumulator) =>
        accumulator is FloatAccumulator { Rounding: RoundingMode.NearestEven, Product: null } f
        && f.Format is FloatFormat { ExponentBits: 8, FractionBits: 23, Bias: 127, Specials: Specials.Ieee, Subnormals: true };

    private sealed class Plan(DatapathSpec spec, ReductionOrder order) : TilePlan<int>
    {
        private readonly ProductTable _table = ProductTable.Of(spec)!;
        private readonly bool _isFloat = spec.Accumulator is FloatAccumulator;
        private readonly int _chunk = order.Chunk;

        public override int Rows => LaneTile.Rows;

        public override int Width => LaneTile.Width<int>();

        public override int Steps(int k) => k;

        public override void DecodeActivations(ReadOnlySpan<uint> codes, int zeroPoint, Span<int> values)
        {
            if (zeroPoint != 0) throw new ArgumentException("a multiplier that is not exact takes codes without zero points",
                nameof(zeroPoint));
            for (int i = 0; i < codes.Length; i++) values[i] = (int)codes[i] << _table.WeightBits;
        }

        public override void DecodeWeights(ReadOnlySpan<uint> codes, int zeroPoint, Span<int> values) =>
            codes.CopyTo(MemoryMarshal.Cast<int, uint>(values));

        public override unsafe bool Sum(ReadOnlySpan<int> a, ReadOnlySpan<int> b, in PanelBounds activations, in PanelBounds weights,
            int rows, int columns,
            Span<long> results, ref GemmEvents events)
        {
            Span<int> total = stackalloc int[LaneTile.Rows * LaneTile.Width<int>()];
            fixed (float* singles = _table.Singles)
            fixed (int* integers = _table.Integers)
            {
                if (_isFloat) Chunks.Sum(a, b, _chunk, new SingleTableReduction(singles), total);
                else Chunks.Sum(a, b, _chunk, new IntegerTableReduction(integers), total);
            }
            for (int r = 0; r < rows; r++)
            {
                for (int i = r * Width; i < r * Width + columns; i++)
                {
                    // A sum that overflowed, and a product that is no number, never becomes finite again: the reference tells them apart.
                    if (_isFloat && !float.IsFinite(BitConverter.Int32BitsToSingle(total[i]))) return false;
                    results[i] = _isFloat ? unchecked((uint)total[i]) : total[i];
                }
            }
            return true;
        }
    }
}
