using System.Collections.Immutable;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Verification.Relations;

/// <summary>Kinds of output places of a layer by the products that reach into padding.</summary>
internal static class PlaceKinds
{
    /// <summary>For each kind, whether product k is there; the kinds in order of the places.</summary>
    internal static ImmutableArray<ImmutableArray<bool>> Of(IntegerLayer layer)
    {
        if (layer.Shape.Conv is not { } g || !layer.IsPadded) return [[.. Enumerable.Repeat(true, layer.K)]];
        string[] rows = Kinds(g.OutputHeight, g.KernelHeight, g.StrideHeight, g.DilationHeight, g.PadTop, g.InputHeight);
        string[] columns = Kinds(g.OutputWidth, g.KernelWidth, g.StrideWidth, g.DilationWidth, g.PadLeft, g.InputWidth);
        int window = g.KernelHeight * g.KernelWidth;
        return [.. rows.SelectMany(r =>
            columns.Select(c => Enumerable.Range(0, layer.K)
            .Select(k => r[k % window / g.KernelWidth] == '1' && c[k % g.KernelWidth] == '1').ToImmutableArray()))];
    }

    private static string[] Kinds(int outputs, int kernel, int stride, int dilation, int pad, int size) => [.. Enumerable.Range(0, outputs)
        .Select(o => string.Concat(Enumerable.Range(0, kernel)
            .Select(i => o * stride + i * dilation - pad is var at && at >= 0 && at < size ? '1' : '0'))).Distinct()];
}
