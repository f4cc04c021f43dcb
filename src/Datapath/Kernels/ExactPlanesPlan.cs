using System.Numerics;
using System.Runtime.Intrinsics;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Table products of 8-bit codes whose sums are exact, so that each byte of the products can be summed for itself, in any order
/// (<see cref="PlaneTile.Bytes"/>):
/// exact registers, integer registers that no sum leaves, and fp32 registers whose sums never need more than 24 bits.
/// </summary>
internal sealed class ExactPlanesPlan(DatapathSpec spec, int k) : TilePlan<byte>
{
    /// <summary>Most products of a sum: bytes of this many stay within 31 bits.</summary>
    public const int MostProducts = 1 << 22;

    private const int Outputs = PlaneTile.Rows * PlaneTile.Width, DoubleBits = 53, LongBits = 62, BlockSteps = 128;

    private static readonly int[] Columns = [.. Enumerable.Range(0, PlaneTile.Width).Select(PlaneTile.ByteColumn)];

    private readonly ExactProducts _products = ExactProducts.Of(spec)!;
    private readonly ExactOutput? _output = spec.Accumulator is ExactAccumulator exact ? new(exact) : null;
    private readonly double _unit = Math.ScaleB(1, ExactProducts.Of(spec)!.Unit);

    // Bits of every sum's magnitude.
    private readonly int _bits = Length((BigInteger)ExactProducts.Of(spec)!.Largest * k);

    public override int Rows => PlaneTile.Rows;

    public override int Width => PlaneTile.Width;

    /// <summary>null when every sum of <paramref name="k"/> products is exact in the register; else why not.</summary>
    public static string? Refuses(DatapathSpec spec, int k)
    {
        if (ExactProducts.Of(spec) is not { } products) return "products span too many bits";
        if (k > MostProducts) return $"sums of more than {MostProducts} products";
        BigInteger largest = (BigInteger)products.Largest * k;
        switch (spec.Accumulator)
        {
            case ExactAccumulator exact:
                if (exact.Rounding == RoundingMode.Stochastic) return "stochastic rounding is not vectorised";
                return Length(largest) > 120 || products.Unit < -900 || products.Unit + Length(largest) > 900
                    ? "sums leave the range of binary64" : null;
            case IntegerAccumulator integer:
                if (products.HasSpecials || products.Unit < 0) return "products are no integers";
                if (!IsLong(products.Planes, k)) return "products span too many bits";
                return largest << products.Unit <= long.MaxValue >> 64 - Math.Min(integer.Bits, LongBits) ? null
                    : $"{k} products may leave the register";
            case FloatAccumulator:
                return !products.HasSpecials && largest <= 1 << 24 && products.Unit is >= -149 and <= 100 ? null : "sums are rounded";
            default:
                return "needs a float, integer or exact accumulator";
        }
    }

    public override int Steps(int k) => k;

    public override void DecodeActivations(ReadOnlySpan<uint> codes, int zeroPoint, Span<byte> values) =>
        CodeBytes.Narrow(codes, zeroPoint, values);

    public override void DecodeWeights(ReadOnlySpan<uint> codes, int zeroPoint, Span<byte> values) =>
        CodeBytes.Narrow(codes, zeroPoint, values);

    public override PanelBounds Bounds(Span<byte> panel, int width, bool weights) =>
        new(0, 0, 0, 0, weights == (width == Width) ? PanelTraits.None : PanelTraits.Turned, CodeSet.Of(panel));

