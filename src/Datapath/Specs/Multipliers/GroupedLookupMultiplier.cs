using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Specs;

/// <summary>
/// Lookup-table PEs (T-MAC, arXiv 2407.00088; LUT Tensor Core, arXiv 2408.06003): a table holds the sums of <paramref name="Group"/>
/// activations under every choice of signs (or of 0 and 1); one bit of each of as many weights addresses it, a bit plane a cycle, and what
/// comes out is put in the plane's place and added. Products are exact. With bits read as ±1, Σ c_j·s_j = 2w + 1 for two's complement
/// weights, so that Σ a·w = (Σ_j c_j·T[s_j] - Σ a) / 2.
/// </summary>
/// <param name="Group">Activations of a table, 1 to <see cref="MaximumGroup"/>.</param>
/// <param name="Symmetric">Bits read as ±1: half a table and a conditional negation. Else 0 and 1, the whole table.</param>
/// <param name="SharedBy">PEs (outputs) that read one table, which share its registers and the adders that fill it.</param>
public sealed record GroupedLookupMultiplier(int Group = 4, bool Symmetric = true, int SharedBy = 1) : ExactMultiplier
{
    /// <summary>Most activations of a table: 256 words.</summary>
    public const int MaximumGroup = 8;

    /// <inheritdoc/>
    public override string Kind => "grouped_lookup";

    /// <summary>Words that a table stores.</summary>
    public int Words => 1 << (Symmetric ? Group - 1 : Group);

    /// <summary>A group takes one cycle for each bit of its weights; a product its share, rounded up.</summary>
    public override int CyclesPerMac(INumberFormat activation, INumberFormat weight)
    {
        ArgumentNullException.ThrowIfNull(weight);
        return (weight.Bits + Group - 1) / Group;
    }

    /// <inheritdoc/>
    public override string? Refuses(INumberFormat activation, INumberFormat weight)
    {
        if (Group is < 1 or > MaximumGroup
            || SharedBy < 1) return $"a table holds sums of 1 to {MaximumGroup} activations and is read by 1 or more PEs, found {Group} and {SharedBy}";
        return activation is FixedFormat && weight is FixedFormat ? null
            : $"tables of sums take integers or fixed-point numbers, weights bit by bit; found {activation?.Name} and {weight?.Name}";
    }

    /// <inheritdoc/>
    public override string? RefusesAccumulator(AccumulatorSpec accumulator) => accumulator
        is IntegerAccumulator { Overflow: RegisterOverflow.Wrap } or ExactAccumulator { Quire: null } ? null
        : "bit planes of a group are added one by one, so the accumulator must be an integer that wraps or an exact one";

    /// <summary>The multiplexers that read a table, negation, the shifter that places a plane, and a share of the adders that fill the
    /// table.</summary>
    public override Structure Logic(OperandShape activation, OperandShape weight)
    {
        int width = EntryBits(activation), places = weight.SignificandBits - 1;
        Structure read = Structure.Empty;
        for (int words = Words; words > 1; words /= 2) read = read.With("table multiplexer", PrimitiveKind.Mux, width, count: words / 2,
            onPath: true);
        return read
            .With("table negation", PrimitiveKind.Xor, Symmetric || weight.Signed ? width : 0)
            .With("plane placing shifter", PrimitiveKind.Placer, places == 0 ? 0 : width + places, places == 0 ? 0
                : BitOperations.Log2((uint)places) + 1, onPath: true)
            // Every word is another one with one more activation.
            .With("table filling adder", PrimitiveKind.Adder, width, count: (Words - 1 + SharedBy - 1) / SharedBy,
                activity: 1.0 / weight.SignificandBits);
    }

    /// <inheritdoc/>
    public override Structure Registers(OperandShape activation, OperandShape weight) =>
        Structure.Empty.With("table register", PrimitiveKind.Register, (Words * EntryBits(activation) + SharedBy - 1) / SharedBy,
            activity: 1.0 / weight.SignificandBits);

    /// <summary>Bits of a word: a sum of Group activations with its sign.</summary>
    private int EntryBits(OperandShape activation) => activation.SignificandBits + BitOperations.Log2((uint)Group)
        + (Symmetric && !activation.Signed ? 1 : 0) + (BitOperations.IsPow2(Group) ? 0 : 1);
}
