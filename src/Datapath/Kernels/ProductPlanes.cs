using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sim.Datapath.Kernels.Lanes;

namespace Sim.Datapath.Kernels;

/// <summary>A product table cut into bytes, [code of the broadcast operand][plane][code of the lane operand], in memory that does not
/// move.</summary>
internal sealed unsafe class ProductPlanes
{
    private const int Line = 64;

    private readonly byte[] _bytes;

    /// <param name="planes">Bytes of a product, least significant first.</param>
    /// <param name="entry">The product, by code of the broadcast operand and code of the lane operand.</param>
    /// <param name="rows">Codes of the broadcast operand.</param>
    /// <param name="columns">Codes of the lane operand.</param>
    public ProductPlanes(int planes, int rows, int columns, Func<int, int, UInt128> entry)
    {
        Planes = planes;
        _bytes = GC.AllocateArray<byte>(checked(rows * Stride + Line), pinned: true);
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                UInt128 value = entry(row, column);
                for (int p = 0; p < planes; p++) Table[row * Stride + p * PlaneTile.Plane + column] = (byte)(value >> 8 * p & 0xFF);
            }
        }
    }

    /// <summary>Bytes of a product.</summary>
    public int Planes { get; }

    /// <summary>Bytes from a row to the next.</summary>
    public int Stride => Planes * PlaneTile.Plane;

    /// <summary>The first row, at the start of a cache line. Valid while this object lives.</summary>
    public byte* Table
    {
        get
        {
            byte* start = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_bytes));
            return start + (-(nint)start & Line - 1);
        }
    }
}
