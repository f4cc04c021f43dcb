namespace Sim.Datapath.Structures;

/// <summary>
/// The parts of float arithmetic as primitives: fused step, adder, rounding of a product. Widths: the sum window of two significands of x
/// and y bits is max(x, y) + y + 2, because either operand may be the larger one by any distance and the smaller then becomes the sticky
/// bit.
/// </summary>
public static class FloatUnits
{
    /// <summary>
    /// Share of a sum window that switches in an operation: alignment leaves part of it at zero or at the sign. Found by comparing
    /// gate-level energies of float units on normally distributed operands with those of their primitives on random words
    /// (tools/calibration).
    /// </summary>
    public const double WindowActivity = 0.7;

    /// <summary>Bits of the alignment window of a sum into a float of <paramref name="result"/>.</summary>
    public static int WindowBits(int addendBits, OperandShape result) =>
        Math.Max(addendBits, result.SignificandBits) + result.SignificandBits + 2;

    /// <summary>acc ← round(acc + product), one rounding: the multiplier itself is not included.</summary>
    public static Structure FusedStep(ProductShape product, OperandShape result, RoundingMode rounding)
    {
        int window = WindowBits(product.SignificandBits, result);
        int exponent = Math.Max(result.ExponentBits, product.ExponentBits);
        // Sums of products that span few places never reach the low bits of a wide accumulator; 64 of them grow by 6 bits.
        double activity = WindowActivity * Math.Min(1.0, (product.WindowBits + 6.0) / result.SignificandBits);
        Structure unit = TaperedUnits.Decoder(result, onPath: false)
            .With("addend zero and subnormal detection", PrimitiveKind.Gate, result.ExponentBits)
            .With("exponent difference", PrimitiveKind.Adder, exponent)
            .With("alignment amount", PrimitiveKind.Adder, exponent)
            .With("aligner", PrimitiveKind.RightShifter, window, onPath: true, activity: activity)
            .With("conditional negation", PrimitiveKind.Xor, window, activity: activity)
            .With("significand adder", PrimitiveKind.Adder, window, onPath: true, activity: activity)
            .With("leading-zero counter", PrimitiveKind.LeadingZeroCounter, window, onPath: true, activity: activity)
            .With("normalising shifter", PrimitiveKind.LeftShifter, window, onPath: true, activity: activity)
            .With("exponent adjustment", PrimitiveKind.Adder, exponent);
        if (result.Subnormals)
            unit = unit.With("subnormal limit", PrimitiveKind.Comparator, exponent)
                .With("subnormal shift amount", PrimitiveKind.Adder, exponent)
                .With("subnormal selection", PrimitiveKind.Mux, exponent + result.SignificandBits);
        return unit + Rounder(result, window - result.SignificandBits, rounding);
    }

    /// <summary>round(x + y) of a float of <paramref name="addend"/> and one of <paramref name="result"/>, into the latter.</summary>
    public static Structure Adder(OperandShape addend, OperandShape result, RoundingMode rounding)
    {
        int window = WindowBits(addend.SignificandBits, result), exponent = Math.Max(addend.ExponentBits, result.ExponentBits);
        int significand = Math.Max(addend.SignificandBits, result.SignificandBits);
        const double activity = WindowActivity;
        Structure unit = (TaperedUnits.Decoder(addend) + TaperedUnits.Decoder(result, onPath: !addend.IsTapered))
            .With("zero and subnormal detection", PrimitiveKind.Gate, addend.ExponentBits + result.ExponentBits)
            .With("magnitude comparison", PrimitiveKind.Comparator, exponent + significand - 1)
            .With("operand swap", PrimitiveKind.Mux, exponent + (2 * significand), onPath: true)
            .With("exponent difference", PrimitiveKind.Adder, exponent + 1, onPath: true)
            .With("aligner", PrimitiveKind.RightShifter, window, onPath: true, activity: activity)
            .With("conditional negation", PrimitiveKind.Xor, window, activity: activity)
            .With("significand adder", PrimitiveKind.Adder, window + 1, onPath: true, activity: activity)
            .With("leading-zero counter", PrimitiveKind.LeadingZeroCounter, window + 1, onPath: true, activity: activity)
            .With("normalising shifter", PrimitiveKind.LeftShifter, window + 1, onPath: true, activity: activity)
            .With("exponent adjustment", PrimitiveKind.Adder, exponent + 1);
        if (result.Subnormals)
            unit = unit.With("subnormal limit", PrimitiveKind.Comparator, exponent + 1)
                .With("subnormal selection", PrimitiveKind.Mux, exponent + 1);
        return unit + Rounder(result, window - result.SignificandBits, rounding);
    }

