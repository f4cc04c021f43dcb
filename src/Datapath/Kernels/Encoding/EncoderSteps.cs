using Sim.Datapath.Formats;

namespace Sim.Datapath.Kernels.Encoding;

/// <summary>One number to a code, and whether it left the range (<see cref="RoundingFlags.Overflow"/>).</summary>
internal delegate uint NumberEncoder(in Exact value, out bool overflow);

/// <summary>
/// An encoder as the step function that every deterministic rounding is: over the magnitudes of binary32 numbers of each sign the code
/// changes at certain patterns and nowhere else. The patterns are found by asking the encoder itself, by bisection: between two magnitudes
/// of one code there is no other, because rounding keeps the order of numbers.
/// </summary>
internal sealed class EncoderSteps
{
    /// <summary>The pattern of +Inf; magnitudes above are NaN.</summary>
    public const uint Infinity = 0x7F80_0000;

    private EncoderSteps(int bits, EncoderSide up, EncoderSide down) => (Bits, Up, Down) = (bits, up, down);

    /// <summary>Bits of a code.</summary>
    public int Bits { get; }

    /// <summary>Numbers without a sign bit.</summary>
    public EncoderSide Up { get; }

    /// <summary>Numbers with a sign bit.</summary>
    public EncoderSide Down { get; }

    /// <summary>The steps of an encoder; about twenty calls a code.</summary>
    public static EncoderSteps Of(int bits, NumberEncoder encode) =>
        new(bits, EncoderSide.Of(encode, 0), EncoderSide.Of(encode, 0x8000_0000));
}

/// <summary>The steps of one sign.</summary>
/// <param name="Starts">Magnitudes at which a code begins, ascending from 0, all below <paramref name="Over"/>.</param>
/// <param name="Codes">The codes that begin there.</param>
/// <param name="Over">First magnitude that overflows; the pattern of Inf when no finite one does.</param>
/// <param name="OverCode">Code of finite magnitudes from there on.</param>
/// <param name="InfinityCode">Code of Inf.</param>
/// <param name="InfinityOverflows">Whether Inf counts as an overflow.</param>
/// <param name="NaNCode">Code of NaN.</param>
internal sealed record EncoderSide(uint[] Starts, uint[] Codes, uint Over, uint OverCode, uint InfinityCode, bool InfinityOverflows,
    uint NaNCode)
{
    /// <summary>The steps of the numbers with this sign bit.</summary>
    public static EncoderSide Of(NumberEncoder encode, uint sign)
    {
        const uint Largest = EncoderSteps.Infinity - 1;
        uint overCode = Encode(Largest, out bool overflows), over = EncoderSteps.Infinity;
        if (overflows)
        {
            // Not even the smallest number stays where everything overflows.
            uint low = 0;
            over = Largest;
            Encode(0, out bool always);
            if (always) over = 0;
            while (over > low + 1)
            {
                uint middle = low + (over - low) / 2;
                Encode(middle, out bool beyond);
                if (beyond) over = middle;
                else low = middle;
            }
        }
        var starts = new List<uint>();
        var codes = new List<uint>();
        if (over != 0)
        {
            uint last = Encode(over - 1, out _), first = Encode(0, out _);
            starts.Add(0);
            codes.Add(first);
            Divide(0, first, over - 1, last);
        }
        uint infinityCode = Encode(EncoderSteps.Infinity, out bool infinityOverflows), nanCode = Encode(0x7FC0_0000, out _);
        return new([.. starts], [.. codes], over, overCode, infinityCode, infinityOverflows, nanCode);

        uint Encode(uint magnitude, out bool overflow) =>
            encode(Exact.FromDouble(BitConverter.UInt32BitsToSingle(magnitude | sign)), out overflow);

        void Divide(uint low, uint lowCode, uint high, uint highCode)
        {
            if (lowCode == highCode) return;
            if (high == low + 1)
            {
                starts.Add(high);
                codes.Add(highCode);
                return;
            }
            uint middle = low + (high - low) / 2, code = Encode(middle, out _);
            Divide(low, lowCode, middle, code);
            Divide(middle, code, high, highCode);
        }
    }

    /// <summary>The code of a magnitude below <see cref="Over"/>.</summary>
    public uint CodeOf(uint magnitude)
    {
        int at = Array.BinarySearch(Starts, magnitude);
        return Codes[at >= 0 ? at : ~at - 1];
    }
}
