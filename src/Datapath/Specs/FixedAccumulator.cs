using System.Numerics;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Specs;

/// <summary>Two's complement fixed point: Bits (2 to 64) of which Fraction below the point; each product is rounded to the grid, then
/// added; each step wraps or saturates.</summary>
public sealed record FixedAccumulator(int Bits, int Fraction, RegisterOverflow Overflow, RoundingMode Rounding) : AccumulatorSpec
{
    /// <inheritdoc/>
    public override int RegisterBits(ProductShape product) => Bits;

    /// <summary>A float product is shifted to its place in the register's window; a fixed-point product lies still, so only its rounding
    /// costs.</summary>
    public override Structure Step(ProductShape product)
    {
        // Places below the grid are dropped, places above the register can only overflow.
        int dropped = Math.Max(0, -Fraction - product.LeastExponent);
        return Place(product, Math.Clamp(product.WindowBits - dropped, 1, Bits), dropped, Rounding) + RegisterAdder(Bits, Overflow);
    }

    /// <inheritdoc/>
    public override Structure Combine(ProductShape product) => RegisterAdder(Bits, Overflow);

    /// <summary>Places a product in a fixed window of <paramref name="window"/> bits and negates it when its sign asks for it.</summary>
    public static Structure Place(ProductShape product, int window, int dropped, RoundingMode rounding)
    {
        bool exact = dropped == 0 || rounding is RoundingMode.ToZero or RoundingMode.Down;
        Structure unit = Structure.Empty;
        if (product.IsFloat)
        {
            // Distances 0 to Range need this many shifter stages; more than the window itself can never be useful.
            int stages = BitOperations.Log2((uint)product.Range) + 1;
            unit = unit.With("placing shifter", PrimitiveKind.Placer, window, stages, onPath: true)
                .With("conditional negation", PrimitiveKind.Xor, window);
        }
        return exact ? unit : unit.With("rounding increment", PrimitiveKind.Incrementer, window);
    }
}
