namespace Sim.Datapath.Structures;

/// <summary>
/// A table of constants as logic: a tree of multiplexers whose lowest two levels see constants only, so they are functions of two address
/// bits, of which there are no more than ten that take a gate, shared by all words and bits. An upper bound: synthesis finds what further
/// functions have in common.
/// </summary>
public static class ConstantTable
{
    private const int FunctionsOfTwoBits = 10;

    /// <summary>2^<paramref name="addressBits"/> words of <paramref name="width"/> bits.</summary>
    public static Structure Of(int addressBits, int width)
    {
        int leaves = 1 << Math.Max(0, addressBits - 2), levels = Math.Max(0, addressBits - 2);
        Structure table = Structure.Empty
            .With("table functions of two bits", PrimitiveKind.Gate, Math.Min(FunctionsOfTwoBits, checked(leaves * width)), onPath: true)
            .With("table multiplexers", PrimitiveKind.Mux, width, count: leaves - 1 - levels);
        for (int level = 0; level < levels; level++) table = table.With("table level", PrimitiveKind.Mux, width, onPath: true);
        return table;
    }
}
