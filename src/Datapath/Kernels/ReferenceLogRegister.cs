using Sim.Datapath.Formats;
using Sim.Datapath.Formats.Logarithmic;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// The definition of a <see cref="LogAccumulator"/>. Operands arrive as the binary64 numbers nearest to theirs, each of which rounds back
/// to its one code in the register's format, whose numbers include the operands'. A finished chunk joins by one addition.
/// </summary>
internal sealed class ReferenceLogRegister(LogAccumulator spec) : ReferenceRegister
{
    private uint _code;

    public override bool IsNaN => _code == spec.Format.NaNCode;

    public override long Finish() => _code;

    public override void Load(ulong code) => _code = checked((uint)code);

    // The code 0 is the logarithm of 1; zero has a code of its own.
    protected override void Start() => _code = spec.Format.ZeroCode;

    public override void MultiplyAdd(in Exact a, in Exact b) =>
        Take(spec.Format.MultiplyAdd(Code(a), Code(b), _code, new Rounding(spec.Rounding), out RoundingFlags flags), flags);

    protected override void AddValue(ReferenceRegister other) =>
        Take(spec.Format.Add(_code, ((ReferenceLogRegister)other)._code, new Rounding(spec.Rounding), out RoundingFlags flags), flags);

    private void Take(uint code, RoundingFlags flags)
    {
        Overflowed |= (flags & RoundingFlags.Overflow) != 0;
        _code = code;
    }

    private uint Code(in Exact value) => spec.Format.Encode(value, new Rounding(RoundingMode.NearestEven), out _);
}
