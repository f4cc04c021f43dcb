using Sim.Datapath.Arithmetic;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>The definition of a <see cref="PromotedAccumulator"/>: any register of a float format within, a float register around
/// it.</summary>
internal sealed class ReferencePromotedRegister(DatapathSpec spec, PromotedAccumulator promoted) : ReferenceRegister
{
    private readonly ReferenceRegister _inner = For(spec with { Accumulator = promoted.Inner });
    // Operands in blocks come with the codes of their scales.
    private readonly int _every = spec.Dot?.RowCodes(promoted.Every) ?? promoted.Every;
    private Exact _outer;
    private uint _code;
    private int _count;

    public override bool IsNaN => _outer.Class == NumberClass.NaN;

    public override long Finish()
    {
        if (_count > 0) Promote();
        return _code;
    }

    public override void Load(ulong code)
    {
        _code = checked((uint)code);
        _outer = promoted.Outer.Format.Decode(_code);
        _inner.Clear();
        _count = 0;
    }

    public override void MultiplyAdd(in Exact a, in Exact b) => MultiplyAdd([a], [b]);

    public override void MultiplyAdd(ReadOnlySpan<Exact> a, ReadOnlySpan<Exact> b)
    {
        for (int start = 0; start < a.Length;)
        {
            int length = Math.Min(_every - _count, a.Length - start);
            _inner.MultiplyAdd(a.Slice(start, length), b.Slice(start, length));
            start += length;
            _count += length;
            if (_count == _every) Promote();
        }
    }

    /// <summary>Both sides promote what they hold, then the wider registers are added.</summary>
    protected override void AddValue(ReferenceRegister other)
    {
        Finish();
        other.Finish();
        Overflowed |= other.Overflowed;
        LostNaN |= other.LostNaN;
        Step(((ReferencePromotedRegister)other)._outer);
    }

    private void Promote()
    {
        Step(promoted.Inner.Format.Decode((uint)_inner.Finish()));
        Overflowed |= _inner.Overflowed;
        LostNaN |= _inner.LostNaN;
        _inner.Clear();
        _count = 0;
    }

    private void Step(in Exact addend)
    {
        RoundingFlags flags = RoundingFlags.None;
        Exact sum = ExactArithmetic.Add(_outer, addend, promoted.Outer.Rounding, ref flags);
        _code = promoted.Outer.Format.Encode(sum, new Rounding(promoted.Outer.Rounding, promoted.Outer.Overflow), out flags);
        Overflowed |= (flags & RoundingFlags.Overflow) != 0;
        LostNaN |= sum.Class == NumberClass.NaN && (flags & RoundingFlags.Invalid) != 0;
        _outer = promoted.Outer.Format.Decode(_code);
    }
}