    /// <summary>Rounds an exact product into a float format: normalisation by one place, rounding, exponent bias, subnormal
    /// shifts.</summary>
    public static Structure ProductRounder(ProductShape product, OperandShape result, RoundingMode rounding)
    {
        int exponent = Math.Max(product.ExponentBits, result.ExponentBits);
        Structure unit = Structure.Empty
            .With("bias and overflow detection", PrimitiveKind.Incrementer, exponent)
            .With("underflow masking", PrimitiveKind.Gate, exponent)
            .With("product normalisation", PrimitiveKind.Mux, result.SignificandBits, onPath: true);
        if (product.Left.Subnormals || product.Right.Subnormals)
            unit = unit.With("product leading-zero counter", PrimitiveKind.LeadingZeroCounter, product.SignificandBits, onPath: true)
                .With("product normalising shifter", PrimitiveKind.LeftShifter, product.SignificandBits, onPath: true)
                .With("normalised exponent and denormalising amount", PrimitiveKind.Adder, exponent);
        if (result.Subnormals)
            unit = unit.With("denormalising shifter", PrimitiveKind.RightShifter, result.SignificandBits + 2, onPath: true);
        return unit + Rounder(result, product.SignificandBits - result.SignificandBits, rounding);
    }

    /// <summary>Turns a two's complement word into a float: leading-zero counter, shifter, rounder.</summary>
    public static Structure FromFixed(int bits, OperandShape result, RoundingMode rounding) => Structure.Empty
        .With("magnitude", PrimitiveKind.Incrementer, bits)
        .With("leading-zero counter", PrimitiveKind.LeadingZeroCounter, bits, onPath: true)
        .With("normalising shifter", PrimitiveKind.LeftShifter, bits, onPath: true)
        .With("exponent adjustment", PrimitiveKind.Adder, result.ExponentBits + 1)
        + Rounder(result, bits - result.SignificandBits, rounding);

    /// <summary>
    /// Shortens a significand by <paramref name="dropped"/> bits: an increment that may run into the exponent; to-zero and to-odd need
    /// none; stochastic adds random bits from a shift register of its own.
    /// </summary>
    public static Structure Rounder(OperandShape result, int dropped, RoundingMode rounding)
    {
        Structure encoder = TaperedUnits.Encoder(result);
        if (dropped <= 0) return encoder;
        return encoder + rounding switch
        {
            RoundingMode.ToZero => Structure.Empty,
            RoundingMode.ToOdd => Structure.Empty.With("sticky to odd", PrimitiveKind.Gate, 1),
            RoundingMode.Stochastic => Structure.Empty
                .With("random bits", PrimitiveKind.Register, dropped)
                .With("random feedback", PrimitiveKind.Xor, 3)
                .With("stochastic adder", PrimitiveKind.Adder, dropped)
                .With("rounding increment", PrimitiveKind.Incrementer, result.SignificandBits + result.ExponentBits, onPath: true),
            _ => Structure.Empty.With("rounding increment", PrimitiveKind.Incrementer, result.SignificandBits + result.ExponentBits,
                onPath: true),
        };
    }
}
