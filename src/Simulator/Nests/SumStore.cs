using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;

namespace Sim.Simulator.Nests;

/// <summary>
/// All instances of one store of outputs with their registers. A team holds the tile that its places work on together; when the tile goes,
/// each member's sum goes up through the adders; when it comes back, the first member goes on with the sum of the store above. A team that
/// idles keeps its tile unless the store above loses it.
/// </summary>
internal sealed class SumStore : ISumSource
{
    private readonly SumStore? _parent;
    private readonly AxisLists? _lists;
    private readonly SumSection? _section;
    private readonly Deliveries? _adders;
    private readonly MachineDram? _dram;
    private readonly List<long>[] _waitsList = [];
    private readonly SumRegisters _registers;
    private readonly int _first, _slots, _members, _scratch;
    private readonly long _size;
    private readonly int[] _teamOf = [], _memberOf = [];
    private readonly bool[] _has = [], _leaves = [], _later = [], _in = [], _waits = [], _waitsIn = [];
    private readonly long[] _tile = [], _words = [], _waitsTile = [], _waitsWords = [];
    private readonly int[] _parentSlots = [];
    private readonly HashSet<long> _seen = [];
    private int _sending, _slot;

    /// <summary>The outermost store: a register for each output.</summary>
    public SumStore(SumRegisters registers, int first, long words)
    {
        (_registers, _first, _slots, _members, _size) = (registers, first, checked((int)words), 1, words);
        (_teamOf, _memberOf) = ([0], [0]);
    }

    /// <summary>A store below another, with registers from a number on.</summary>
    public SumStore(SumStore parent, AxisLists lists, SumSection section, Deliveries adders, SumRegisters registers, int first, int scratch,
        long size, MachineDram? dram)
    {
        _dram = parent._parent is null ? dram : null;
        (_parent, _lists, _section, _adders, _registers, _first, _scratch, _size) = (parent, lists, section, adders, registers, first,
            scratch, size);
        (_slots, _members) = (lists.Slots, section.Members);
        int instances = lists.Places.Instances, teams = instances / _members;
        (_teamOf, _memberOf) = (new int[instances], new int[instances]);
        for (int p = 0; p < instances / section.Instances; p++)
            for (int t = 0; t < section.Teams; t++)
                for (int m = 0; m < _members; m++)
                {
                    int instance = p * section.Instances + section.Instance(t, m);
                    (_teamOf[instance], _memberOf[instance]) = (p * section.Teams + t, m);
                }
        (_has, _leaves, _later, _tile) = (new bool[teams], new bool[teams], new bool[teams], new long[teams]);
        (_in, _words, _parentSlots) = (new bool[teams * _members], new long[teams * _slots], new int[teams * _slots]);
        (_waits, _waitsIn) = (new bool[section.Teams], new bool[section.Teams * _members]);
        (_waitsTile, _waitsWords) = (new long[section.Teams], new long[section.Teams]);
        _waitsList = [.. Enumerable.Range(0, section.Teams).Select(_ => new List<long>())];
        Array.Fill(_words, -1);
    }

    /// <summary>Registers that the instances of a store take.</summary>
    public static int Registers(AxisLists lists) => checked(lists.Places.Instances * lists.Slots);

    /// <summary>Sums that arrived from below.</summary>
    public long Updates { get; set; }

    /// <summary>The counts, reads by the store below given.</summary>
    public StoreCounts Counts(int level, long reads)
    {
        (long instances, long distinct) = _lists?.Ever() ?? (1, _size);
        return new(Operand.Outputs, level, 0, reads, Updates, Writes, ReadBacks, ReadBackMembers, instances, distinct,
            _lists?.Peak ?? _size);
    }

    public long Writes { get; private set; }

    public long ReadBacks { get; private set; }

    public long ReadBackMembers { get; private set; }

    /// <summary>The register of a word that an instance must hold.</summary>
    public int Register(int instance, int slot, long word)
    {
        int team = _teamOf[instance];
        if (_lists is not null && _words[team * _slots + slot] != word)
            throw new InvalidOperationException($"sum {word} is not in instance {instance} of its store");
        return _first + (team * _members + _memberOf[instance]) * _slots + slot;
    }

    /// <summary>The tiles of the present step are known: which teams lose theirs, and what instance 0 of the parent exchanges.</summary>
    /// <param name="end">Whether all is over.</param>
    /// <param name="isDone">Whether a word has all its products.</param>
    public Moved Plan(bool end, Func<long, bool> isDone)
    {
        if (!end) _lists!.Move();
        for (int team = 0; team < _has.Length; team++)
        {
            int first = Instance(team, 0);
            bool active = !end && _lists!.Places.IsActive(first);
            _leaves[team] = _has[team] && (end || (active && Tile(first) != _tile[team]) || _parent!.Loses(first / _section!.Instances));
        }
        Moved moved = default;
        List<long> coming = [], leaving = [];
        for (int team = 0; team < _section!.Teams; team++) Exchange(team, end, coming, leaving, ref moved);
        if (moved.ChildOut > 0)
        {
            moved.Final = true;
            for (int slot = 0; slot < _slots; slot++)
                if (_words[slot] >= 0) moved.Final &= isDone(_words[slot]);
        }
        if (_dram is null) return moved;
        foreach (long word in coming) _dram.Add(word);
        moved.RowsIn = _dram.Cycles(moved.ParentIn, false);
        foreach (long word in leaving) _dram.Add(word);
        moved.RowsOut = _dram.Cycles(moved.ParentOut, moved.Final);
        return moved;
    }

