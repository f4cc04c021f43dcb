using System.Buffers;

namespace Sim.Datapath.Kernels;

/// <summary>Decodes one row of an operand into lane elements; what lies past the row's codes must be zero.</summary>
internal delegate void RowDecoder<T>(int row, Span<T> values);

/// <summary>Bounds of a panel of that width, which may be scaled by a power of two.</summary>
internal delegate PanelBounds PanelMeasure<T>(Span<T> panel, int width, bool weights);

/// <summary>
/// An operand decoded once and laid out for the inner loop: [panel][step][Width], rows beyond the last padded with zeros. Width is the
/// number of rows whose elements of one step lie side by side.
/// </summary>
internal sealed class Panels<T>
    where T : unmanaged
{
    private readonly T[] _elements;
    private readonly PanelBounds[] _bounds;

    private Panels(int rows, int steps, int width)
    {
        Rows = rows;
        Steps = steps;
        Width = width;
        _bounds = new PanelBounds[Count];
        _elements = Scratch<T>.Rent(checked(Count * steps * width));
    }

    /// <summary>Rows of the operand.</summary>
    public int Rows { get; }

    /// <summary>Elements of a row.</summary>
    public int Steps { get; }

    /// <summary>Rows of a panel.</summary>
    public int Width { get; }

    /// <summary>Number of panels.</summary>
    public int Count => (Rows + Width - 1) / Width;

    /// <summary>Elements of a panel, [step][Width], from step <paramref name="first"/> on.</summary>
    public Span<T> Panel(int index, int first = 0) => _elements.AsSpan(checked((index * Steps + first) * Width), (Steps - first) * Width);

    /// <summary>Bounds of a panel.</summary>
    public ref readonly PanelBounds Bounds(int index) => ref _bounds[index];

    /// <summary>Decodes, lays out and measures <paramref name="rows"/> rows of <paramref name="steps"/> elements.</summary>
    public static Panels<T> Pack(int rows, int steps, int width, RowDecoder<T> decode, PanelMeasure<T> measure, bool weights)
    {
        var panels = new Panels<T>(rows, steps, width);
        T[] block = Scratch<T>.Rent(checked(width * steps));
        block.AsSpan(0, width * steps).Clear();
        for (int p = 0; p < panels.Count; p++)
        {
            int here = Math.Min(width, rows - p * width);
            for (int r = 0; r < here; r++) decode(p * width + r, block.AsSpan(r * steps, steps));
            block.AsSpan(here * steps, (width - here) * steps).Clear();
            Transposer.Transpose(block, steps, width, panels.Panel(p));
            panels._bounds[p] = measure(panels.Panel(p), width, weights);
        }
        Scratch<T>.Return(block);
        return panels;
    }

    /// <summary>Gives the memory back; the panels must not be used again.</summary>
    public void Release() => Scratch<T>.Return(_elements);
}

/// <summary>
/// Buffers of one product. Fresh arrays of this size cost more than the sums: the run time clears them, the system maps them in page by
/// page.
/// </summary>
internal static class Scratch<T>
{
    // Beyond this a buffer that lives as long as the weights of a large layer would be rounded up by too much.
    private const int Largest = 1 << 22;

    /// <summary>At least <paramref name="length"/> elements of any content.</summary>
    public static T[] Rent(int length) => length <= Largest ? ArrayPool<T>.Shared.Rent(length) : GC.AllocateUninitializedArray<T>(length);

    /// <summary>Hands a buffer to whoever comes next.</summary>
    public static void Return(T[] buffer)
    {
        if (buffer.Length <= Largest) ArrayPool<T>.Shared.Return(buffer);
    }
}
