using System.Numerics;
using System.Runtime.InteropServices;

namespace Sim.Mapper.Search;

/// <summary>Element-wise arithmetic on blocks, with SIMD.</summary>
internal static class Blocks
{
    /// <summary>target += row × factor.</summary>
    public static void AddScaled(ReadOnlySpan<double> row, double factor, Span<double> target)
    {
        ReadOnlySpan<Vector<double>> from = MemoryMarshal.Cast<double, Vector<double>>(row);
        Span<Vector<double>> to = MemoryMarshal.Cast<double, Vector<double>>(target);
        var factors = new Vector<double>(factor);
        for (int v = 0; v < from.Length; v++) to[v] += from[v] * factors;
        for (int i = from.Length * Vector<double>.Count; i < row.Length; i++) target[i] += row[i] * factor;
    }

    /// <summary>target = max(target, row).</summary>
    public static void Max(ReadOnlySpan<double> row, Span<double> target)
    {
        ReadOnlySpan<Vector<double>> from = MemoryMarshal.Cast<double, Vector<double>>(row);
        Span<Vector<double>> to = MemoryMarshal.Cast<double, Vector<double>>(target);
        for (int v = 0; v < from.Length; v++) to[v] = Vector.Max(to[v], from[v]);
        for (int i = from.Length * Vector<double>.Count; i < row.Length; i++) target[i] = Math.Max(target[i], row[i]);
    }

    /// <summary>target ×= row.</summary>
    public static void Multiply(ReadOnlySpan<double> row, Span<double> target)
    {
        ReadOnlySpan<Vector<double>> from = MemoryMarshal.Cast<double, Vector<double>>(row);
        Span<Vector<double>> to = MemoryMarshal.Cast<double, Vector<double>>(target);
        for (int v = 0; v < from.Length; v++) to[v] *= from[v];
        for (int i = from.Length * Vector<double>.Count; i < row.Length; i++) target[i] *= row[i];
    }
}
