using Sim.Datapath.Arithmetic;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>The definition of a <see cref="CompensatedAccumulator"/>. A finished chunk joins with its sum and, before that, with its
/// compensation.</summary>
internal sealed class ReferenceCompensatedRegister(CompensatedAccumulator spec) : ReferenceRegister
{
    private Exact _sum, _lost;

    public override bool IsNaN => _sum.Class == NumberClass.NaN;

    public override long Finish() => spec.Format.Encode(_sum, Rounding.NearestEven, out _);

    public override void Load(ulong code)
    {
        _sum = spec.Format.Decode(checked((uint)code));
        _lost = Exact.Zero();
    }

    public override void MultiplyAdd(in Exact a, in Exact b)
    {
        RoundingFlags flags = RoundingFlags.None;
        Step(ExactArithmetic.Multiply(a, b, ref flags));
    }

    protected override void AddValue(ReferenceRegister other)
    {
        var chunk = (ReferenceCompensatedRegister)other;
        Step(chunk._lost.Negated);
        Step(chunk._sum);
    }

    private void Step(in Exact addend)
    {
        Exact y = Add(addend, _lost.Negated), t = Add(_sum, y);
        _lost = Add(Add(t, _sum.Negated), y.Negated);
        _sum = t;
    }

    private Exact Add(in Exact x, in Exact y)
    {
        RoundingFlags flags = RoundingFlags.None;
        uint code = spec.Format.Encode(ExactArithmetic.Add(x, y, spec.Rounding, ref flags), new Rounding(spec.Rounding, spec.Overflow),
            out RoundingFlags raised);
        Overflowed |= (raised & RoundingFlags.Overflow) != 0;
        return spec.Format.Decode(code);
    }
}
