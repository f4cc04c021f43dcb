using Sim.Datapath.Structures;

namespace Sim.Datapath.Nonlinear.Functions;

/// <summary>Hardware of what integer rows share.</summary>
internal static class IntegerRows
{
    // Rows of up to 2^16 elements do not overflow a sum with as many guard bits.
    private const int GuardBits = 16;

    /// <summary>Running maximum and the subtraction of it.</summary>
    public static Structure Maximum(int bits) => Structure.Empty
        .With("maximum comparison", PrimitiveKind.Comparator, bits)
        .With("maximum selection", PrimitiveKind.Mux, bits)
        .With("maximum register", PrimitiveKind.Register, bits)
        .With("maximum subtraction", PrimitiveKind.Adder, bits + 1, onPath: true);

    /// <summary>Running sum.</summary>
    public static Structure Sum(int bits) => Structure.Empty
        .With("row sum", PrimitiveKind.Adder, bits + GuardBits)
        .With("row sum register", PrimitiveKind.Register, bits + GuardBits);

    /// <summary>Integer division: an unrolled restoring array, one subtractor a quotient bit.</summary>
    public static Structure Divider(int divisorBits, int quotientBits) => Structure.Empty
        .With("division subtractor", PrimitiveKind.Adder, divisorBits + 1, count: quotientBits, onPath: true)
        .With("division restore", PrimitiveKind.Mux, divisorBits + 1, count: quotientBits);

    /// <summary>Square root by Newton steps: one divider, adder and shift register, used again each step.</summary>
    public static Structure SquareRoot(int bits) => Divider(bits, bits)
        .With("Newton addition", PrimitiveKind.Adder, bits)
        .With("Newton register", PrimitiveKind.Register, bits)
        .With("Newton comparison", PrimitiveKind.Comparator, bits);
}
