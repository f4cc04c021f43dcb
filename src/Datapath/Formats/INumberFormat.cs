using Sim.Datapath.Structures;

namespace Sim.Datapath.Formats;

/// <summary>A scalar number format of 1 to 32 bits: codes in, codes out. Formats are data; nothing outside a format asks for its
/// name.</summary>
public interface INumberFormat
{
    /// <summary>Canonical name in the documented grammar, e.g. `e4m3`.</summary>
    string Name { get; }

    /// <summary>Bits in a code, 1 to 32. Codes occupy the low bits of a uint; higher bits are zero.</summary>
    int Bits { get; }

    /// <summary>Bits of the word that text files and memories hold a code in, the code in its high end (tf32: 32, a binary32
    /// pattern).</summary>
    int ContainerBits => Bits;

    /// <summary>What a multiplier sees of the format: widths and exponent range.</summary>
    OperandShape Shape { get; }

    /// <summary>The exact number that a code stands for.</summary>
    Exact Decode(uint code);

    /// <summary>The code nearest to <paramref name="value"/> under <paramref name="rounding"/>; flags are set as IEEE 754 §7 defines
    /// them.</summary>
    uint Encode(in Exact value, Rounding rounding, out RoundingFlags flags);

    /// <summary>Whether a code is a signalling NaN: any operation on it raises Invalid (IEEE 754-2019 §6.2).</summary>
    bool IsSignaling(uint code) => false;

    /// <summary>Largest finite number.</summary>
    Exact Maximum { get; }

    /// <summary>Smallest (most negative) finite number.</summary>
    Exact Minimum { get; }

    /// <summary>Smallest number above zero.</summary>
    Exact SmallestPositive { get; }
}
