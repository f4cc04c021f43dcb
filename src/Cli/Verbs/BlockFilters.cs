using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using Sim.Cli.Filters;
using Sim.Datapath.Formats;
using Sim.Foundation.Diagnostics;

namespace Sim.Cli.Verbs;

/// <summary>`sim formats encode` and `decode` of block formats: one block a line.</summary>
internal static class BlockFilters
{
    private static readonly CodeText Pattern = CodeText.Of(FormatCatalogue.Parse("fp32"));

    /// <summary>The block format of that name, null when it is another kind of name.</summary>
    public static BlockFormat? Of(string name) => BlockCatalogue.TryParse(name, out BlockFormat? format, out string? problem)
        ? format
        : problem is null ? null : throw new InvalidInputException(new Location("sim formats"), "CLI002", problem);

    /// <summary>The `--tensor-amax` option.</summary>
    public static Option<string?> TensorAmax() => new("--tensor-amax")
    {
        Description = "Block formats with a tensor scale: the largest magnitude of the tensor as a binary32 pattern, for lines without a column of their own for it; "
            + "left out, the magnitude whose tensor scale is 1",
        HelpName = "F32BITS",
    };

    /// <summary>Refuses the option for a format without blocks.</summary>
    public static int? DemandNone(ParseResult parsed, Option<string?> amax) => parsed.GetValue(amax) is null
        ? null
        : throw new InvalidInputException(new Location("sim formats"), "CLI002", "--tensor-amax is for block formats with a tensor scale");

    /// <summary>Reads `patterns[,tensor_amax]`, writes `scale,codes`.</summary>
    public static int Encode(RowWriter output, BlockFormat format, Rounding rounding, string? tensorAmax)
    {
        float standing = Standing(format, tensorAmax);
        CodeText scales = CodeText.Of(format.Scale), elements = CodeText.Of(format.Element);
        List<uint> patterns = [];
        uint[] codes = [];
        float[] values = [];
        BlockEvents events = default;
        return new RowFilter(output, 1, format.TwoLevel ? 2 : 1, format.TwoLevel
            ? "a block's binary32 patterns and perhaps the tensor's amax" : "a block's binary32 patterns").Run((row, answer) =>
        {
            if (!Pattern.TryReadAll(row, 0, patterns) || !Fits(row, 0, format, patterns.Count)
                || !TryReadAmax(row, 1, standing, out float amax)) return;
            if (codes.Length != patterns.Count) (codes, values) = (new uint[patterns.Count], new float[patterns.Count]);
            for (int i = 0; i < values.Length; i++) values[i] = BitConverter.UInt32BitsToSingle(patterns[i]);
            scales.Append(answer, format.Encode(values, amax, rounding, codes, ref events));
            answer.Append(',');
            foreach (uint code in codes) elements.Append(answer, code);
        });
    }

    /// <summary>Reads `scale,codes[,tensor_amax]`, writes binary32 patterns.</summary>
    public static int Decode(RowWriter output, BlockFormat format, string? tensorAmax)
    {
        float standing = Standing(format, tensorAmax);
        CodeText scales = CodeText.Of(format.Scale), elements = CodeText.Of(format.Element);
        List<uint> codes = [];
        float[] values = [];
        return new RowFilter(output, 2, format.TwoLevel ? 3 : 2, format.TwoLevel ? "scale,codes and perhaps the tensor's amax"
            : "scale,codes").Run((row, answer) =>
        {
            // More digits than a block has elements: each code is written as a byte.
            int width = elements.Digits == 1 && format.Size != 0 && row.Field(1).Length > format.Size ? 2 : elements.Digits;
            if (!(scales.TryRead(row, 0, out ulong scale) & elements.TryReadAll(row, 1, width, codes)) || !Fits(row, 1, format, codes.Count)
                || !TryReadAmax(row, 2, standing, out float amax)) return;
            if (values.Length != codes.Count) values = new float[codes.Count];
            format.Decode((uint)scale, CollectionsMarshal.AsSpan(codes), format.TensorScale(amax), values);
            foreach (float value in values) Pattern.Append(answer, BitConverter.SingleToUInt32Bits(value));
        });
    }

    // Without an amax: the one whose tensor scale is 1.
    private static float Standing(BlockFormat format, string? tensorAmax)
    {
        if (tensorAmax is null) return (float)format.UnitAmax.ToDouble();
        if (format.TwoLevel && tensorAmax.Length == 8
            && uint.TryParse(tensorAmax, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint bits) && IsAmax(bits))
            return BitConverter.UInt32BitsToSingle(bits);
        throw new InvalidInputException(new Location("sim formats"), "CLI002", format.TwoLevel
            ? $"--tensor-amax '{tensorAmax}': expected the 8 hexadecimal digits of a finite binary32 number that is not negative"
            : $"--tensor-amax: '{format.Name}' has no tensor scale");
    }

    private static bool TryReadAmax(RowFilter row, int field, float standing, out float amax)
    {
        amax = standing;
        if (row.Count <= field) return true;
        if (!Pattern.TryRead(row, field, out ulong bits)) return false;
        amax = BitConverter.UInt32BitsToSingle((uint)bits);
        if (IsAmax((uint)bits)) return true;
        row.RejectField(field, 0, "a tensor's amax is finite and not negative");
        return false;
    }

    private static bool IsAmax(uint bits) => bits < 0x7F80_0000;

    private static bool Fits(RowFilter row, int field, BlockFormat format, int count)
    {
        if (format.Size == 0 || count <= format.Size) return true;
        row.RejectField(field, 0, $"a block of {format.Name} has {format.Size} elements, found {count}");
        return false;
    }
}
