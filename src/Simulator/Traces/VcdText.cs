using System.Globalization;
using System.Text;
using Sim.Datapath.Formats;

namespace Sim.Simulator.Traces;

/// <summary>A value change dump (IEEE 1364, clause 18): integers as vectors of bits, other numbers as reals.</summary>
internal sealed class VcdText
{
    private readonly StringBuilder _text = new();

    /// <summary>The dump.</summary>
    public override string ToString() => _text.ToString();

    /// <summary>Bits of an operand less its zero point, which takes one more than its code; null: it is a real.</summary>
    public static int? BitsOf(INumberFormat format) => format is FixedFormat { Fraction: 0 } f ? f.Bits + 1 : null;

    public void Clear() => _text.Clear();

    /// <summary>What comes before the signals.</summary>
    public void Begin(string layer, string about, string timescale)
    {
        _text.Append("$version Sim cycle machine $end\n$comment layer ").Append(layer.Replace('$', '_'))
            .Append(CultureInfo.InvariantCulture, $", {about} $end\n$timescale {timescale} $end\n");
        Scope("array");
    }

    public void Scope(string name) => _text.Append("$scope module ").Append(name).Append(" $end\n");

    public void Up() => _text.Append("$upscope $end\n");

    public void End()
    {
        Up();
        _text.Append("$enddefinitions $end\n");
    }

    /// <summary>Declares one bit (0), a vector, or a real (null).</summary>
    public void Declare(string name, int? bits, int signal)
    {
        if (bits == 0) _text.Append(CultureInfo.InvariantCulture, $"$var wire 1 {Code(signal)} {name} $end\n");
        else if (bits is { } width)
            _text.Append(CultureInfo.InvariantCulture, $"$var wire {width} {Code(signal)} {name} [{width - 1}:0] $end\n");
        else _text.Append(CultureInfo.InvariantCulture, $"$var real 64 {Code(signal)} {name} $end\n");
    }

    public void Time(long time) => _text.Append(CultureInfo.InvariantCulture, $"#{time}\n");

    public void Bit(bool value, int signal) => _text.Append(value ? '1' : '0').Append(Code(signal)).Append('\n');

    public void Vector(long value, int bits, int signal)
    {
        _text.Append('b');
        for (int bit = bits - 1; bit >= 0; bit--) _text.Append((value >> Math.Min(bit, 63) & 1) != 0 ? '1' : '0');
        _text.Append(' ').Append(Code(signal)).Append('\n');
    }

    public void Real(double value, int signal) =>
        _text.Append(CultureInfo.InvariantCulture, $"r{value:R} ").Append(Code(signal)).Append('\n');

    // Printable characters from ! to ~ in base 94.
    private static string Code(int signal)
    {
        var code = new StringBuilder();
        do
        {
            code.Append((char)('!' + (signal % 94)));
            signal /= 94;
        }
        while (signal > 0);
        return code.ToString();
    }
}
