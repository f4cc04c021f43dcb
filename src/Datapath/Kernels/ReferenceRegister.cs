using System.Numerics;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>An accumulating register stepped one product at a time, by the book. The definition that every kernel must equal.</summary>
internal abstract class ReferenceRegister
{
    /// <summary>A step since <see cref="Clear"/> raised Overflow: see <see cref="ReferenceKernel"/>.</summary>
    public bool Overflowed { get; protected set; }

    /// <summary>A NaN met a register that has no code for it: see <see cref="ReferenceKernel"/>.</summary>
    public bool LostNaN { get; protected set; }

    /// <summary>Whether the register holds NaN.</summary>
    public virtual bool IsNaN => false;

    /// <summary>Ends the sum (an exact register rounds now): the signed value of a two's complement register, else the code of the
    /// result.</summary>
    public abstract long Finish();

    /// <summary>The register of a datapath, with the unit that feeds it.</summary>
    public static ReferenceRegister For(DatapathSpec spec) => spec.Dot switch
    {
        _ when spec.Accumulator is PromotedAccumulator promoted => new ReferencePromotedRegister(spec, promoted),
        null when spec.Accumulator is NormalizingAccumulator n => new ReferenceNormalizingRegister(spec, n),
        null => For(spec.Accumulator),
        AlignedDotUnit unit => new ReferenceAlignedRegister(spec, unit),
        AlignedSumDotUnit unit => new ReferenceAlignedSumRegister(spec, unit),
        RealignedDotUnit unit => new ReferenceRealignedRegister(spec, unit),
        BlockDotUnit unit => new ReferenceBlockRegister(spec, unit),
        AdderTreeDotUnit tree => new ReferenceTreeRegister(tree, (FloatAccumulator)spec.Accumulator),
        _ => throw new NotSupportedException($"dot unit {spec.Dot.GetType().Name}"),
    };

    private static ReferenceRegister For(AccumulatorSpec spec) => spec switch
    {
        IntegerAccumulator i => new ReferenceFixedRegister(i.Bits, 0, i.Overflow, RoundingMode.ToZero),
        FixedAccumulator f => new ReferenceFixedRegister(f.Bits, f.Fraction, f.Overflow, f.Rounding),
        FloatAccumulator f => new ReferenceFloatRegister(f),
        ExactAccumulator e => new ReferenceExactRegister(e),
        CompensatedAccumulator c => new ReferenceCompensatedRegister(c),
        LogAccumulator l => new ReferenceLogRegister(l),
        MultiComponentAccumulator m => new ReferenceMultiComponentRegister(m),
        _ => throw new NotSupportedException($"accumulator {spec.GetType().Name}"),
    };

    /// <summary>Sets the register to +0 and forgets what happened.</summary>
    public void Clear()
    {
        Overflowed = LostNaN = false;
        Start();
    }

    /// <summary>Sets the register to +0.</summary>
    protected virtual void Start() => Load(0);

    /// <summary>Sets the register: two's complement bits, or a code of the accumulator's (an exact register's output) format.</summary>
    public abstract void Load(ulong code);

    /// <summary>One step: acc ← acc + a·b.</summary>
    public abstract void MultiplyAdd(in Exact a, in Exact b);

    /// <summary>All products of a chain in order: one step each, or as many a step as the dot unit has lanes.</summary>
    public virtual void MultiplyAdd(ReadOnlySpan<Exact> a, ReadOnlySpan<Exact> b)
    {
        for (int i = 0; i < a.Length; i++) MultiplyAdd(a[i], b[i]);
    }

    /// <summary>One step: acc ← acc + the value of another register of the same specification, whose events it takes over.</summary>
    public void Add(ReferenceRegister other)
    {
        Overflowed |= other.Overflowed;
        LostNaN |= other.LostNaN;
        AddValue(other);
    }

    /// <summary>Adds the value of another register of the same kind with one rounding.</summary>
    protected abstract void AddValue(ReferenceRegister other);
}

/// <summary>Two's complement of <paramref name="bits"/> bits, <paramref name="fraction"/> of them below the point.</summary>
internal sealed class ReferenceFixedRegister(int bits, int fraction, RegisterOverflow overflow, RoundingMode rounding) : ReferenceRegister
{
    private readonly BigInteger _maximum = (BigInteger.One << bits - 1) - 1, _minimum = -(BigInteger.One << bits - 1);
    private BigInteger _value;

    public override long Finish() => (long)_value;

    public override void Load(ulong code) => _value = Wrap(code);

    public override void MultiplyAdd(in Exact a, in Exact b)
    {
        RoundingFlags flags = RoundingFlags.None;
        Exact product = Arithmetic.ExactArithmetic.Multiply(a, b, ref flags);
        if (product.Class == NumberClass.NaN) LostNaN = true;
        if (product.Class == NumberClass.Infinity) Overflowed = true;
        Step(product.Class switch
        {
            NumberClass.Infinity => product.Negative ? _minimum : _maximum,
            NumberClass.Finite => OnGrid(product),
            _ => BigInteger.Zero,
        });
    }

    protected override void AddValue(ReferenceRegister other) => Step(((ReferenceFixedRegister)other)._value);

    private BigInteger OnGrid(in Exact product)
    {
        int drop = -fraction - product.Exponent;
        BigInteger magnitude = drop > 0
            ? Rounder.Shorten(product.Significand, drop, product.Negative, new Rounding(rounding), out _)
            : (BigInteger)product.Significand << -drop;
        return product.Negative ? -magnitude : magnitude;
    }

    private void Step(BigInteger addend)
    {
        BigInteger sum = _value + addend;
        bool outside = sum > _maximum || sum < _minimum;
        Overflowed |= outside;
        _value = !outside ? sum : overflow == RegisterOverflow.Wrap ? Wrap(sum) : sum.Sign < 0 ? _minimum : _maximum;
    }

    private BigInteger Wrap(BigInteger value)
    {
        BigInteger low = value & (BigInteger.One << bits) - 1;
        return low > _maximum ? low - (BigInteger.One << bits) : low;
    }
}
