namespace Sim.Datapath.Structures;

/// <summary>
/// What posits cost beside a float unit (as in Jaiswal and So, IEEE Access 7, 2019): a code has no fields at fixed places, so the regime is
/// counted and shifted out before the arithmetic and shifted in behind it.
/// </summary>
public static class TaperedUnits
{
    /// <summary>A code into sign, exponent and significand; empty for a format with fields. Of two that work side by side one is on the
    /// path.</summary>
    public static Structure Decoder(OperandShape shape, bool onPath = true) => !shape.IsTapered ? Structure.Empty : Structure.Empty
        .With("zero and NaR detection", PrimitiveKind.Gate, shape.StorageBits)
        .With("posit magnitude inversion", PrimitiveKind.Xor, shape.StorageBits - 1)
        .With("posit magnitude", PrimitiveKind.Incrementer, shape.StorageBits - 1, onPath: onPath)
        .With("regime inversion", PrimitiveKind.Xor, shape.StorageBits - 1)
        .With("regime counter", PrimitiveKind.LeadingZeroCounter, shape.StorageBits - 1, onPath: onPath)
        .With("regime shifter", PrimitiveKind.LeftShifter, shape.StorageBits - 2, onPath: onPath);

    /// <summary>Exponent and normalised significand into a code: the regime shifted in ahead of exponent and fraction, then sign. The
    /// rounding increment is not included.</summary>
    public static Structure Encoder(OperandShape shape) => !shape.IsTapered ? Structure.Empty : Structure.Empty
        .With("range clamp", PrimitiveKind.Comparator, shape.ExponentBits)
        .With("regime amount", PrimitiveKind.Xor, shape.ExponentBits)
        .With("regime inserting shifter", PrimitiveKind.RightShifter, shape.StorageBits + 1, onPath: true)
        .With("posit sign inversion", PrimitiveKind.Xor, shape.StorageBits - 1)
        .With("posit sign", PrimitiveKind.Incrementer, shape.StorageBits - 1, onPath: true);
}
