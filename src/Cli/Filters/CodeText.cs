using System.Globalization;
using System.Text;
using Sim.Datapath.Formats;

namespace Sim.Cli.Filters;

/// <summary>Codes of a number of bits as hexadecimal text, most significant digit first; a code sits in the high end of its
/// container.</summary>
internal readonly struct CodeText(int bits, int container, bool dropsLowBits = false)
{
    /// <summary>The codes of a format.</summary>
    public static CodeText Of(INumberFormat format) => new(format.Bits, format.ContainerBits);

    /// <summary>The same, but bits of the container below the code are dropped, as hardware that reads such words does.</summary>
    public CodeText DroppingLowBits => new(bits, container, true);

    /// <summary>Hexadecimal digits of one code.</summary>
    public int Digits => (container + 3) / 4;

    /// <summary>Appends a code in lower case, with all its digits.</summary>
    public void Append(StringBuilder text, ulong code)
    {
        ulong word = code << container - bits;
        for (int shift = 4 * (Digits - 1); shift >= 0; shift -= 4) text.Append("0123456789abcdef"[(int)(word >> shift & 15)]);
    }

    /// <summary>Reads one field that holds one code; false after recording what is wrong.</summary>
    public bool TryRead(RowFilter row, int field, out ulong code) => TryRead(row, field, 0, row.Field(field).Length, out code);

    /// <summary>Reads a field of codes written without separators into <paramref name="codes"/>; false after recording what is
    /// wrong.</summary>
    public bool TryReadAll(RowFilter row, int field, List<uint> codes) => TryReadAll(row, field, Digits, codes);

    /// <summary>The same with <paramref name="width"/> digits a code, for codes that are written with leading zeros.</summary>
    public bool TryReadAll(RowFilter row, int field, int width, List<uint> codes)
    {
        codes.Clear();
        int length = row.Field(field).Length;
        if (length == 0 || length % width != 0)
        {
            row.RejectField(field, 0, $"expected codes of {width} hexadecimal digits each, found {length} digit(s)");
            return false;
        }
        for (int start = 0; start < length; start += width)
        {
            if (!TryRead(row, field, start, width, out ulong code)) return false;
            codes.Add((uint)code);
        }
        return true;
    }

    private bool TryRead(RowFilter row, int field, int start, int length, out ulong code)
    {
        ReadOnlySpan<char> text = row.Field(field).Slice(start, length);
        code = 0;
        if (length > 16 || !ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong word))
        {
            row.RejectField(field, start, $"expected a code of {Digits} hexadecimal digit(s), found '{text}'");
            return false;
        }
        code = word >> container - bits;
        if (container < 64 && word >> container != 0)
            row.RejectField(field, start, $"'{text}' is more than {container} bits");
        else if (!dropsLowBits && code << container - bits != word)
            row.RejectField(field, start, $"'{text}' has bits set below its {bits} high ones");
        else
            return true;
        return false;
    }
}
