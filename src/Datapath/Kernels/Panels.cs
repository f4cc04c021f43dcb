using System.Runtime.CompilerServices;

namespace Sim.Datapath.Kernels;

/// <summary>Decodes one row of an operand into lane elements; what lies past the row's codes must be zero.</summary>
internal delegate void RowDecoder<T>(int row, Span<T> values);

/// <summary>
/// An operand decoded once and laid out for the inner loop: [panel][step][Width], rows beyond the last padded with zeros. Width is the number
/// of rows whose elements of one step lie side by side.
/// </summary>
internal sealed class Panels<T>
    where T : unmanaged
{
    private readonly T[] _elements;

    private Panels(int rows, int steps, int width)
    {
        Rows = rows;
        Steps = steps;
        Width = width;
        _elements = new T[checked((long)Count * steps * width)];
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

    /// <summary>Decodes and lays out <paramref name="rows"/> rows of <paramref name="steps"/> elements.</summary>
    public static Panels<T> Pack(int rows, int steps, int width, RowDecoder<T> decode)
    {
        var panels = new Panels<T>(rows, steps, width);
        var block = new T[checked(width * steps)];
        for (int p = 0; p < panels.Count; p++)
        {
            int here = Math.Min(width, rows - p * width);
            for (int r = 0; r < here; r++) decode(p * width + r, block.AsSpan(r * steps, steps));
            Transpose(block, here, steps, width, panels.Panel(p));
        }
        return panels;
    }

    // Steps in runs of one cache line: reads stay in as many streams as rows, writes stay in a few lines.
    private static void Transpose(T[] block, int rows, int steps, int width, Span<T> panel)
    {
        const int Run = 16;
        unchecked
        {
            for (int first = 0; first < steps; first += Run)
            {
                int last = Math.Min(steps, first + Run);
                for (int r = 0; r < rows; r++)
                {
                    // In range by the sizes that the constructor allocated; checked elements cost as much as the copy.
                    ref T from = ref Unsafe.Add(ref block[0], r * steps), to = ref Unsafe.Add(ref panel[0], first * width + r);
                    for (int s = first; s < last; s++, to = ref Unsafe.Add(ref to, width)) to = Unsafe.Add(ref from, s);
                }
            }
        }
    }
}
