using Sim.Datapath.Structures;

namespace Sim.Datapath.Nonlinear.Functions;

/// <summary>Hardware of the operations that float vector functions share.</summary>
internal static class FloatUnitStructures
{
    private const int MostTableBits = 16;

    /// <summary>A transcendental function as a table of all its results; null for formats whose table would be no circuit (more than 16
    /// bits).</summary>
    public static Structure? Exp(FloatUnit unit) => unit.Format.Bits > MostTableBits ? null
        : Table("function table", unit.Format.Bits, unit.Format.Bits);

    /// <summary>
    /// A table of constants as the tree of multiplexers that picks one of 2^address words: an upper bound, since constants let synthesis
    /// drop many of them.
    /// </summary>
    public static Structure Table(string role, int address, int dataBits)
    {
        Structure tree = Structure.Empty;
        for (int level = address - 1; level >= 0; level--) tree = tree.With(role, PrimitiveKind.Mux, dataBits, count: 1 << level,
            onPath: true);
        return tree;
    }

    /// <summary>round(a + b).</summary>
    public static Structure Adder(FloatUnit unit) => FloatUnits.Adder(unit.Format.Shape, unit.Format.Shape, unit.Rounding.Mode);

    /// <summary>round(a·b).</summary>
    public static Structure Multiplier(FloatUnit unit)
    {
        var product = new ProductShape(unit.Format.Shape, unit.Format.Shape);
        return product.Multiplier() + FloatUnits.ProductRounder(product, unit.Format.Shape, unit.Rounding.Mode);
    }

    /// <summary>The larger of two.</summary>
    public static Structure Maximum(FloatUnit unit) => Structure.Empty
        .With("maximum comparison", PrimitiveKind.Comparator, unit.Format.Bits, onPath: true)
        .With("maximum selection", PrimitiveKind.Mux, unit.Format.Bits)
        .With("maximum register", PrimitiveKind.Register, unit.Format.Bits);

    /// <summary>
    /// round(a/b) by an unrolled restoring array: one subtractor and one selection a quotient bit, two guard bits and the remainder as
    /// sticky.
    /// </summary>
    public static Structure Divider(FloatUnit unit)
    {
        int significand = unit.Format.Shape.SignificandBits;
        return Structure.Empty
            .With("exponent difference", PrimitiveKind.Adder, unit.Format.Shape.ExponentBits + 1)
            .With("division subtractor", PrimitiveKind.Adder, significand + 1, count: significand + 2, onPath: true)
            .With("division restore", PrimitiveKind.Mux, significand + 1, count: significand + 2)
            .With("quotient normalisation", PrimitiveKind.Mux, significand + 2)
            + FloatUnits.Rounder(unit.Format.Shape, 2, unit.Rounding.Mode);
    }

    /// <summary>round(√a): as the divider, one subtractor a result bit.</summary>
    public static Structure SquareRoot(FloatUnit unit)
    {
        int significand = unit.Format.Shape.SignificandBits;
        return Structure.Empty
            .With("root subtractor", PrimitiveKind.Adder, significand + 3, count: significand + 2, onPath: true)
            .With("root restore", PrimitiveKind.Mux, significand + 3, count: significand + 2)
            + FloatUnits.Rounder(unit.Format.Shape, 2, unit.Rounding.Mode);
    }
}
