using Sim.Datapath.Kernels.Lanes;

namespace Sim.Datapath.Kernels;

/// <summary>Binary32 products in planes of bytes, for lanes filled by weights or by activations.</summary>
internal sealed class SinglePlanes
{
    // More codes than this outside a rule are no exceptions.
    private const int MostIrregular = 4;

    private readonly bool[] _irregular = new bool[PlaneTile.Plane];

    /// <param name="table">The products.</param>
    /// <param name="activationBits">Bits of an activation code.</param>
    /// <param name="turned">Whether activations fill the lanes.</param>
    public SinglePlanes(ProductTable table, int activationBits, bool turned)
    {
        int weights = 1 << table.WeightBits, activations = 1 << activationBits;
        (int rows, int columns) = turned ? (weights, activations) : (activations, weights);
        uint Bits(int row, int column) =>
            BitConverter.SingleToUInt32Bits(table.Singles[turned ? column << table.WeightBits | row : row << table.WeightBits | column]);
        IsWide = table.Singles.Any(p => float.IsFinite(p) && (BitConverter.SingleToUInt32Bits(p) & 0xFFFF) != 0);
        IsSigned = columns == PlaneTile.Plane;
        for (int column = 0; column < columns / 2 && IsSigned; column++)
            for (int row = 0; row < rows; row++)
                _irregular[column | 0x80] |= !IsNegated(Bits(row, column), Bits(row, column | 0x80));
        IsSigned &= _irregular.Count(i => i) <= MostIrregular;
        int drop = IsWide ? 0 : 16;
        // A NaN may have nothing but low bits.
        Planes = new(IsWide ? 4 : 2, rows, columns, (row, column) =>
            (float.IsNaN(BitConverter.UInt32BitsToSingle(Bits(row, column))) ? 0x7FC0_0000u : Bits(row, column)) >> drop);
    }

    /// <summary>Products by code of the broadcast operand and code of the lanes.</summary>
    public ProductPlanes Planes { get; }

    /// <summary>Whether a product has all bits of a binary32 number, not the upper half alone.</summary>
    public bool IsWide { get; }

    /// <summary>Whether the top bit of the lanes' code is the sign of the product, but for irregular codes.</summary>
    public bool IsSigned { get; }

    /// <summary>Whether one of the lanes' codes breaks the rule of the sign.</summary>
    public bool IsIrregular(ReadOnlySpan<byte> codes)
    {
        for (int code = 0; code < _irregular.Length; code++)
            if (_irregular[code] && codes.Contains((byte)code)) return true;
        return false;
    }

    // The sign of zero is lost in a sum that starts at +0 and is rounded to nearest.
    private static bool IsNegated(uint product, uint other) =>
        product == (other ^ 0x8000_0000) || (product | other) << 1 == 0 || float.IsNaN(BitConverter.UInt32BitsToSingle(product))
            && float.IsNaN(BitConverter.UInt32BitsToSingle(other));
}
