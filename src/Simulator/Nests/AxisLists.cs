using Sim.Workloads.Nests;

namespace Sim.Simulator.Nests;

/// <summary>Where one index of an axis lies: its share of the word's number, of the slot in a store, and of the slot in the store
/// above.</summary>
internal readonly record struct AxisEntry(int Index, long Word, int Slot, int ParentSlot);

/// <summary>
/// What the tiles at one node hold along each axis of an operand: for each choice of the spatial indices of that axis the indices, each
/// once. Slots repeat modulo the extent of a full tile, so that windows may slide without moving what they keep.
/// </summary>
internal sealed class AxisLists
{
    private readonly LoopLayer _layer;
    private readonly WordSpace _space;
    private readonly PlaceTable _places;
    private readonly AxisEntry[][] _entries = new AxisEntry[WordSpace.Axes][];
    private readonly int[][] _lengths = new int[WordSpace.Axes][], _own = new int[WordSpace.Axes][];
    private readonly bool[][] _ever = new bool[WordSpace.Axes][];
    private readonly int[] _room = new int[WordSpace.Axes];
    private readonly long[] _extents, _slots, _parentExtents, _parentSlots;
    private readonly bool[] _seen;

    /// <param name="layer">The layer.</param>
    /// <param name="space">The operand's words.</param>
    /// <param name="places">The instances.</param>
    /// <param name="extents">Of a full tile here.</param>
    /// <param name="parentExtents">Of a full tile in the store above.</param>
    public AxisLists(LoopLayer layer, WordSpace space, PlaceTable places, long[] extents, long[] parentExtents)
    {
        (_layer, _space, _places, _extents, _parentExtents) = (layer, space, places, extents, parentExtents);
        (_slots, _parentSlots) = (WordSpace.StridesOf(extents), WordSpace.StridesOf(parentExtents));
        _seen = new bool[space.Sizes.Max()];
        for (int a = 0; a < WordSpace.Axes; a++)
        {
            int taps = space.Taps[a] is { } t ? places.Sizes(t).Length : 1, count = places.Sizes(space.Dims[a]).Length * taps;
            _room[a] = (int)Math.Min(extents[a], space.Sizes[a]);
            _entries[a] = new AxisEntry[checked(count * _room[a])];
            _lengths[a] = new int[count];
            _ever[a] = new bool[checked(count * (int)space.Sizes[a])];
            _own[a] = new int[places.Instances];
            for (int i = 0; i < places.Instances; i++)
                _own[a][i] = places.Own(space.Dims[a], i) * taps + (space.Taps[a] is { } tap ? places.Own(tap, i) : 0);
        }
    }

    /// <summary>The instances.</summary>
    public PlaceTable Places => _places;

    /// <summary>Slots of a full tile.</summary>
    public int Slots => checked((int)WordSpace.Count(_extents));

    /// <summary>Most words of a tile so far.</summary>
    public long Peak { get; private set; }

    /// <summary>What an instance's tile holds along an axis.</summary>
    public ReadOnlySpan<AxisEntry> Of(int axis, int instance)
    {
        int own = _own[axis][instance];
        return _entries[axis].AsSpan(own * _room[axis], _lengths[axis][own]);
    }

    /// <summary>Words of an instance's tile.</summary>
    public long Words(int instance)
    {
        long words = 1;
        for (int a = 0; a < WordSpace.Axes; a++) words *= _lengths[a][_own[a][instance]];
        return words;
    }

    /// <summary>Instances that have held something, and pairs of an instance and a word it has held.</summary>
    public (long Instances, long Distinct) Ever()
    {
        (long instances, long distinct) = (1, 1);
        for (int a = 0; a < WordSpace.Axes; a++) distinct = checked(distinct * _ever[a].Count(e => e));
        for (LoopDim d = LoopDim.N; d <= LoopDim.S; d++)
        {
            instances = checked(instances * _places.Ever(d));
            if (!_space.Has(d)) distinct = checked(distinct * _places.Ever(d));
        }
        return (instances, distinct);
    }

    /// <summary>Takes over the present step of the places.</summary>
    public void Move()
    {
        long peak = 1;
        for (int a = 0; a < WordSpace.Axes; a++)
        {
            ReadOnlySpan<long> starts = _places.Starts(_space.Dims[a]), sizes = _places.Sizes(_space.Dims[a]);
            if (_space.Taps[a] is { } taps)
            {
                for (int p = 0; p < starts.Length; p++)
                    for (int r = 0; r < _places.Starts(taps).Length; r++)
                        Window(a, p * _places.Starts(taps).Length + r, taps, starts[p], sizes[p], _places.Starts(taps)[r],
                            _places.Sizes(taps)[r]);
            }
            else
            {
                for (int i = 0; i < starts.Length; i++)
                {
                    _lengths[a][i] = 0;
                    for (long x = starts[i]; x < starts[i] + sizes[i]; x++) Add(a, i, x);
                }
            }
            peak *= _lengths[a].Max();
        }
        Peak = Math.Max(Peak, peak);
    }

    private void Window(int axis, int list, LoopDim taps, long p, long outputs, long r, long filters)
    {
        _lengths[axis][list] = 0;
        if (outputs <= 0 || filters <= 0) return;
        (int stride, int dilation) = (_layer.Stride(_space.Dims[axis]), _layer.Dilation(taps));
        for (long i = p; i < p + outputs; i++)
        {
            for (long j = r; j < r + filters; j++)
            {
                long row = i * stride + j * dilation;
                if (_seen[row]) continue;
                _seen[row] = true;
                Add(axis, list, row);
            }
        }
        for (int i = 0; i < _lengths[axis][list]; i++) _seen[_entries[axis][list * _room[axis] + i].Index] = false;
    }

    private void Add(int axis, int list, long index)
    {
        _entries[axis][list * _room[axis] + _lengths[axis][list]++] = new AxisEntry((int)index, index * _space.Strides[axis],
            (int)(index % _extents[axis] * _slots[axis]), (int)(index % _parentExtents[axis] * _parentSlots[axis]));
        _ever[axis][list * _space.Sizes[axis] + index] = true;
    }
}