    /// <summary>Sends what leaves.</summary>
    public void Send()
    {
        for (int team = 0; team < _has.Length; team++)
        {
            if (!_leaves[team]) continue;
            int parent = Instance(team, 0) / _section!.Instances, members = 0;
            for (int m = 0; m < _members; m++) members += _in[team * _members + m] ? 1 : 0;
            for (int slot = 0; slot < _slots; slot++)
            {
                ref long word = ref _words[team * _slots + slot];
                if (word < 0) continue;
                (_sending, _slot) = (team, slot);
                int sums = _adders!.Run(this, _parent!.Register(parent, _parentSlots[team * _slots + slot], word), _scratch);
                _parent.Updates += sums;
                Writes += members;
                if (_later[team])
                {
                    ReadBacks++;
                    ReadBackMembers += members;
                }
                word = -1;
            }
            _has[team] = _leaves[team] = false;
            Array.Clear(_in, team * _members, _members);
        }
    }

    /// <summary>Begins the new tiles.</summary>
    public void Begin()
    {
        for (int team = 0; team < _has.Length; team++)
        {
            int first = Instance(team, 0);
            if (!_lists!.Places.IsActive(first)) continue;
            if (!_has[team]) Begin(team, first);
            for (int m = 0; m < _members; m++)
                if (_lists.Places.IsActive(Instance(team, m))) _in[team * _members + m] = true;
        }
    }

    /// <inheritdoc/>
    public void Take(int register, int first, int end) =>
        _registers.Take(register, _first + (_sending * _members + _adders!.Ranked[first]) * _slots + _slot);

    /// <inheritdoc/>
    public bool Has(int first, int end)
    {
        for (int rank = first; rank < end; rank++)
            if (_in[_sending * _members + _adders!.Ranked[rank]]) return true;
        return false;
    }

    private bool Loses(int instance) => _lists is not null && _leaves[_teamOf[instance]];

    private int Instance(int team, int member) =>
        team / _section!.Teams * _section.Instances + _section.Instance(team % _section.Teams, member);

    // The first word of a tile, which no other tile has.
    private long Tile(int instance)
    {
        long word = 0;
        for (int a = 0; a < WordSpace.Axes; a++) word += _lists!.Of(a, instance)[0].Word;
        return word;
    }

    private void Begin(int team, int first)
    {
        (_has[team], _tile[team]) = (true, Tile(first));
        _later[team] = !_seen.Add(team * _size + _tile[team]);
        foreach (AxisEntry a in _lists!.Of(0, first))
            foreach (AxisEntry b in _lists.Of(1, first))
                foreach (AxisEntry c in _lists.Of(2, first))
                    foreach (AxisEntry d in _lists.Of(3, first))
                        foreach (AxisEntry e in _lists.Of(4, first))
                        {
                            long word = a.Word + b.Word + c.Word + d.Word + e.Word;
                            int slot = a.Slot + b.Slot + c.Slot + d.Slot + e.Slot, at = team * _slots + slot;
                            _words[at] = word;
                            _parentSlots[at] = a.ParentSlot + b.ParentSlot + c.ParentSlot + d.ParentSlot + e.ParentSlot;
                            if (_later[team])
                                _registers.Take(Register(first, slot, word),
                                    _parent!.Register(first / _section!.Instances, _parentSlots[at], word));
                        }
    }

    private void ListWords(List<long> into, int instance)
    {
        into.Clear();
        foreach (AxisEntry a in _lists!.Of(0, instance))
            foreach (AxisEntry b in _lists.Of(1, instance))
                foreach (AxisEntry c in _lists.Of(2, instance))
                    foreach (AxisEntry d in _lists.Of(3, instance))
                        foreach (AxisEntry e in _lists.Of(4, instance)) into.Add(a.Word + b.Word + c.Word + d.Word + e.Word);
    }

    // What the ports see: in step with instance 0, teams that idle send theirs when they work again.
    private void Exchange(int team, bool end, List<long> coming, List<long> leaving, ref Moved moved)
    {
        int first = Instance(team, 0);
        bool active = !end && _lists!.Places.IsActive(first);
        if (!end && !active) return;
        long tile = end ? -1 : Tile(first);
        if (_waits[team] && tile != _waitsTile[team])
        {
            moved.ParentOut += _waitsWords[team] * Enumerable.Range(0, _members).Where(m => _waitsIn[team * _members + m])
                .Select(m => _section!.Group[m]).Distinct().Count();
            if (team == 0) moved.ChildOut = _waitsWords[team];
            leaving.AddRange(_waitsList[team]);
            moved.Distinct += _waitsWords[team];
            _waits[team] = false;
            Array.Clear(_waitsIn, team * _members, _members);
        }
        if (end) return;
        if (!_waits[team])
        {
            (_waits[team], _waitsTile[team], _waitsWords[team]) = (true, tile, _lists!.Words(first));
            moved.ParentIn += _waitsWords[team];
            if (_dram is not null) ListWords(_waitsList[team], first);
            coming.AddRange(_waitsList[team]);
            if (team == 0) (moved.ChildIn, moved.Back) = (_waitsWords[team], _seen.Contains(tile));
        }
        for (int m = 0; m < _members; m++)
            if (_lists!.Places.IsActive(Instance(team, m))) _waitsIn[team * _members + m] = true;
    }
}
