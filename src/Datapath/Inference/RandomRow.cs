using Sim.Datapath.Formats;

namespace Sim.Datapath.Inference;

/// <summary>Rows that datapaths may differ on, drawn by number: the same on every machine.</summary>
internal static class RandomRow
{
    /// <summary>Row <paramref name="index"/>: even ones hold uniform codes, odd ones significands of any kind in few binades; both with
    /// what the sum starts from nearby.</summary>
    public static RecordedRow Draw(ulong index, int k, INumberFormat activation, INumberFormat weight, INumberFormat register)
    {
        ulong state = unchecked(index * 0xD1B5_4A32_D192_ED03 + 1);
        bool uniform = index % 2 == 0;
        uint[] a = new uint[k], b = new uint[k];
        double size = 0;
        for (int i = 0; i < k; i++)
        {
            (a[i], b[i]) = (Code(activation), Code(weight));
            size = Math.Max(size, Math.Abs(Value(activation, a[i]) * Value(weight, b[i])));
        }
        double start = size * Math.ScaleB(Fraction() - 0.5, (int)(Next() % 9) - 4);
        uint c = register.Encode(Exact.FromDouble(double.IsFinite(start) ? start : 1), Rounding.NearestEven, out _);
        return new(register.Decode(c).Class is NumberClass.Finite or NumberClass.Zero ? c : 0, a, b, 0);

        ulong Next()
        {
            unchecked
            {
                ulong z = state += 0x9E37_79B9_7F4A_7C15;
                z = (z ^ z >> 30) * 0xBF58_476D_1CE4_E5B9;
                z = (z ^ z >> 27) * 0x94D0_49BB_1331_11EB;
                return z ^ z >> 31;
            }
        }

        double Fraction() => (Next() >> 11) * Math.ScaleB(1, -53);

        uint Code(INumberFormat format)
        {
            int shift = format.ContainerBits - format.Bits;
            while (true)
            {
                uint code = uniform
                    ? (uint)(Next() >> 64 - format.Bits)
                    : format.Encode(Exact.FromDouble((Fraction() - 0.5) * Math.ScaleB(1, (int)(Next() % 8))), Rounding.NearestEven, out _);
                if (format.Decode(code).Class is NumberClass.Finite or NumberClass.Zero) return code << shift;
            }
        }

        static double Value(INumberFormat format, uint word) => format.Decode(word >> format.ContainerBits - format.Bits).ToDouble();
    }
}
