using Sim.Datapath.Formats;
using Sim.Datapath.Tests.Numbers;

namespace Sim.Datapath.Tests.Blocks;

/// <summary>Input blocks of the golden files and helpers to read concatenated patterns and codes. Shares no code with the
/// formats.</summary>
internal static class BlockFiles
{
    /// <summary>The f32 blocks by number.</summary>
    public static Dictionary<int, float[]> Inputs(string file) =>
        GoldenRows.Read(file).ToDictionary(r => int.Parse(r.Cells[0], System.Globalization.CultureInfo.InvariantCulture),
            r => Floats(r.Cells[1]));

    public static float[] Floats(string hex) => [.. Split(hex, 8).Select(BitConverter.UInt32BitsToSingle)];

    public static uint[] Split(string hex, int digits) =>
        [.. Enumerable.Range(0, hex.Length / digits).Select(i => GoldenRows.Hex(hex.Substring(i * digits, digits)))];

    /// <summary>Whether two blocks hold the same binary32 patterns, NaN as a class.</summary>
    public static bool Same(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        for (int i = 0; i < a.Length; i++)
            if (BitConverter.SingleToUInt32Bits(a[i]) != BitConverter.SingleToUInt32Bits(b[i])
                && !(float.IsNaN(a[i]) && float.IsNaN(b[i]))) return false;
        return a.Length == b.Length;
    }

    /// <summary>The library's scale code, element codes and values of a block.</summary>
    public static (uint Scale, uint[] Codes, float[] Values) Encode(BlockFormat format, ReadOnlySpan<float> block,
        RoundingMode mode = RoundingMode.NearestEven, float tensorAmax = 1)
    {
        BlockEvents events = default;
        uint[] codes = new uint[block.Length];
        uint scale = format.Encode(block, tensorAmax, new Rounding(mode), codes, ref events);
        float[] values = new float[block.Length];
        format.Decode(scale, codes, format.TensorScale(tensorAmax), values);
        return (scale, codes, values);
    }
}
