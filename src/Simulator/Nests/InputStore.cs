using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;

namespace Sim.Simulator.Nests;

/// <summary>
/// All instances of one store of activations or weights with what they hold, word by word. What the next tile has and the present one lacks
/// is copied from the store above, which must hold it; an instance that idles keeps its tile.
/// </summary>
internal sealed class InputStore
{
    private readonly InputStore? _parent;
    private readonly AxisLists _lists;
    private readonly ReadGroups? _reads;
    private readonly MachineDram? _dram;
    private readonly int _slots, _between;
    private readonly uint[] _values;
    private readonly long[] _words;
    private readonly int[] _tiles, _present;

    /// <summary>The outermost store: every word, all the time.</summary>
    public InputStore(uint[] codes, AxisLists lists)
    {
        (_values, _slots, _between, _lists) = (codes, codes.Length, 1, lists);
        (_words, _tiles, _present) = ([], [], []);
    }

    /// <summary>A store below another.</summary>
    public InputStore(InputStore parent, int parentInstances, AxisLists lists, ReadGroups reads, MachineDram? dram)
    {
        _dram = parent._parent is null ? dram : null;
        (_parent, _lists, _reads, _slots) = (parent, lists, reads, lists.Slots);
        int instances = lists.Places.Instances;
        _between = instances / parentInstances;
        (_values, _words, _tiles) = (new uint[checked(instances * _slots)], new long[instances * _slots], new int[instances * _slots]);
        Array.Fill(_words, -1);
        _present = new int[instances];
    }

    /// <summary>Slots of an instance.</summary>
    public int Slots => _slots;

    /// <summary>Words filled.</summary>
    public long Fills { get; private set; }

    /// <summary>Words read for the stores or the products below.</summary>
    public long Reads { get; set; }

    /// <summary>The code of a word that an instance must hold.</summary>
    public uint Read(int instance, int slot, long word)
    {
        int at = instance * _slots + slot;
        if (_parent is not null && (_words[at] != word || _tiles[at] != _present[instance]))
            throw new InvalidOperationException($"word {word} is not in instance {instance} of its store");
        return _values[at];
    }

    /// <summary>The tiles of the present step come.</summary>
    public Moved Move()
    {
        Moved moved = default;
        _lists.Move();
        _reads!.Next();
        for (int i = 0; i < _present.Length; i++)
        {
            if (!_lists.Places.IsActive(i)) continue;
            int tile = ++_present[i], parent = i / _between;
            (long fills, long reads) = (0, 0);
            foreach (AxisEntry a in _lists.Of(0, i))
                foreach (AxisEntry b in _lists.Of(1, i))
                    foreach (AxisEntry c in _lists.Of(2, i))
                        foreach (AxisEntry d in _lists.Of(3, i))
                            foreach (AxisEntry e in _lists.Of(4, i))
                            {
                                long word = a.Word + b.Word + c.Word + d.Word + e.Word;
                                int at = i * _slots + a.Slot + b.Slot + c.Slot + d.Slot + e.Slot;
                                bool held = _words[at] == word && _tiles[at] == tile - 1;
                                _tiles[at] = tile;
                                if (held) continue;
                                int above = a.ParentSlot + b.ParentSlot + c.ParentSlot + d.ParentSlot + e.ParentSlot;
                                _words[at] = word;
                                _values[at] = _parent!.Read(parent, above, word);
                                fills++;
                                _dram?.Add(word);
                                if (_reads.IsRead(i, above)) reads++;
                            }
            Fills += fills;
            _parent!.Reads += reads;
            if (parent == 0) moved.ParentIn += reads;
            if (i == 0) moved.ChildIn = fills;
        }
        if (_dram is not null) moved.RowsIn = _dram.Cycles(moved.ParentIn, false);
        return moved;
    }

    /// <summary>The row of counts of this store.</summary>
    public StoreCounts Counts(Operand operand, int level)
    {
        (long instances, long distinct) = _lists.Ever();
        return new(operand, level, Fills, Reads, 0, 0, 0, 0, instances, distinct, _lists.Peak);
    }
}
