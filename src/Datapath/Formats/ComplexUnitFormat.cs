namespace Sim.Datapath.Formats;

/// <summary>
/// The fourth roots of unity as 2-bit complex weights (iFairy, arXiv 2508.05571): code k is i^k, so 0 is 1, 1 is i, 2 is -1, 3 is -i. A
/// product of two codes is their sum modulo 4; a number times a code needs no multiplier, only swapping and negating its parts. Not an
/// <see cref="INumberFormat"/>, whose numbers are real: a datapath takes the two parts as `ternary`.
/// </summary>
public static class ComplexUnitFormat
{
    /// <summary>Name in the command line's filters.</summary>
    public const string Name = "ifairy";

    /// <summary>Bits of a code.</summary>
    public const int Bits = 2;

    /// <summary>Real and imaginary part of a code, each -1, 0 or 1.</summary>
    public static (int Real, int Imaginary) Decode(uint code) => code switch
    {
        0 => (1, 0),
        1 => (0, 1),
        2 => (-1, 0),
        3 => (0, -1),
        _ => throw new ArgumentOutOfRangeException(nameof(code), code, "a code has 2 bits"),
    };

    /// <summary>
    /// The root nearest by angle. Sectors are half open, [-45°, 45°) is 1 and so on round: on a diagonal the next root counter-clockwise. 0
    /// is 1. A NaN part makes 1 and
    /// <paramref name="flags"/> Invalid; anything but a root itself is Inexact.
    /// </summary>
    public static uint Encode(float real, float imaginary, out RoundingFlags flags)
    {
        flags = RoundingFlags.None;
        if (float.IsNaN(real) || float.IsNaN(imaginary))
        {
            flags = RoundingFlags.Invalid;
            return 0;
        }
        uint code = real > 0 && -real <= imaginary && imaginary < real || real == 0 && imaginary == 0 ? 0u
            : imaginary > 0 && -imaginary < real && real <= imaginary ? 1u
            : real < 0 && real < imaginary && imaginary <= -real ? 2u : 3u;
        if ((real, imaginary) != Decode(code)) flags = RoundingFlags.Inexact;
        return code;
    }

    /// <summary>The code of a·b.</summary>
    public static uint Multiply(uint a, uint b) => a + b & 3;
}
