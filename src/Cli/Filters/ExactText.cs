using System.Text;
using Sim.Datapath.Formats;

namespace Sim.Cli.Filters;

/// <summary>Exact numbers as text.</summary>
internal static class ExactText
{
    /// <summary>A C99 hexadecimal float (`%a`: leading digit 1, no more digits than needed), `inf`, `-inf` or `nan`.</summary>
    public static string HexFloat(in Exact value)
    {
        string sign = value.Negative ? "-" : "";
        switch (value.Class)
        {
            case NumberClass.NaN: return "nan";
            case NumberClass.Infinity: return sign + "inf";
            case NumberClass.Zero: return sign + "0x0p+0";
        }
        var text = new StringBuilder(sign).Append("0x1");
        // The bits below the leading one, moved to the top.
        UInt128 rest = value.Length == 1 ? 0 : value.Significand << 129 - value.Length;
        if (rest != 0) text.Append('.');
        for (; rest != 0; rest <<= 4) text.Append("0123456789abcdef"[(int)(rest >> 124)]);
        return text.Append('p').Append(value.LeadingExponent < 0 ? '-' : '+').Append(Math.Abs(value.LeadingExponent)).ToString();
    }

    /// <summary>ZERO, SUBNORMAL, NORMAL, INFINITE or NAN.</summary>
    public static string ClassName(INumberFormat format, in Exact value) => value.Class switch
    {
        NumberClass.Zero => "ZERO",
        NumberClass.NaN => "NAN",
        NumberClass.Infinity => "INFINITE",
        _ => format is FloatFormat f && value.LeadingExponent < f.MinimumExponent ? "SUBNORMAL" : "NORMAL",
    };
}
