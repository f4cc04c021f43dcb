namespace Sim.Datapath.Formats;

/// <summary>
/// A format that computes on its codes, because <see cref="Exact"/> cannot hold its numbers: its <see cref="INumberFormat.Decode"/> gives
/// the nearest binary64 of a number, which is good for reading a value and not for computing with it. Operations are rounded once, as if on
/// the true numbers.
/// </summary>
public interface ICodeArithmetic
{
    /// <summary>The code of a·b.</summary>
    uint Multiply(uint a, uint b, Rounding rounding, out RoundingFlags flags);

    /// <summary>The code of a+b.</summary>
    uint Add(uint a, uint b, Rounding rounding, out RoundingFlags flags);

    /// <summary>The code of a-b.</summary>
    uint Subtract(uint a, uint b, Rounding rounding, out RoundingFlags flags);

    /// <summary>The code of a/b.</summary>
    uint Divide(uint a, uint b, Rounding rounding, out RoundingFlags flags);

    /// <summary>The code of a·b+c, rounded once.</summary>
    uint MultiplyAdd(uint a, uint b, uint c, Rounding rounding, out RoundingFlags flags);
}
