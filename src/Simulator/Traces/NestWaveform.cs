using Sim.ArchModel.Hierarchies;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Mapper.Nests;
using Sim.Mapper.Timing;
using Sim.Simulator.Execution;
using Sim.Simulator.Nests;

namespace Sim.Simulator.Traces;

/// <summary>
/// The first tile of a layer on the machine for nests, until outputs leave for the outermost memory, as a value change dump: of each
/// multiply-adder whether it multiplies and its operands, and every sum with whether it takes something. One cycle is 1,000 ps.
/// </summary>
public sealed class NestWaveform : INestNetworkObserver, INestObserver, INestRegisters
{
    /// <summary>Cycles that a dump holds at most.</summary>
    public const int MostCycles = 2048;

    private const long TicksPerCycle = 1000;
    private const int Signals = 5;

    private sealed record Moment(bool[] Active, Product[] Products, List<(int Place, long Value)> Sums);

    private readonly HierarchicalArchitecture _architecture;
    private readonly DatapathSpec _datapath;
    private readonly string _layer;
    private readonly VcdText _text = new();
    private readonly List<Moment> _moments = [];
    private readonly AccumulatorDecoder? _decoder;
    private PlaceNames? _places;
    private (bool Active, Product? Product)[] _before = [];
    private bool[] _took = [], _hasSum = [];
    private long?[] _sums = [];
    private long _end = -1, _time;

