using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels.Lanes;

/// <summary>
/// Steps of a <see cref="RealignedDotUnit"/> in double lanes, each lane an output. Operands come as pairs: the value, and the power of two
/// of its binade. Divisions are by powers of two, hence exact; sums are integers of at most 52 bits. Registers hold binary32 numbers.
/// </summary>
internal readonly struct RealignedTile(RealignedDotUnit unit, double leastPower)
{
    private readonly double _fraction = Math.ScaleB(1, unit.Fraction), _sum = Math.ScaleB(1, unit.SumFraction),
        _addend = Math.ScaleB(1, unit.AddendFraction),
        _perSum = Math.ScaleB(1, -unit.SumFraction), _perAddend = Math.ScaleB(1, -unit.AddendFraction),
        _reach = unit.AddendReach is { } reach ? Math.ScaleB(1, -reach) : 0, _least = leastPower;

    private readonly int _groups = unit.Groups;

    /// <summary>One step: <paramref name="a"/> is [product][value, power][rows], <paramref name="b"/> [product][value, power][width],
    /// <paramref name="acc"/> [rows][width].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Step(ReadOnlySpan<double> a, ReadOnlySpan<double> b, int rows, int width, Span<double> acc)
    {
        int count = a.Length / (2 * rows);
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < width; c += Vector512<double>.Count)
            {
                (Vector512<double> sum, Vector512<double> power) = Group(a[r..], b[c..], rows, width, 0, count);
                if (_groups == 2)
                {
                    (Vector512<double> odd, Vector512<double> oddPower) = Group(a[r..], b[c..], rows, width, 1, count);
                    var larger = Vector512.Max(power, oddPower);
                    sum = Vector512.Floor(sum * (power / larger)) + Vector512.Floor(odd * (oddPower / larger));
                    power = larger;
                }
                Span<double> at = acc.Slice(r * width + c, Vector512<double>.Count);
                Round(sum, power, Vector512.Create<double>(at)).CopyTo(at);
            }
    }

    // The truncated products of one group in units of the largest power less the fraction, and that power. A group without products has a
    // power below any other's.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private (Vector512<double> Sum, Vector512<double> Power) Group(ReadOnlySpan<double> a, ReadOnlySpan<double> b, int rows, int width,
        int first, int count)
    {
        var power = Vector512.Create(_least * _least);
        for (int i = first; i < count; i += _groups)
            power = Vector512.Max(power, Vector512.Create(a[(2 * i + 1) * rows]) * Vector512.Create(b[((2 * i + 1) * width)..]));
        Vector512<double> scale = Vector512.Create(_fraction) / power, sum = Vector512<double>.Zero;
        for (int i = first; i < count; i += _groups)
            sum += Vector512.Truncate(Vector512.Create(a[2 * i * rows]) * Vector512.Create(b[(2 * i * width)..]) * scale);
        return (sum, power);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<double> Round(Vector512<double> sum, Vector512<double> power, Vector512<double> acc)
    {
        Vector512<double> own = Vector512.Max((acc.AsInt64() & Vector512.Create(0x7ff0_0000_0000_0000)).AsDouble(),
            Vector512.Create(_least));
        var largest = Vector512.Max(power, own);
        Vector512<double> products = Vector512.Floor(sum * (power / largest) * Vector512.Create(_sum / _fraction));
        Vector512<double> addend = Vector512.Floor(acc / largest * Vector512.Create(_addend));
        addend = Vector512.ConditionalSelect(Vector512.LessThan(own, largest * Vector512.Create(_reach)), Vector512<double>.Zero, addend);
        Vector512<double> exact = (products * Vector512.Create(_perSum) + addend * Vector512.Create(_perAddend)) * largest;
        // To binary32 to nearest even, and back.
        Vector256<float> rounded = Vector256.Narrow(exact.GetLower(), exact.GetUpper());
        return Vector512.Create(Vector256.WidenLower(rounded), Vector256.WidenUpper(rounded));
    }
}
