using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;

namespace Sim.Simulator.Nests;

/// <summary>
/// A file of accumulating registers by number. A register is empty until it takes something; an empty one that is given another's sum
/// becomes it, and the other is empty.
/// </summary>
internal abstract class SumRegisters(int count)
{
    private readonly bool[] _used = new bool[count];

    /// <summary>The registers of a datapath.</summary>
    public static SumRegisters For(DatapathSpec spec, int count) =>
        spec is { Accumulator: IntegerAccumulator, Dot: null, InexactMultiplier: null }
            ? new IntegerRegisters(spec, count) : new ScalarRegisters(spec, count);

    /// <summary>Whether a register has taken nothing.</summary>
    public bool IsEmpty(int register) => !_used[register];

    /// <summary>What a register holds, as <see cref="Finish"/> writes it. Only of registers that a read leaves as they are.</summary>
    public long Peek(int register)
    {
        if (!_used[register]) return 0;
        GemmEvents none = default;
        return Finish(register, ref none);
    }

    /// <summary>One step of products, at most as many as the unit has lanes.</summary>
    public void Step(int register, ReadOnlySpan<Product> products)
    {
        if (!_used[register]) Clear(register);
        _used[register] = true;
        Multiply(register, products);
    }

    /// <summary>Gives a register the sum of another, which is empty then.</summary>
    public void Take(int register, int other)
    {
        if (!_used[other]) return;
        if (_used[register]) Add(register, other);
        else Swap(register, other);
        (_used[register], _used[other]) = (true, false);
    }

    /// <summary>The result as <see cref="IGemmKernel.Run"/> writes it.</summary>
    public abstract long Finish(int register, ref GemmEvents events);

    protected abstract void Clear(int register);

    protected abstract void Multiply(int register, ReadOnlySpan<Product> products);

    protected abstract void Add(int register, int other);

    protected abstract void Swap(int register, int other);
}

/// <summary>The codes of a product, with their zero points.</summary>
public readonly record struct Product(uint Activation, uint Weight, int ActivationZero, int WeightZero);

/// <summary>Registers of any kind, by the definition.</summary>
internal sealed class ScalarRegisters : SumRegisters
{
    private readonly ScalarAccumulator[] _registers;

    public ScalarRegisters(DatapathSpec spec, int count) : base(count)
    {
        _registers = new ScalarAccumulator[count];
        for (int i = 0; i < count; i++) _registers[i] = new ScalarAccumulator(spec);
    }

    public override long Finish(int register, ref GemmEvents events) => _registers[register].Finish(ref events);

    protected override void Clear(int register) => _registers[register].Clear();

    protected override void Multiply(int register, ReadOnlySpan<Product> products)
    {
        foreach (Product p in products) _registers[register].MultiplyAdd(p.Activation, p.ActivationZero, p.Weight, p.WeightZero, 0, 0);
        _registers[register].Step();
    }

    protected override void Add(int register, int other) => _registers[register].Add(_registers[other]);

    protected override void Swap(int register, int other) =>
        (_registers[register], _registers[other]) = (_registers[other], _registers[register]);
}

/// <summary>Registers that nothing is ever put into: only what moves is counted.</summary>
internal sealed class IdleRegisters(int count) : SumRegisters(count)
{
    public override long Finish(int register, ref GemmEvents events) => throw new InvalidOperationException("no values are here");

    protected override void Clear(int register) => throw new InvalidOperationException("no values are here");

    protected override void Multiply(int register, ReadOnlySpan<Product> products) =>
        throw new InvalidOperationException("no values are here");

    protected override void Add(int register, int other) => throw new InvalidOperationException("no values are here");

    protected override void Swap(int register, int other) => throw new InvalidOperationException("no values are here");
}

/// <summary>Two's complement registers of integers.</summary>
internal sealed class IntegerRegisters(DatapathSpec spec, int count) : SumRegisters(count)
{
    private readonly long[] _values = new long[count];
    private readonly bool[] _overflowed = new bool[count];
    private readonly FixedFormat _activation = (FixedFormat)spec.Activation, _weight = (FixedFormat)spec.Weight;
    private readonly Int128 _most = ((Int128)1 << ((IntegerAccumulator)spec.Accumulator).Bits - 1) - 1;
    private readonly bool _wraps = ((IntegerAccumulator)spec.Accumulator).Overflow == RegisterOverflow.Wrap;

    public override long Finish(int register, ref GemmEvents events)
    {
        events.Outputs++;
        if (_overflowed[register]) events.OverflowedOutputs++;
        return _values[register];
    }

    protected override void Clear(int register) => (_values[register], _overflowed[register]) = (0, false);

    protected override void Multiply(int register, ReadOnlySpan<Product> products)
    {
        foreach (Product p in products)
            Sum(register, (Int128)((long)_activation.ToInteger(p.Activation) - p.ActivationZero)
                * ((long)_weight.ToInteger(p.Weight) - p.WeightZero));
    }

    protected override void Add(int register, int other)
    {
        Sum(register, _values[other]);
        _overflowed[register] |= _overflowed[other];
    }

    protected override void Swap(int register, int other)
    {
        (_values[register], _values[other]) = (_values[other], _values[register]);
        (_overflowed[register], _overflowed[other]) = (_overflowed[other], _overflowed[register]);
    }

    private void Sum(int register, Int128 addend)
    {
        Int128 sum = _values[register] + addend, least = -_most - 1;
        if (sum >= least && sum <= _most)
        {
            _values[register] = (long)sum;
            return;
        }
        _overflowed[register] = true;
        Int128 range = _most - least + 1, above = (sum - least) % range;
        _values[register] = (long)(!_wraps ? sum > 0 ? _most : least : (above < 0 ? above + range : above) + least);
    }
}
