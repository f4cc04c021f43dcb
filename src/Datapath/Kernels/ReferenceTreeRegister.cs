using Sim.Datapath.Arithmetic;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>The definition of an <see cref="AdderTreeDotUnit"/>.</summary>
internal sealed class ReferenceTreeRegister(AdderTreeDotUnit unit, FloatAccumulator register) : ReferenceRegister
{
    private Exact _value;
    private uint _code;

    public override bool IsNaN => _value.Class == NumberClass.NaN;

    public override long Finish() => _code;

    public override void Load(ulong code)
    {
        _code = checked((uint)code);
        _value = register.Format.Decode(_code);
    }

    public override void MultiplyAdd(in Exact a, in Exact b) => MultiplyAdd([a], [b]);

    public override void MultiplyAdd(ReadOnlySpan<Exact> a, ReadOnlySpan<Exact> b)
    {
        RoundingFlags flags = RoundingFlags.None;
        for (int start = 0; start < a.Length; start += unit.Lanes)
        {
            var terms = new List<Exact>();
            for (int i = start; i < Math.Min(start + unit.Lanes, a.Length); i++)
                terms.Add(unit.Format.Decode(Round(unit.Format, ExactArithmetic.Multiply(a[i], b[i], ref flags), unit.Rounding)));
            while (terms.Count > 1) terms = unit.IsChain ? [Add(terms[0], terms[1]), .. terms[2..]]
                : [.. terms.Chunk(2).Select(pair => pair.Length == 2 ? Add(pair[0], pair[1]) : pair[0])];
            Step(terms[0]);
        }
    }

    protected override void AddValue(ReferenceRegister other) => Step(((ReferenceTreeRegister)other)._value);

    private void Step(in Exact addend)
    {
        RoundingFlags flags = RoundingFlags.None;
        Load(Round(register.Format, ExactArithmetic.Add(_value, addend, register.Rounding, ref flags), register.Rounding));
    }

    private Exact Add(Exact x, Exact y)
    {
        RoundingFlags flags = RoundingFlags.None;
        return unit.Format.Decode(Round(unit.Format, ExactArithmetic.Add(x, y, unit.Rounding, ref flags), unit.Rounding));
    }

    private uint Round(INumberFormat format, in Exact exact, RoundingMode mode)
    {
        uint code = format.Encode(exact, new Rounding(mode, register.Overflow), out RoundingFlags flags);
        Overflowed |= (flags & RoundingFlags.Overflow) != 0;
        LostNaN |= exact.Class == NumberClass.NaN && (flags & RoundingFlags.Invalid) != 0;
        return code;
    }
}
