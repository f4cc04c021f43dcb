namespace Sim.Datapath.Structures;

/// <summary>
/// What hardware sees of a scalar format. SignificandBits: multiplier input width (hidden bit included; the whole word for integers).
/// ExponentBits: 0 for integers and fixed point. Range: by how many places the value of the exponent field can shift a significand.
/// LeastExponent: weight of the least significant place of all values, as a power of two. Subnormals: gradual underflow is decoded.
/// StorageBits: bits of a code.
/// </summary>
public readonly record struct OperandShape(int SignificandBits, int ExponentBits, int Range, int LeastExponent, bool Signed,
    bool Subnormals, int StorageBits)
{
    /// <summary>Whether the fields have no fixed place (posits): a run has to be counted and shifted out to decode a code, and shifted in
    /// to encode one.</summary>
    public bool IsTapered { get; init; }
    /// <summary>Whether codes go through a table of numbers before the multiplier (codebooks); StorageBits address it.</summary>
    public bool DecodeTable { get; init; }

    /// <summary>Whether the code is a logarithm: products are sums of codes.</summary>
    public bool IsLogarithmic { get; init; }

    /// <summary>An integer or fixed-point word.</summary>
    public static OperandShape Fixed(int bits, int fraction, bool signed) => new(bits, 0, 0, -fraction, signed, false, bits);

    /// <summary>A float: the exponent field's finite values span <paramref name="range"/> + 1 binades.</summary>
    public static OperandShape Float(int exponentBits, int fractionBits, int range, int leastExponent, bool subnormals) =>
        new(fractionBits + 1, exponentBits, range, leastExponent, true, subnormals, 1 + exponentBits + fractionBits);

    /// <summary>Whether an exponent has to be handled.</summary>
    public bool IsFloat => ExponentBits > 0;
}

/// <summary>An exact product as it leaves the multiplier: significand, exponent and the places over which it can lie.</summary>
public readonly record struct ProductShape(OperandShape Left, OperandShape Right)
{
    /// <summary>Bits of the exact significand product.</summary>
    public int SignificandBits => Left.SignificandBits + Right.SignificandBits;

    /// <summary>Bits of the exponent sum, 0 when neither operand has an exponent.</summary>
    public int ExponentBits => IsFloat ? Math.Max(Left.ExponentBits, Right.ExponentBits) + (Left.IsFloat && Right.IsFloat ? 1 : 0) : 0;

    /// <summary>Places over which the exponent sum can move the product.</summary>
    public int Range => Left.Range + Right.Range;

    /// <summary>Weight of the least significant place of all products, as a power of two.</summary>
    public int LeastExponent => Left.LeastExponent + Right.LeastExponent;

    /// <summary>Width of the fixed-point window that holds every product exactly, without sign and carries.</summary>
    public int WindowBits => SignificandBits + Range;

    /// <summary>Bits that a register behind the multiplier holds: significand, and exponent and sign of a float product.</summary>
    public int RegisterBits => SignificandBits + (IsFloat ? ExponentBits + 1 : 0);

    /// <summary>Whether the product has an exponent.</summary>
    public bool IsFloat => Left.IsFloat || Right.IsFloat;

    /// <summary>Whether both operands are two's complement or unsigned words.</summary>
    public bool IsInteger => !IsFloat;

    /// <summary>The multiplier: significands, exponent sum, zero and subnormal detection.</summary>
    public Structure Multiplier()
    {
        Structure unit = Structure.Empty
            .With("zero and subnormal detection", PrimitiveKind.Gate, Left.ExponentBits + Right.ExponentBits)
            .With("decode table", PrimitiveKind.Mux, TableCells(Left) + TableCells(Right))
            .With("integer magnitude", PrimitiveKind.Incrementer, IsFloat ? FixedMagnitudeBits : 0)
            + TaperedUnits.Decoder(Left) + TaperedUnits.Decoder(Right, onPath: !Left.IsTapered);
        int wide = Math.Max(Left.SignificandBits, Right.SignificandBits), narrow = Math.Min(Left.SignificandBits, Right.SignificandBits);
        unit = narrow == 1
            ? unit.With("significand gating", PrimitiveKind.Gate, wide, onPath: true)
            : unit.With(IsFloat ? "significand multiplier" : "integer multiplier", PrimitiveKind.Multiplier, Left.SignificandBits,
                Right.SignificandBits, onPath: true);
        return Left.IsFloat && Right.IsFloat ? unit.With("exponent adder", PrimitiveKind.Adder, ExponentBits) : unit;
    }

    // A constant table of 2^n words as a tree of 2^n - 1 multiplexers a bit: an upper bound, for synthesis folds the constants in.
    private static int TableCells(OperandShape operand) => !operand.DecodeTable ? 0
        : checked(((1 << operand.StorageBits) - 1) * (operand.SignificandBits + operand.ExponentBits
            + (operand is { IsFloat: true, Signed: true } ? 1 : 0)));

    // A two's complement operand beside a float one is turned into sign and magnitude.
    private int FixedMagnitudeBits => (Left is { IsFloat: false, Signed: true } ? Left.SignificandBits : 0)
        + (Right is { IsFloat: false, Signed: true } ? Right.SignificandBits : 0);
}
