using Sim.Datapath.Formats;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// A kernel made ready for one datapath, order and K: how operands become lane elements, and how one tile of outputs is summed.
/// Immutable, so threads share it.
/// </summary>
/// <typeparam name="T">Lane element.</typeparam>
internal abstract class TilePlan<T>
    where T : unmanaged
{
    /// <summary>Outputs of a tile along the operand whose elements are broadcast.</summary>
    public abstract int Rows { get; }

    /// <summary>Outputs of a tile along the operand whose elements fill lanes.</summary>
    public abstract int Width { get; }

    /// <summary>Lane elements of a row of K codes.</summary>
    public abstract int Steps(int k);

    /// <summary>Decodes a row of activations.</summary>
    public abstract void DecodeActivations(ReadOnlySpan<uint> codes, int zeroPoint, Span<T> values);

    /// <summary>Decodes a row of weights.</summary>
    public abstract void DecodeWeights(ReadOnlySpan<uint> codes, int zeroPoint, Span<T> values);

    /// <summary>
    /// Sums one tile: <paramref name="a"/> is [step][Rows], <paramref name="b"/> is [step][Width], <paramref name="results"/> is
    /// [Rows][Width].
    /// false: the values that these operands reach violate the kernel's exactness condition, the results mean nothing and the fallback must
    /// sum the tile.
    /// </summary>
    /// <param name="a">Broadcast elements.</param>
    /// <param name="b">Lane elements.</param>
    /// <param name="activations">Bounds of the panel of activations, whichever side fills the lanes.</param>
    /// <param name="weights">Bounds of the panel of weights.</param>
    /// <param name="rows">Rows that are not padding.</param>
    /// <param name="columns">Lanes that are not padding.</param>
    /// <param name="results">What <see cref="IGemmKernel.Run"/> writes.</param>
    /// <param name="events">Overflowed and NaN outputs are added; the caller counts outputs.</param>
    public abstract bool Sum(ReadOnlySpan<T> a, ReadOnlySpan<T> b, in PanelBounds activations, in PanelBounds weights, int rows,
        int columns, Span<long> results,
        ref GemmEvents events);

    /// <summary>What the exactness condition of a tile needs to know of a panel, found once when it is packed. May scale the panel by a
    /// power of two.</summary>
    /// <param name="panel">[step][<paramref name="width"/>].</param>
    /// <param name="width">Rows of the panel, padding included.</param>
    /// <param name="weights">Whether it holds weights, not activations.</param>
    public virtual PanelBounds Bounds(Span<T> panel, int width, bool weights) => default;
}

/// <summary>Bounds of the elements of a panel.</summary>
/// <param name="Largest">Largest magnitude; NaN or infinite when an element is.</param>
/// <param name="Smallest">Smallest magnitude but 0; infinite when there is none.</param>
/// <param name="RowSum">Largest sum of the magnitudes of one row, where the plan needs it.</param>
/// <param name="Scale">Exponent of the power of two that the elements of the panel carry more than these bounds.</param>
/// <param name="Traits">What else a plan noted.</param>
/// <param name="Codes">The codes that occur, where a plan sums codes.</param>
/// <param name="Floors">For every step, a power of two that no element but 0 is below (see <see cref="StepFloors"/>), where a plan needs
/// it.</param>
internal readonly record struct PanelBounds(double Largest, double Smallest, long RowSum, int Scale = 0,
    PanelTraits Traits = PanelTraits.None, CodeSet? Codes = null,
    float[]? Floors = null);

/// <summary>What a plan notes of a panel beside its bounds.</summary>
[Flags]
internal enum PanelTraits : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Weights are broadcast and activations fill the lanes, so rows of a table are weight codes.</summary>
    Turned = 1,

    /// <summary>A code is among those that break the table's rule.</summary>
    Irregular = 2,

    /// <summary>An element, or padding, is 0.</summary>
    HasZero = 4,
}

/// <summary>Weights decoded and laid out for one kernel, to be used with any number of activation matrices. Immutable.</summary>
public abstract class PackedWeights
{
    private protected PackedWeights(DatapathSpec spec, ReductionOrder order, int n, int k, uint[] codes, int[] zeroPoints, string kernel)
    {
        (Spec, Order, N, K, Codes, ZeroPoints, Kernel) = (spec, order, n, k, codes, zeroPoints, kernel);
    }

    /// <summary>The datapath that they were packed for.</summary>
    public DatapathSpec Spec { get; }

    /// <summary>The order that they were packed for.</summary>
    public ReductionOrder Order { get; }

    /// <summary>Output columns.</summary>
    public int N { get; }

    /// <summary>Products of an output.</summary>
    public int K { get; }

    /// <summary>Name of the kernel that will run.</summary>
    public string Kernel { get; }

    /// <summary>N×K row-major codes; the array may be longer.</summary>
    internal uint[] Codes { get; }

    /// <summary>N zero points, or none.</summary>
    internal int[] ZeroPoints { get; }

    /// <summary>
    /// C = A·Bᵀ for <paramref name="m"/> rows of activation codes; single-threaded, any number of threads at once. Results as
    /// <see cref="IGemmKernel.Run"/> writes them.
    /// </summary>
    public abstract void Run(int m, ReadOnlySpan<uint> a, int zeroPointA, Span<long> result, ref GemmEvents events);

    /// <summary>Gives the memory back; the weights must not be used again.</summary>
    internal virtual void Release()
    {
    }
}