    public override bool Sum(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, in PanelBounds activations, in PanelBounds weights, int rows,
        int columns, Span<long> results,
        ref GemmEvents events)
    {
        bool turned = (activations.Traits & PanelTraits.Turned) != 0, signed = _products.IsSigned(turned);
        int[] sums = Scratch<int>.Rent(_products.Planes * Outputs), negative = new int[PlaneTile.Width];
        int count = _products.PlanesFor(activations.Codes!, weights.Codes!);
        var planes = new Planes(count, sums, negative, ExactProducts.Ones(count), ExactProducts.Bias(count) * k);
        sums.AsSpan(0, planes.Count * Outputs).Clear();
        if (signed) PlaneTile.CountNegative(b, negative);
        Chain(_products.Table(turned), planes.Count, signed, a, b, rows, sums);
        if (_output is not null)
        {
            Span<double> values = stackalloc double[Outputs];
            ToDoubles(planes, rows, values);
            byte[]? specials = _products.HasSpecials && _products.MaySpecial(activations.Codes!, weights.Codes!)
                ? Specials(a, b, rows, columns, turned, values) : null;
            _output.Encode(values, Width, rows, columns, results, ref events);
            if (specials is not null) Encode(specials, results, ref events);
        }
        else if (spec.Accumulator is IntegerAccumulator) ToIntegers(planes, rows, results);
        else
        {
            Span<double> values = stackalloc double[Outputs];
            ToDoubles(planes, rows, values);
            for (int i = 0; i < rows * Width; i++) results[i] = BitConverter.SingleToUInt32Bits((float)values[i]);
        }
        Scratch<int>.Return(sums);
        return true;
    }

    private static unsafe void Chain(ProductPlanes table, int planes, bool signed, ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, int rows,
        Span<int> sums)
    {
        int steps = a.Length / PlaneTile.Rows;
        fixed (byte* broadcast = a, lanes = b)
        fixed (int* sum = sums)
        {
            for (int s = 0; s < steps; s += BlockSteps)
            {
                byte* x = broadcast + s * PlaneTile.Rows, y = lanes + s * PlaneTile.Width;
                int here = Math.Min(BlockSteps, steps - s);
                for (int p = 0; p < planes; p++)
                {
                    byte* plane = table.Table + p * PlaneTile.Plane;
                    for (int r = 0; r < rows; r++)
                    {
                        int* line = sum + p * Outputs + r * PlaneTile.Width;
                        if (signed) PlaneTile.Bytes<SignedLookup>(x + r, y, here, plane, table.Stride, line);
                        else PlaneTile.Bytes<FullLookup>(x + r, y, here, plane, table.Stride, line);
                    }
                }
            }
        }
    }

    private void ToDoubles(in Planes planes, int rows, Span<double> values)
    {
        Span<double> line = stackalloc double[PlaneTile.Width];
        for (int r = 0; r < rows; r++)
        {
            for (int i = 0; i < Width; i += 16)
            {
                if (IsLong(planes.Count, k))
                {
                    (Vector512<long> low, Vector512<long> high) = Values(planes, r, i);
                    ToDouble(low).CopyTo(line[i..]);
                    ToDouble(high).CopyTo(line[(i + 8)..]);
                }
                else for (int lane = i; lane < i + 16; lane++) line[lane] = ToDouble(Value(planes, r, lane));
            }
            for (int lane = 0; lane < Width; lane++) values[r * Width + Columns[lane]] = line[lane];
        }
    }

    private void ToIntegers(in Planes planes, int rows, Span<long> values)
    {
        Span<long> line = stackalloc long[PlaneTile.Width];
        for (int r = 0; r < rows; r++)
        {
            for (int i = 0; i < Width; i += 16)
            {
                (Vector512<long> low, Vector512<long> high) = Values(planes, r, i);
                (low << _products.Unit).CopyTo(line[i..]);
                (high << _products.Unit).CopyTo(line[(i + 8)..]);
            }
            for (int lane = 0; lane < Width; lane++) values[r * Width + Columns[lane]] = line[lane];
        }
    }

    private (Vector512<long> Low, Vector512<long> High) Values(in Planes planes, int row, int lane)
    {
        Vector512<long> bias = Vector512.Create((long)planes.Bias), ones = Vector512.Create((long)planes.Ones);
        (Vector512<long> low, Vector512<long> high) = Vector512.Widen(Vector512.Create(planes.Negative.AsSpan(lane)));
        (low, high) = (low * ones - bias, high * ones - bias);
        for (int p = 0; p < planes.Count; p++)
        {
            (Vector512<long> first, Vector512<long> second) =
                Vector512.Widen(Vector512.Create(planes.Sums.AsSpan(p * Outputs + row * Width + lane)));
            low += first << 8 * p;
            high += second << 8 * p;
        }
        return (low, high);
    }

