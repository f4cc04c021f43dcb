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
    private readonly MatrixWork _work;
    private readonly long _written;
    private readonly Bits[] _bits;
    private readonly Dictionary<int, TilingWay[]> _curves = [];

    public LayerWays(MatrixWork work, StageMemory stage, PerOperand<Packing> packing)
    {
        (_stage, _work) = (stage, work);
        _written = packing.Activations.StoredBits(work.OutputElements);
        Packing second = work.SecondIsComputed ? packing.Activations : packing.Weights;
        var bits = new Bits[1024];
        int count = 0;
        foreach (LayerTiling tiling in Distinct(work))
        {
            if (count == bits.Length) Array.Resize(ref bits, 2 * count);
            bits[count++] = BitsOf(tiling, packing, second);
        }
        _bits = bits[..count];
    }

    /// <summary>The tiling of a plan.</summary>
    public LayerTiling Tiling(int plan) => Distinct(_work).ElementAt(plan);

    // Of orders of the same tiles those that move no less than an earlier one are left out.
    private static IEnumerable<LayerTiling> Distinct(MatrixWork work)
    {
        var same = new LayerTiling[24];
        int count = 0;
        foreach (LayerTiling tiling in LayerTiling.All(work))
        {
            if (count > 0 && !SameTiles(same[0], tiling)) count = 0;
            if (IsBeaten(same.AsSpan(0, count), tiling)) continue;
            same[count++] = tiling;
            yield return tiling;
        }
    }

    private static bool SameTiles(in LayerTiling a, in LayerTiling b) =>
        a.Channels == b.Channels && a.Filters == b.Filters && a.Samples == b.Samples && a.Rows == b.Rows;

    private static bool IsBeaten(ReadOnlySpan<LayerTiling> earlier, in LayerTiling tiling)
    {
        foreach (ref readonly LayerTiling e in earlier)
            if (e.InputReads <= tiling.InputReads && e.WeightReads <= tiling.WeightReads && e.SumTransfers <= tiling.SumTransfers)
                return true;
        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Bits BitsOf(in LayerTiling t, PerOperand<Packing> packing, Packing second)
    {
        long Twice(Operand operand) => _stage.DoubleBuffered[operand] ? 2 : 1;
        return new(packing.Activations.StoredBits(t.TileInputs) * Twice(Operand.Activations),
            second.StoredBits(t.TileWeights) * Twice(Operand.Weights), packing.Outputs.StoredBits(t.TileOutputs) * Twice(Operand.Outputs),
            packing.Activations.StoredBits(t.TileOutputs) * Twice(Operand.Activations), packing.Activations.StoredBits(t.InputReads),
            second.StoredBits(t.WeightReads), packing.Outputs.StoredBits(t.SumTransfers));
    }

    /// <summary>Least traffic by room, ascending: none beats another, and of equal ones the first is kept.</summary>
    /// <param name="onChip">Operands that are on chip: 1 the first, 2 the second, 4 the result.</param>
    /// <param name="beside">Other operands of pointwise layers behind it that come tile by tile.</param>
    public TilingWay[] Curve(int onChip, int beside)
    {
        int key = checked((beside << 3) | onChip);
        lock (_curves)
        {
            if (_curves.TryGetValue(key, out TilingWay[]? known)) return known;
            TilingWay[] curve = Front((onChip & 1) != 0, (onChip & 2) != 0, (onChip & 4) != 0, beside);
            Array.Sort(curve, Before);
            return _curves[key] = curve;
        }
    }

    private static int Before(TilingWay x, TilingWay y)
    {
        if (x.Room != y.Room) return x.Room.CompareTo(y.Room);
        (long a, long b) = (x.Read + x.Write, y.Read + y.Write);
        if (a != b) return a.CompareTo(b);
        return x.Write != y.Write ? x.Write.CompareTo(y.Write) : x.Tiling.CompareTo(y.Tiling);
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
