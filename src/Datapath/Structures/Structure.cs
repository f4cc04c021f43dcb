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
    /// <summary>Adds 0 or 1 to Width bits: a chain of half adders.</summary>
    Incrementer,
    /// <summary>Width two-input gates: zero detection, gating, masking.</summary>
    Gate,
    /// <summary>Left shifter that places a short word in a zero-filled window of Width bits by Width2 stages; cheaper than a full barrel
    /// shifter.</summary>
    Placer,
}

/// <summary>One primitive with its widths in bits (Width2 is 0 where it has no meaning).</summary>
public readonly record struct Primitive(PrimitiveKind Kind, int Width, int Width2 = 0);

/// <summary>
/// Count copies of a primitive with the role they play, e.g. "significand multiplier". OnPath: this role lies on the unit's longest path,
/// so its delay adds to the unit's; the others work beside it. Activity: how much of it switches in an operation, relative to the same
/// primitive fed with random words on all its bits.
/// </summary>
public readonly record struct StructureItem(string Role, Primitive Primitive, int Count, bool OnPath = false, double Activity = 1);

/// <summary>The bag of primitives a unit is made of. Structures compose by concatenation: the left unit feeds the right one.</summary>
public sealed record Structure(ImmutableArray<StructureItem> Items)
{
    /// <summary>A unit without gates.</summary>
    public static Structure Empty { get; } = new([]);

    /// <summary>Both units side by side.</summary>
    public static Structure operator +(Structure left, Structure right) => new(left.Items.AddRange(right.Items));

    /// <summary>The unit with one more part; nothing is added when it has no bits.</summary>
    public Structure With(string role, PrimitiveKind kind, int width, int width2 = 0, int count = 1, bool onPath = false,
        double activity = 1) =>
        width <= 0 || count <= 0 ? this
            : new(Items.Add(new StructureItem(role, new Primitive(kind, width, width2), count, onPath, activity)));

    /// <summary>As many copies of the unit, side by side.</summary>
    public Structure Times(int copies)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(copies);
        return copies == 0 ? Empty : new([.. Items.Select(i => i with { Count = i.Count * copies })]);
    }

    /// <summary>Flip-flops in the unit.</summary>
    public int RegisterBits => Items.Where(i => i.Primitive.Kind == PrimitiveKind.Register).Sum(i => i.Primitive.Width * i.Count);
}