    /// <summary>Of the layer with this name.</summary>
    public NestWaveform(HierarchicalArchitecture architecture, string layer)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        (_architecture, _datapath, _layer) = (architecture, architecture.Datapath, layer);
        if (WantsSums) _decoder = new AccumulatorDecoder(_datapath.Accumulator);
    }

    /// <summary>Cycles dumped.</summary>
    public long Cycles { get; private set; }

    /// <summary>Whether the first tile is longer than what a dump holds.</summary>
    public bool IsCut { get; private set; }

    /// <inheritdoc/>
    public bool WantsSums => _datapath.Accumulator is IntegerAccumulator or FixedAccumulator or FloatAccumulator;

    /// <inheritdoc/>
    public INestRegisters? Registers => this;

    private bool IsOver { get; set; }

    private int? SumBits => _datapath.Accumulator is IntegerAccumulator { Bits: <= 64 } integer ? integer.Bits : null;

    /// <summary>The dump.</summary>
    public string Write()
    {
        if (_end >= 0) Show(Cycles * TicksPerCycle, null);
        return _text.ToString();
    }

    /// <inheritdoc/>
    public INestObserver? Watch(string layer, LoopNest nest, long begin)
    {
        ArgumentNullException.ThrowIfNull(nest);
        if (layer != _layer || _places is not null) return null;
        _places = new PlaceNames(nest, _architecture.Hierarchy);
        (_before, _sums) = (new (bool, Product?)[_places.Count], new long?[_places.Count]);
        (_took, _hasSum) = (new bool[_places.Count], new bool[_places.Count]);
        return this;
    }

    /// <inheritdoc/>
    public void Done(NestMachineLayer layer)
    {
    }

    /// <inheritdoc/>
    public void Begin(IReadOnlyList<TimingResource> resources)
    {
    }

    /// <inheritdoc/>
    public void Use(int resource, long begin, long end, Operand? operand)
    {
    }

    /// <inheritdoc/>
    public void Wait(int resource, long begin, long end)
    {
    }

    /// <inheritdoc/>
    public void OutputsLeave() => IsOver |= _end >= 0;

    /// <inheritdoc/>
    public void Step(ReadOnlySpan<bool> active, ReadOnlySpan<Product> products)
    {
        if (!IsOver && _moments.Count <= MostCycles * Math.Max(1, (int)Math.Ceiling(1 / _architecture.Compute.Cycles.Value)))
            _moments.Add(new(active.ToArray(), products.ToArray(), []));
        else IsCut |= !IsOver;
    }

    /// <inheritdoc/>
    public void Sum(int place, long value)
    {
        if (!IsOver && !IsCut) _moments[^1].Sums.Add((place, value));
    }

    /// <inheritdoc/>
    public void Products(ReadOnlySpan<long> index, long begin, long end)
    {
        if (IsOver || _moments.Count == 0) return;
        if (_end < 0) Head();
        // Between products nobody multiplies.
        if (_end >= 0 && _end < begin) Show(_end * TicksPerCycle, null);
        Rational rate = _architecture.Compute.Cycles;
        for (int i = 0; i < _moments.Count; i++)
        {
            long time = checked((begin * TicksPerCycle) + (i * TicksPerCycle * rate.Numerator / rate.Denominator));
            if (time >= MostCycles * TicksPerCycle) { IsCut = true; break; }
            Show(time, _moments[i]);
        }
        _moments.Clear();
        (_end, Cycles) = (end, Math.Min(end, MostCycles));
        IsOver |= IsCut;
    }

    private void Head()
    {
        foreach ((int place, _) in _moments.SelectMany(m => m.Sums)) _hasSum[place] = true;
        _text.Begin(_layer, "first tile, 1000 ps a cycle", "1 ps");
        for (int place = 0; place < _before.Length; place++)
        {
            _text.Scope(_places!.Name(place));
            _text.Declare("valid", 0, Signals * place);
            _text.Declare("activation", VcdText.BitsOf(_datapath.Activation), (Signals * place) + 1);
            _text.Declare("weight", VcdText.BitsOf(_datapath.Weight), (Signals * place) + 2);
            if (_hasSum[place])
            {
                _text.Declare("takes", 0, (Signals * place) + 3);
                _text.Declare("sum", SumBits, (Signals * place) + 4);
            }
            _text.Up();
        }
        _text.End();
        _text.Time(0);
        for (int place = 0; place < _before.Length; place++)
        {
            _text.Bit(false, Signals * place);
            if (_hasSum[place]) _text.Bit(false, (Signals * place) + 3);
        }
    }

    private void Show(long time, Moment? moment)
    {
        if (time > _time) _text.Time(time);
        _time = time;
        for (int place = 0; place < _before.Length; place++)
        {
            bool active = moment is not null && moment.Active[place];
            (bool was, Product? before) = _before[place];
            if (active != was) _text.Bit(active, Signals * place);
            _before[place].Active = active;
            if (!active) continue;
            Product now = moment!.Products[place];
            if (before is null || (before.Value.Activation, before.Value.ActivationZero) != (now.Activation, now.ActivationZero))
                Value(_datapath.Activation, now.Activation, now.ActivationZero, (Signals * place) + 1);
            if (before is null || (before.Value.Weight, before.Value.WeightZero) != (now.Weight, now.WeightZero))
                Value(_datapath.Weight, now.Weight, now.WeightZero, (Signals * place) + 2);
            _before[place].Product = now;
        }
        var took = new bool[_took.Length];
        foreach ((int place, long value) in moment?.Sums ?? [])
        {
            if (!_hasSum[place]) throw new InvalidOperationException($"place {place} has a sum that it had not before");
            took[place] = true;
            if (_sums[place] == value) continue;
            _sums[place] = value;
            if (SumBits is { } bits) _text.Vector(value, bits, (Signals * place) + 4);
            else _text.Real(_decoder!.Decode(value), (Signals * place) + 4);
        }
        for (int place = 0; place < took.Length; place++)
            if (took[place] != _took[place]) _text.Bit(took[place], (Signals * place) + 3);
        _took = took;
    }

    private void Value(INumberFormat format, uint code, int zero, int signal)
    {
        if (VcdText.BitsOf(format) is { } bits) _text.Vector(((FixedFormat)format).ToInteger(code) - zero, bits, signal);
        else _text.Real(format.Decode(code).ToDouble(), signal);
    }
}
