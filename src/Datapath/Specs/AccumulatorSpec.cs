using Sim.Datapath.Structures;

namespace Sim.Datapath.Specs;

/// <summary>What a two's complement register does when a sum leaves its range.</summary>
public enum RegisterOverflow : byte { Wrap, Saturate }

/// <summary>The accumulating register of a datapath: a closed family, one record (and file) a kind. Each states the hardware of its own
/// steps.</summary>
public abstract record AccumulatorSpec
{
    /// <summary>Format of a finished sum, and of what a sum may start from, where the kind says so by itself; null: two's complement, or
    /// the kind's own fields say it.</summary>
    public virtual Formats.INumberFormat? ResultFormat => null;

    /// <summary>Flip-flops of the register for products of this shape.</summary>
    public abstract int RegisterBits(ProductShape product);

    /// <summary>Logic of acc ← acc + product after the multiplier; the register itself is not included.</summary>
    public abstract Structure Step(ProductShape product);

    /// <summary>Logic of acc ← acc + other partial sum at accumulator precision: what sits below an array that spills partial
    /// sums.</summary>
    public abstract Structure Combine(ProductShape product);

    /// <summary>Logic that turns the finished register into the output format; empty when the register is the output.</summary>
    public virtual Structure OutputConverter(ProductShape product) => Structure.Empty;

    /// <summary>Adder of a two's complement register with what its overflow policy needs.</summary>
    private protected static Structure RegisterAdder(int bits, RegisterOverflow overflow)
    {
        Structure adder = Structure.Empty.With("accumulation adder", PrimitiveKind.Adder, bits, onPath: true);
        return overflow == RegisterOverflow.Wrap ? adder
            : adder.With("overflow detection", PrimitiveKind.Gate, 3).With("saturation", PrimitiveKind.Mux, bits, onPath: true);
    }
}
