using Sim.Datapath.Arithmetic;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// The definition of a <see cref="MultiComponentAccumulator"/>. A finished chunk joins by its components, the largest first, a growth each.
/// What a sum starts from is split into components, each the rounded rest. Behind an Inf the lower components become NaN, and so does the
/// result.
/// </summary>
internal sealed class ReferenceMultiComponentRegister(MultiComponentAccumulator spec) : ReferenceRegister
{
    private static readonly Exact One = Exact.Finite(false, 0, 1);

    private readonly Exact[] _parts = new Exact[spec.Components];
    private bool _isNaN;

    public override bool IsNaN => _isNaN;

    public override long Finish()
    {
        var sum = new ReferenceExactRegister(new ExactAccumulator(spec.Output, spec.Rounding, spec.Overflow));
        sum.Clear();
        foreach (Exact part in _parts) sum.MultiplyAdd(part, One);
        long code = sum.Finish();
        _isNaN = sum.IsNaN;
        Overflowed |= sum.Overflowed;
        LostNaN |= sum.LostNaN;
        return code;
    }

    public override void Load(ulong code)
    {
        Exact rest = spec.Output.Decode(checked((uint)code));
        for (int i = 0; i < _parts.Length; i++)
        {
            _parts[i] = Round(rest);
            RoundingFlags flags = RoundingFlags.None;
            rest = _parts[i].Class is NumberClass.Infinity or NumberClass.NaN ? Exact.Zero()
                : ExactArithmetic.Subtract(rest, _parts[i], spec.Rounding, ref flags);
        }
    }

    public override void MultiplyAdd(in Exact a, in Exact b)
    {
        RoundingFlags flags = RoundingFlags.None;
        Exact product = ExactArithmetic.Multiply(a, b, ref flags), rounded = Round(product);
        Grow(rounded);
        if (spec.SplitProduct) Grow(Add(product, rounded.Negated));
    }

    protected override void AddValue(ReferenceRegister other)
    {
        foreach (Exact part in ((ReferenceMultiComponentRegister)other)._parts) Grow(part);
    }

    private void Grow(in Exact addend)
    {
        Exact first = Sum(_parts[0], addend, out Exact error);
        if (_parts.Length == 2)
        {
            _parts[0] = Fast(first, Add(_parts[1], error), out _parts[1]);
            return;
        }
        Exact second = Sum(_parts[1], error, out error);
        Exact low = Fast(second, Add(_parts[2], error), out Exact lowest);
        _parts[0] = Fast(first, low, out Exact middle);
        _parts[1] = Fast(middle, lowest, out _parts[2]);
    }

    private Exact Sum(in Exact a, in Exact b, out Exact error) =>
        spec.Sum == ErrorFreeSum.Fast2Sum ? Fast(a, b, out error) : Two(a, b, out error);

    private Exact Fast(in Exact a, in Exact b, out Exact error)
    {
        Exact sum = Add(a, b);
        error = Subtract(b, Subtract(sum, a));
        return sum;
    }

    private Exact Two(in Exact a, in Exact b, out Exact error)
    {
        Exact sum = Add(a, b), second = Subtract(sum, a), first = Subtract(sum, second);
        error = Add(Subtract(a, first), Subtract(b, second));
        return sum;
    }

    private Exact Subtract(in Exact x, in Exact y) => Add(x, y.Negated);

    private Exact Add(in Exact x, in Exact y)
    {
        RoundingFlags flags = RoundingFlags.None;
        return Round(ExactArithmetic.Add(x, y, spec.Rounding, ref flags));
    }

    private Exact Round(in Exact value)
    {
        uint code = spec.Format.Encode(value, new Rounding(spec.Rounding, spec.Overflow), out RoundingFlags raised);
        Overflowed |= (raised & RoundingFlags.Overflow) != 0;
        LostNaN |= value.Class == NumberClass.NaN && (raised & RoundingFlags.Invalid) != 0;
        return spec.Format.Decode(code);
    }
}
