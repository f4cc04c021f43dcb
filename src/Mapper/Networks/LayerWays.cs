using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Networks;

/// <summary>Bits of a tiling: room of its tiles, and what it reads and writes.</summary>
internal readonly record struct TilingWay(long Room, long Read, long Write, int Tiling);

/// <summary>The tilings of a matrix layer, and which of them are worth a look while some of its operands are on chip.</summary>
internal sealed class LayerWays
{
    private readonly record struct Bits(long Inputs, long Second, long Outputs, long Beside, long InputReads, long SecondReads, long Sums);

    private readonly StageMemory _stage;
    private readonly long _written;
    private readonly Bits[] _bits;
    private readonly Dictionary<int, TilingWay[]> _curves = [];

    public LayerWays(MatrixWork work, StageMemory stage, PerOperand<Packing> packing)
    {
        _stage = stage;
        Tilings = Distinct(work);
        _written = packing.Activations.StoredBits(work.OutputElements);
        _bits = new Bits[Tilings.Length];
        Fill(Tilings.AsSpan(), packing, work.SecondIsComputed ? packing.Activations : packing.Weights);
    }

    /// <summary>Plans are indices in this list.</summary>
    public ImmutableArray<LayerTiling> Tilings { get; }

    // Of orders of the same tiles those that move no less than an earlier one are left out.
    private static ImmutableArray<LayerTiling> Distinct(MatrixWork work)
    {
        var kept = new List<LayerTiling>();
        int same = 0;
        foreach (LayerTiling tiling in LayerTiling.All(work))
        {
            if (same < kept.Count && kept[same] is var first && (first.Samples, first.Rows, first.Filters, first.Channels)
                != (tiling.Samples, tiling.Rows, tiling.Filters, tiling.Channels)) same = kept.Count;
            bool beaten = false;
            for (int i = same; i < kept.Count && !beaten; i++)
                beaten = kept[i].InputReads <= tiling.InputReads && kept[i].WeightReads <= tiling.WeightReads
                    && kept[i].SumTransfers <= tiling.SumTransfers;
            if (!beaten) kept.Add(tiling);
        }
        return [.. kept];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Fill(ReadOnlySpan<LayerTiling> tilings, PerOperand<Packing> packing, Packing second)
    {
        long Twice(Operand operand) => _stage.DoubleBuffered[operand] ? 2 : 1;
        (long a, long w, long o) = (Twice(Operand.Activations), Twice(Operand.Weights), Twice(Operand.Outputs));
        for (int i = 0; i < tilings.Length; i++)
        {
            ref readonly LayerTiling t = ref tilings[i];
            _bits[i] = new(packing.Activations.StoredBits(t.TileInputs) * a, second.StoredBits(t.TileWeights) * w,
                packing.Outputs.StoredBits(t.TileOutputs) * o, packing.Activations.StoredBits(t.TileOutputs) * a,
                packing.Activations.StoredBits(t.InputReads), second.StoredBits(t.WeightReads), packing.Outputs.StoredBits(t.SumTransfers));
        }
    }

    /// <summary>Least traffic by room, ascending: none beats another, and of equal ones the first is kept.</summary>
    /// <param name="onChip">Operands that are on chip: 1 the first, 2 the second, 4 the result.</param>
    /// <param name="beside">Other operands of pointwise layers behind it that come tile by tile.</param>
    public TilingWay[] Curve(int onChip, int beside)
    {
        int key = checked((beside << 3) | onChip);
        if (!_curves.TryGetValue(key, out TilingWay[]? curve))
        {
            curve = Front((onChip & 1) != 0, (onChip & 2) != 0, (onChip & 4) != 0, beside);
            Array.Sort(curve, (x, y) => (x.Room, x.Read + x.Write, x.Write, x.Tiling).CompareTo((y.Room, y.Read + y.Write, y.Write, y.Tiling)));
            _curves[key] = curve;
        }
        return curve;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private TilingWay[] Front(bool inputs, bool second, bool outputs, int beside)
    {
        var front = new TilingWay[64];
        int count = 0;
        long written = outputs ? 0 : _written;
        for (int i = 0; i < _bits.Length; i++)
        {
            ref readonly Bits t = ref _bits[i];
            if (_stage.Room((inputs ? 0 : t.Inputs) + (beside * t.Beside), second ? 0 : t.Second, t.Outputs) is not { } room
                || room > _stage.RoomBits) continue;
            // Sums of a result that stays go to and fro as partial sums all the same.
            long read = (inputs ? 0 : t.InputReads) + (second ? 0 : t.SecondReads) + t.Sums, write = written + t.Sums;
            int at = 0;
            while (at < count && !(front[at].Room <= room && front[at].Read <= read && front[at].Write <= write)) at++;
            if (at < count)
            {
                // What beats one often beats the next.
                if (at > 0) (front[at - 1], front[at]) = (front[at], front[at - 1]);
                continue;
            }
            int left = 0;
            for (int k = 0; k < count; k++)
                if (!(room <= front[k].Room && read <= front[k].Read && write <= front[k].Write)) front[left++] = front[k];
            if (left == front.Length) Array.Resize(ref front, 2 * left);
            front[left] = new(room, read, write, i);
            count = left + 1;
        }
        return front[..count];
    }
}