    private Int128 Value(in Planes planes, int row, int lane)
    {
        Int128 value = planes.Negative[lane] * planes.Ones - planes.Bias;
        for (int p = 0; p < planes.Count; p += 4)
        {
            long part = 0;
            for (int q = p; q < Math.Min(p + 4, planes.Count); q++) part += (long)planes.Sums[q * Outputs + row * Width + lane] << 8
                * (q - p);
            value += (Int128)part << 8 * p;
        }
        return value;
    }

    // Exact, or rounded to odd where binary64 is too short.
    private Vector512<double> ToDouble(Vector512<long> value)
    {
        if (_bits > DoubleBits)
        {
            long unit = 1L << _bits - DoubleBits;
            Vector512<long> below = value & Vector512.Create(unit - 1),
                odd = Vector512.ConditionalSelect(Vector512.Equals(below, Vector512<long>.Zero), below, Vector512.Create(unit));
            Vector512<long> small = Vector512.LessThan(Vector512.Abs(value), Vector512.Create(1L << DoubleBits));
            value = Vector512.ConditionalSelect(small, value, value - below | odd);
        }
        return Vector512.ConvertToDouble(value) * _unit;
    }

    private double ToDouble(Int128 value)
    {
        UInt128 magnitude = (UInt128)Int128.Abs(value);
        int drop = Math.Max(0, 128 - (int)UInt128.LeadingZeroCount(magnitude) - DoubleBits);
        ulong kept = (ulong)(magnitude >> drop) | ((UInt128)(ulong)(magnitude >> drop) << drop == magnitude ? 0UL : 1UL);
        return Math.ScaleB(value < 0 ? -(double)kept : kept, drop) * _unit;
    }

    // What products of every output are no numbers; the sums of those outputs mean nothing and become 0.
    private byte[] Specials(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, int rows, int columns, bool turned, Span<double> values)
    {
        var found = new byte[Outputs];
        for (int r = 0; r < rows; r++)
        {
            for (int i = r * Width; i < r * Width + columns; i++)
            {
                found[i] = _products.Specials(a, r, Rows, b, i - r * Width, Width, turned);
                if (found[i] != 0) values[i] = 0;
            }
        }
        return found;
    }

    private void Encode(byte[] specials, Span<long> results, ref GemmEvents events)
    {
        var accumulator = (ExactAccumulator)spec.Accumulator;
        var rounding = new Rounding(accumulator.Rounding, accumulator.Overflow);
        for (int i = 0; i < specials.Length; i++)
        {
            if (specials[i] == 0) continue;
            bool isInfinite = specials[i] is ExactProducts.IsPositiveInfinity or ExactProducts.IsNegativeInfinity;
            uint code = accumulator.Output.Encode(isInfinite ? Exact.Infinity(specials[i] == ExactProducts.IsNegativeInfinity) : Exact.NaN,
                rounding, out RoundingFlags flags);
            results[i] = code;
            if ((flags & RoundingFlags.Overflow) != 0) events.OverflowedOutputs++;
            if (!isInfinite || accumulator.Output.Decode(code).Class == NumberClass.NaN) events.NaNOutputs++;
        }
    }

    // Whether sums of so many biased bytes stay within 64 bits.
    private static bool IsLong(int planes, int k) => 8 * planes + Length(k) <= LongBits;

    private static int Length(BigInteger value) => (int)value.GetBitLength();

    /// <summary>Sums of bytes, plane by plane; how many codes of each lane are negative, what each of them lacks, and what all products
    /// have too much.</summary>
    private readonly record struct Planes(int Count, int[] Sums, int[] Negative, Int128 Ones, Int128 Bias);
}
