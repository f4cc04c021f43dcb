using Sim.Datapath.Formats;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Dot products of complex activations and <see cref="ComplexUnitFormat"/> weights through a real datapath whose weights are `ternary`: two
/// dots of twice the length, re = Σ x_re·w_re - x_im·w_im and im = Σ x_re·w_im + x_im·w_re, products in the order written, a step each.
/// </summary>
public static class ComplexDot
{
    // Ternary codes of -1, 0, 1.
    private static readonly uint[] Codes = [2, 0, 1];

    /// <summary>The pair that
    /// <see cref="ReferenceKernel.Dot(DatapathSpec, ulong, ReadOnlySpan{uint}, ReadOnlySpan{uint}, ref GemmEvents)"/> gives for both
    /// parts.</summary>
    /// <param name="spec">A datapath with `ternary` weights.</param>
    /// <param name="initial">What both sums start from.</param>
    /// <param name="real">Codes of the activations' real parts.</param>
    /// <param name="imaginary">Codes of their imaginary parts.</param>
    /// <param name="weights">Codes of the weights.</param>
    /// <param name="events">Counts are added, two outputs.</param>
    /// <exception cref="ArgumentException">The weights of the datapath are not ternary, or lengths differ.</exception>
    public static (long Real, long Imaginary) Run(DatapathSpec spec, (ulong Real, ulong Imaginary) initial, ReadOnlySpan<uint> real,
        ReadOnlySpan<uint> imaginary, ReadOnlySpan<uint> weights,
        ref GemmEvents events)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (spec.Weight.Name != FormatCatalogue.Parse("ternary").Name) throw new ArgumentException($"complex weights run on a datapath with ternary weights, found {spec.Weight.Name}", nameof(spec));
        if (real.Length != weights.Length
            || imaginary.Length != weights.Length) throw new ArgumentException($"{real.Length} and {imaginary.Length} activations for {weights.Length} weights", nameof(weights));
        uint[] parts = new uint[2 * weights.Length], toReal = new uint[parts.Length], toImaginary = new uint[parts.Length];
        for (int k = 0; k < weights.Length; k++)
        {
            (int re, int im) = ComplexUnitFormat.Decode(weights[k]);
            (parts[2 * k], parts[2 * k + 1]) = (real[k], imaginary[k]);
            (toReal[2 * k], toReal[2 * k + 1]) = (Codes[re + 1], Codes[1 - im]);
            (toImaginary[2 * k], toImaginary[2 * k + 1]) = (Codes[im + 1], Codes[re + 1]);
        }
        return (ReferenceKernel.Dot(spec, initial.Real, parts, toReal, ref events),
            ReferenceKernel.Dot(spec, initial.Imaginary, parts, toImaginary, ref events));
    }
}
