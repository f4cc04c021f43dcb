using Sim.Datapath.Arithmetic;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>A float register that takes what a dot unit makes of the products of a step.</summary>
internal abstract class ReferenceOuterRegister(DatapathSpec spec) : ReferenceRegister
{
    private uint _code;

    /// <summary>The datapath's formats.</summary>
    protected DatapathSpec Spec { get; } = spec;

    /// <summary>The register's format and rounding.</summary>
    protected FloatAccumulator Register { get; } = (FloatAccumulator)spec.Accumulator;

    /// <summary>What the register holds.</summary>
    protected Exact Value { get; private set; }

    public override bool IsNaN => Value.Class == NumberClass.NaN;

    public override long Finish() => _code;

    public override void Load(ulong code)
    {
        _code = checked((uint)code);
        Value = Register.Format.Decode(_code);
    }

    public override void MultiplyAdd(in Exact a, in Exact b) => Step([a], [b]);

    public override void MultiplyAdd(ReadOnlySpan<Exact> a, ReadOnlySpan<Exact> b)
    {
        for (int start = 0, lanes = Spec.Dot!.Lanes; start < a.Length; start += lanes)
            Step(a.Slice(start, Math.Min(lanes, a.Length - start)), b.Slice(start, Math.Min(lanes, a.Length - start)));
    }

    protected override void AddValue(ReferenceRegister other) => Accumulate(((ReferenceOuterRegister)other).Value);

    /// <summary>One step of at most as many products as the unit has lanes.</summary>
    protected abstract void Step(ReadOnlySpan<Exact> a, ReadOnlySpan<Exact> b);

    /// <summary>register ← R(register + addend).</summary>
    protected void Accumulate(in Exact addend)
    {
        RoundingFlags invalid = RoundingFlags.None;
        Store(ExactArithmetic.Add(Value, addend, Register.Rounding, ref invalid));
    }

    /// <summary>register ← R(exact).</summary>
    protected void Store(in Exact exact) => Load(Round(Register.Format, exact, Register.Rounding));

    /// <summary>The code of a number rounded into a format, its events noted.</summary>
    protected uint Round(INumberFormat format, in Exact exact, RoundingMode mode)
    {
        uint code = format.Encode(exact, new Rounding(mode, Register.Overflow), out RoundingFlags flags);
        Overflowed |= (flags & RoundingFlags.Overflow) != 0;
        LostNaN |= exact.Class == NumberClass.NaN && (flags & RoundingFlags.Invalid) != 0;
        return code;
    }
}

/// <summary>The definition of an <see cref="AlignedSumDotUnit"/>.</summary>
internal sealed class ReferenceAlignedSumRegister(DatapathSpec spec, AlignedSumDotUnit unit) : ReferenceOuterRegister(spec)
{
    private readonly AlignedTerms _terms = new();

    protected override void Step(ReadOnlySpan<Exact> a, ReadOnlySpan<Exact> b)
    {
        _terms.Clear();
        for (int i = 0; i < a.Length; i++)
            _terms.Add(AlignedTerms.Product(a[i], b[i]), AlignedTerms.Binade(Spec.Activation, a[i])
                + AlignedTerms.Binade(Spec.Weight, b[i]));
        Accumulate(unit.Sum.Decode(Round(unit.Sum, _terms.Sum(unit.Fraction, unit.Alignment, unit.LeastExponent), unit.SumRounding)));
    }
}
