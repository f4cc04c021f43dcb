using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Simulator.Nests;

/// <summary>The multiply-adders at the inner end of a nest: at each step they read their operands from the innermost stores and deliver to
/// the sums.</summary>
internal sealed class ProductArray : ISumSource, IProducts
{
    private readonly PlaceTable _places;
    private readonly AxisLists[] _lists;
    private readonly InputStore[] _stores;
    private readonly ReadGroups[] _reads;
    private readonly SumStore _sums;
    private readonly SumSection _section;
    private readonly Deliveries _adders;
    private readonly SumRegisters _registers;
    private readonly NestOperands _operands;
    private readonly int _scratch;
    private readonly int[] _leavesOf;
    private readonly bool[] _active;
    private readonly Product[] _products, _step;
    private readonly long _weightsOfOutput;
    private readonly LoopNest _nest;
    private readonly int _chunk;
    private NestSteps? _inner;
    private int _from, _team;

    /// <param name="nest">The nest.</param>
    /// <param name="chunk">Where a chunk begins.</param>
    /// <param name="lists">Tiles of one product, by operand.</param>
    /// <param name="stores">Innermost stores of activations and weights.</param>
    /// <param name="reads">Their groups.</param>
    /// <param name="sums">Innermost store of the outputs.</param>
    /// <param name="leavesOf">Multiply-adders below an instance of the innermost store, by operand.</param>
    /// <param name="section">Between that store and the multiply-adders.</param>
    /// <param name="adders">As <paramref name="section"/>.</param>
    /// <param name="registers">All registers.</param>
    /// <param name="scratch">The first that is free.</param>
    /// <param name="operands">Zero points.</param>
    public ProductArray(LoopNest nest, int chunk, AxisLists[] lists, InputStore[] stores, ReadGroups[] reads, SumStore sums,
        int[] leavesOf, SumSection section, Deliveries adders, SumRegisters registers, int scratch, NestOperands operands)
    {
        (_nest, _chunk) = (nest, chunk);
        (_lists, _stores, _reads, _sums, _leavesOf) = (lists, stores, reads, sums, leavesOf);
        (_section, _adders, _registers, _scratch, _operands) = (section, adders, registers, scratch, operands);
        _places = lists[0].Places;
        (_active, _products, _step) = (new bool[_places.Instances], new Product[_places.Instances], new Product[adders.Places]);
        LoopLayer layer = operands.Layer;
        _weightsOfOutput = layer.Size(LoopDim.C) * layer.Size(LoopDim.R) * layer.Size(LoopDim.S);
    }

    /// <inheritdoc/>
    public long Macs { get; private set; }

    /// <summary>Who hears of every step.</summary>
    public INestRegisters? Watch { get; init; }

    /// <inheritdoc/>
    public long Chunk(long[] index, Span<long> words, Span<int> done)
    {
        _inner ??= new NestSteps(_nest, _chunk, _nest.Nodes.Length, index);
        long steps = 0;
        do
        {
            Step(index, words, done);
            steps++;
        }
        while (_inner.Next() >= 0);
        return steps;
    }

    private void Step(ReadOnlySpan<long> index, Span<long> words, Span<int> done)
    {
        _places.Move(index);
        foreach (AxisLists lists in _lists) lists.Move();
        foreach (ReadGroups reads in _reads) reads.Next();
        for (int leaf = 0; leaf < _active.Length; leaf++)
        {
            _active[leaf] = _places.IsActive(leaf);
            if (!_active[leaf]) continue;
            uint a = Read(Operand.Activations, leaf, words, out _), w = Read(Operand.Weights, leaf, words, out long weight);
            int zero = _operands.WeightZeroPoints.Length == 0 ? 0 : _operands.WeightZeroPoints[(int)(weight / _weightsOfOutput)];
            _products[leaf] = new Product(a, w, _operands.ActivationZeroPoint, zero);
        }
        Watch?.Step(_active, _products);
        int instances = _active.Length / _leavesOf[2];
        for (int instance = 0; instance < instances; instance++)
        {
            _from = instance * _section.Instances;
            for (_team = 0; _team < _section.Teams; _team++)
            {
                int first = _from + _section.Instance(_team, 0);
                if (!_active[first]) continue;
                (int slot, long word) = Locate(_lists[2], first);
                int sums = _adders.Run(this, _sums.Register(instance, slot, word), _scratch);
                _sums.Updates += sums;
                if (Watch is { WantsSums: true }) Watch.Sum(first, _registers.Peek(_sums.Register(instance, slot, word)));
                if (instance == 0) words[2] += sums;
                for (int m = 0; m < _section.Members; m++)
                    if (_active[_from + _section.Instance(_team, m)]) done[(int)word]++;
            }
        }
        foreach (bool active in _active) Macs += active ? 1 : 0;
    }

    /// <inheritdoc/>
    public void Take(int register, int first, int end)
    {
        int count = 0;
        for (int rank = first; rank < end; rank++)
        {
            int leaf = _from + _section.Instance(_team, _adders.Ranked[rank]);
            if (_active[leaf]) _step[count++] = _products[leaf];
        }
        _registers.Step(register, _step.AsSpan(0, count));
    }

    /// <inheritdoc/>
    public bool Has(int first, int end)
    {
        for (int rank = first; rank < end; rank++)
            if (_active[_from + _section.Instance(_team, _adders.Ranked[rank])]) return true;
        return false;
    }

    private uint Read(Operand operand, int leaf, Span<long> words, out long word)
    {
        (int slot, word) = Locate(_lists[(int)operand], leaf);
        InputStore store = _stores[(int)operand];
        int instance = leaf / _leavesOf[(int)operand];
        if (_reads[(int)operand].IsRead(leaf, slot))
        {
            store.Reads++;
            if (instance == 0) words[(int)operand]++;
        }
        return store.Read(instance, slot, word);
    }

    private static (int Slot, long Word) Locate(AxisLists lists, int leaf)
    {
        (int slot, long word) = (0, 0);
        for (int a = 0; a < WordSpace.Axes; a++)
        {
            AxisEntry entry = lists.Of(a, leaf)[0];
            (slot, word) = (slot + entry.ParentSlot, word + entry.Word);
        }
        return (slot, word);
    }
}
