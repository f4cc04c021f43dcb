using System.Collections.Immutable;

namespace Sim.Datapath.Structures;

/// <summary>Hardware primitives whose area, delay and energy a technology prices by width.</summary>
public enum PrimitiveKind : byte
{
    /// <summary>Unsigned array multiplier, Width × Width2 bits.</summary>
    Multiplier,
    /// <summary>Carry-propagate adder or subtractor of Width bits.</summary>
    Adder,
    /// <summary>Magnitude comparator of Width bits.</summary>
    Comparator,
    /// <summary>2:1 multiplexer of Width bits.</summary>
    Mux,
    /// <summary>Left barrel shifter of Width bits.</summary>
    LeftShifter,
    /// <summary>Right barrel shifter of Width bits that collects a sticky bit.</summary>
    RightShifter,
    /// <summary>Leading-zero counter over Width bits.</summary>
    LeadingZeroCounter,
    /// <summary>XOR (conditional negation) of Width bits.</summary>
    Xor,
    /// <summary>Register of Width flip-flops.</summary>
    Register,
    /// <summary>Look-up table: Width address bits, Width2 data bits.</summary>
    Table,
}

/// <summary>One primitive with its widths in bits (Width2 is 0 where it has no meaning).</summary>
public readonly record struct Primitive(PrimitiveKind Kind, int Width, int Width2 = 0);

/// <summary>Count copies of a primitive with the role they play, e.g. "significand multiplier".</summary>
public readonly record struct StructureItem(string Role, Primitive Primitive, int Count);

/// <summary>The bag of primitives a unit is made of. Structures compose by concatenation.</summary>
public sealed record Structure(ImmutableArray<StructureItem> Items)
{
    /// <summary>A unit without gates.</summary>
    public static Structure Empty { get; } = new([]);

    /// <summary>Both units side by side.</summary>
    public static Structure operator +(Structure left, Structure right) => new(left.Items.AddRange(right.Items));
}
