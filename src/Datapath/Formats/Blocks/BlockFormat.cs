using Sim.Datapath.Arithmetic;

namespace Sim.Datapath.Formats;

/// <summary>
/// Numbers in blocks that share a scale: value = element · block scale · tensor scale. Elements saturate. A block of zeros has the smallest
/// scale and keeps the signs of its zeros; a block that holds Inf or NaN has the scale NaN and zero codes, so that every element of it
/// decodes to NaN.
/// </summary>
/// <param name="Name">Canonical name in the documented grammar.</param>
/// <param name="Element">Format of the elements, at most 16 bits.</param>
/// <param name="Scale">Format of a block's scale: a bare exponent (powers of two), or a float format with NaN.</param>
/// <param name="Size">Elements of a block, the last of a row may have fewer; 0: the whole tensor is one block.</param>
/// <param name="Rule">How the scale follows from the largest magnitude.</param>
/// <param name="TwoLevel">Whether a binary32 scale of the whole tensor stands above the block scales.</param>
/// <param name="Symmetric">Whether the most negative two's complement element is left out.</param>
/// <param name="Arithmetic">Order of operations for scales that are no powers of two.</param>
/// <param name="Base">Integer format that numbers are first rounded into (units of the tensor scale), before the block scale is found;
/// null: none.</param>
public sealed record BlockFormat(string Name, INumberFormat Element, INumberFormat Scale, int Size, ScaleRule Rule, bool TwoLevel = false,
    bool Symmetric = false,
    ScaleArithmetic Arithmetic = ScaleArithmetic.Exact, FixedFormat? Base = null)
{
    private static readonly INumberFormat Binary32 = FormatCatalogue.Parse("fp32");

    /// <summary>Whether block scales are powers of two.</summary>
    public bool HasPowerScale => Scale is ExponentFormat;

    /// <summary>Bits that one element takes in memory, its share of the block's scale included; a whole-tensor scale counts
    /// nothing.</summary>
    public double BitsAnElement => Element.Bits + (Size == 0 ? 0 : (double)Scale.ContainerBits / Size);

    /// <summary>The same as a fraction: the bits of a whole block and its elements (one element where a whole tensor shares the
    /// scale).</summary>
    public (int Bits, int Elements) Storage => Size == 0 ? (Element.Bits, 1) : (Element.Bits * Size + Scale.ContainerBits, Size);

    /// <summary>Blocks of a row of <paramref name="length"/> elements, the tail block included.</summary>
    public int Blocks(int length) => Size == 0 ? Math.Min(1, length) : (length + Size - 1) / Size;

    /// <summary>The tensor's scale for a tensor whose largest magnitude is <paramref name="amax"/>: 1 without a second level, or for a
    /// tensor of zeros.</summary>
    public float TensorScale(float amax)
    {
        if (!TwoLevel || amax == 0) return 1;
        if (!float.IsFinite(amax)) return float.NaN;
        if (Arithmetic == ScaleArithmetic.Binary32) return 1 / Binary32Order.Encode(this, amax);
        var scale = (float)Round(Divide(Exact.FromDouble(amax), TensorPeak));
        return scale == 0 ? float.Epsilon : scale;
    }

    /// <summary>The code of a block's scale and the codes of its elements.</summary>
    /// <param name="values">Elements of one block, at most <see cref="Size"/> unless that is 0.</param>
    /// <param name="tensorAmax">Largest magnitude of the whole tensor; used with two levels only.</param>
    /// <param name="rounding">How elements are rounded; they saturate whatever its overflow policy is.</param>
    /// <param name="codes">As long as <paramref name="values"/>.</param>
    /// <param name="events">Counts are added.</param>
    public uint Encode(ReadOnlySpan<float> values, float tensorAmax, Rounding rounding, Span<uint> codes, ref BlockEvents events) =>
        EncodeEach(values, tensorAmax, new ElementRounding(rounding), codes, ref events);

    /// <summary>The same with random bits for each element.</summary>
    public uint EncodeEach(ReadOnlySpan<float> values, float tensorAmax, ElementRounding rounding, Span<uint> codes, ref BlockEvents events)
    {
        if (codes.Length != values.Length) throw new ArgumentException($"{values.Length} values and {codes.Length} codes", nameof(codes));
        if (Size != 0 && values.Length > Size) throw new ArgumentException($"{values.Length} values in a block of {Size}", nameof(values));
        events.Blocks++;
        float amax = 0;
        bool finite = !TwoLevel || float.IsFinite(tensorAmax);
        foreach (float value in values)
        {
            finite &= float.IsFinite(value);
            amax = MathF.Max(amax, MathF.Abs(value));
        }
        if (!finite)
        {
            events.NaNBlocks++;
            codes.Clear();
            return Scale.Encode(Exact.NaN with { Negative = false }, default, out _);
        }
        uint scale = ScaleOf(amax, tensorAmax);
        EncodeUnder(scale, values, tensorAmax, rounding, codes, ref events);
        return scale;
    }

    /// <summary>The code that the format's rule gives the scale of a block whose largest magnitude is <paramref name="amax"/>, which is
    /// finite.</summary>
    internal uint ScaleOf(float amax, float tensorAmax)
    {
        if (Arithmetic == ScaleArithmetic.Binary32)
            return Binary32Order.Scale(this, amax, Binary32Order.ScaleFactor(this, Binary32Order.Encode(this, tensorAmax)));
        Exact tensor = Exact.FromDouble(TensorScale(tensorAmax));
        return Base is null ? ScaleChoice.Choose(this, Exact.FromDouble(amax), tensor)
            : ScaleChoice.Choose(this, OnBase(amax, tensor), Exact.Finite(false, 0, 1));
    }

    /// <summary>The codes of finite numbers under the scale of code <paramref name="scale"/>.</summary>
    internal void EncodeUnder(uint scale, ReadOnlySpan<float> values, float tensorAmax, ElementRounding rounding, Span<uint> codes,
        ref BlockEvents events)
    {
        rounding = rounding.With(OverflowPolicy.SaturateInfinity);
        if (Arithmetic == ScaleArithmetic.Binary32)
        {
            Binary32Order.Encode(this, scale, values, tensorAmax, rounding, codes, ref events);
            return;
        }
        Exact tensor = Exact.FromDouble(TensorScale(tensorAmax)), unit = Base is null ? tensor : Exact.Finite(false, 0, 1);
        Exact divisor = Multiply(Scale.Decode(scale), unit);
        for (int i = 0; i < values.Length; i++)
        {
            Exact value = Base is null ? Exact.FromDouble(values[i]) : OnBase(values[i], tensor);
            // A scale that underflowed to zero makes every element zero.
            Exact scaled = divisor.Class == NumberClass.Zero ? Exact.Zero(value.Negative) : Divide(value, divisor);
            codes[i] = EncodeElement(scaled, rounding.At(i), ref events);
        }
    }

    /// <summary>The exact value of an element.</summary>
    public Exact Decode(uint scale, uint code, float tensorScale) =>
        Multiply(Multiply(Element.Decode(code), Scale.Decode(scale)), Exact.FromDouble(tensorScale));

    /// <summary>The values of a block: exact products, each rounded once to binary32 (nearest even; beyond its range Inf).</summary>
    public void Decode(uint scale, ReadOnlySpan<uint> codes, float tensorScale, Span<float> values)
    {
        for (int i = 0; i < codes.Length; i++) values[i] = (float)Round(Decode(scale, codes[i], tensorScale));
    }

    /// <summary>The tensor's largest magnitude that has the tensor scale 1.</summary>
    public Exact UnitAmax => TensorPeak;

    /// <summary>Largest magnitude that the rules put amax on.</summary>
    internal Exact Peak => Element.Maximum;

    /// <summary>What the tensor's largest magnitude is divided by: the largest base integer, or largest block scale times largest
    /// element.</summary>
    internal Exact TensorPeak => Base is { } integers ? integers.Maximum : Multiply(Scale.Maximum, Peak);

    /// <summary>One scaled value as a code.</summary>
    internal uint EncodeElement(in Exact scaled, Rounding rounding, ref BlockEvents events)
    {
        uint code = Element.Encode(scaled, rounding, out RoundingFlags flags);
        if (flags.HasFlag(RoundingFlags.Overflow)) events.SaturatedElements++;
        if (!Symmetric || Element is not FixedFormat { IsSigned: true } integer
            || integer.ToInteger(code) >= -integer.MaximumInteger) return code;
        if (!flags.HasFlag(RoundingFlags.Overflow)) events.SaturatedElements++;
        return integer.FromInteger(-integer.MaximumInteger);
    }

    /// <summary>a / b, where no flag is of interest.</summary>
    internal static Exact Divide(in Exact a, in Exact b)
    {
        RoundingFlags flags = RoundingFlags.None;
        return ExactArithmetic.Divide(a, b, ref flags);
    }

    /// <summary>a·b, where no flag is of interest.</summary>
    internal static Exact Multiply(in Exact a, in Exact b)
    {
        RoundingFlags flags = RoundingFlags.None;
        return ExactArithmetic.Multiply(a, b, ref flags);
    }

    private static double Round(in Exact value) => Binary32.Decode(Binary32.Encode(value, Rounding.NearestEven, out _)).ToDouble();

    private Exact OnBase(float value, in Exact tensor) =>
        Base!.Decode(Base.Encode(Divide(Exact.FromDouble(value), tensor), Rounding.NearestEven, out _));
}
