using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Foundation;
using Sim.Mapper.Constraints;
using Sim.Mapper.Nests;
using Sim.Mapper.Search;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Tests.Zigzag;

/// <summary>
/// ZigZag's zigzag/inputs/hardware/tpu_like.yaml with its prices: 32 x 32 MACs with filters along one axis and channels along the other, a
/// register file of 128 weights and one of a 16-bit sum in each, 2 MB of SRAM for activations and sums, DRAM. The inputs of a MAC stay
/// there for nothing while they do not change (its mac_level_data_stationary_cycle): latches without a price.
/// </summary>
internal static class ZigzagTpu
{
    private const int Dram = 0, Sram = 1, Array = 2, Weights = 3, Sums = 4, Latches = 5;

    // pJ an access, bits an access: a share of the widest access costs its share.
    private const double Mac = 0.04, DramRead = 700.0 / 64, DramWrite = 750.0 / 64, SramRead = 416.16 / 2048, SramWrite = 378.4 / 2048,
        WeightFile = 0.095 / 8, SumFile = 0.021 / 16;

    private const int Input = 8, Partial = 16, Final = 8;

    public static Hierarchy Hierarchy { get; } = new("tpu_like",
    [
        Memory("dram", null, default, PerOperand.Of(_ => Keeping.Must)) with { WordBits = 64, Ports = new(0, 0, 1) },
        Memory("sram_2MB", 16777216, default, PerOperand.Of(o => o == Operand.Weights ? Keeping.Bypass : Keeping.Must)) with
        {
            WordBits = 2048, Ports = new(1, 1, 0),
        },
        new FabricLevel("array",
            [new("k", 32, Sharing.Multicast, Sharing.None, Reduction.None), new("c", 32, Sharing.None, Sharing.None, Reduction.Tree)]),
        Memory("rf_128B", null, new(null, 1024, null), PerOperand.Of(o => o == Operand.Weights ? Keeping.Must : Keeping.Bypass)),
        Memory("rf_2B", null, new(null, null, 16), PerOperand.Of(o => o == Operand.Outputs ? Keeping.Must : Keeping.Bypass)),
        Memory("latches", null, new(8, 8, null), PerOperand.Of(o => o == Operand.Outputs ? Keeping.Bypass : Keeping.Must)),
    ]);

    private static MapCosts Costs { get; } = new(
    [
        PerOperand.Of(o => Rate(DramRead, DramWrite, o, 64)), PerOperand.Of(o => Rate(SramRead, SramWrite, o, 2048)), default,
        PerOperand.Of(o => Rate(WeightFile, WeightFile, o, 8)), PerOperand.Of(o => Rate(SumFile, SumFile, o, 16)),
        PerOperand.Of(o => Rate(0, 0, o, 8)),
    ], new(DramRead * Final, DramWrite * Final, DramWrite * Final, Final / 64.0, Final), Mac, DrainReads: true, AddsRead: true);

    /// <summary>Filters along k, channels along c, as its mapping file wants.</summary>
    public static MapProblem Problem(LoopLayer layer) => new(layer, Hierarchy, Costs)
    {
        Constraints = new([Only(0, LoopDim.M), Only(1, LoopDim.C)]),
    };

    private static BoundRule Only(int axis, LoopDim dim) => new("axis", new("tpu_like.yaml"), BoundPlace.Axis, Array, axis,
        [.. Enum.GetValues<LoopDim>().Where(d => d != dim).Select(d => new DimBound(d, 1, 1))]);

    /// <summary>
    /// pJ of a nest by exact counts, and by ZigZag's: Z1, a sum is also read before the first product is added to it; Z2, an input that a
    /// window's move leaves where it is (the last row of one output is the first of the next) is read again.
    /// </summary>
    public static (double Exact, double Theirs) Energy(NestCounts counts)
    {
        StoreCounts At(Operand operand, int level) => counts.At(operand, level)!;
        StoreCounts sums = At(Operand.Outputs, Sums), sram = At(Operand.Outputs, Sram), last = At(Operand.Outputs, Dram);
        Assert.That(sram.ReadBacks, Is.Zero, "sums stay on chip in all of its mappings");
        double energy = counts.Macs * Mac
            + Input * At(Operand.Weights, Dram).Reads * DramRead
            + Input * (At(Operand.Weights, Weights).Fills + At(Operand.Weights, Weights).Reads) * WeightFile
            + Blocks(At(Operand.Activations, Dram).Reads) * DramRead + Accesses(At(Operand.Activations, Sram).Fills) * SramWrite
            + Partial * SumFile * (sums.Updates + sums.Writes)
            + Final * (last.Updates * DramWrite + sram.Writes * SramRead);
        bool partialInSram = sums.ReadBacks > 0, partialInFile = partialInSram || counts.Macs > sums.Writes;
        double inputs = Padded(counts, LoopDim.C, Input) * SramRead;
        double partial = Padded(counts, LoopDim.M, Partial);
        energy += sram.Updates * (partialInSram ? partial : Padded(counts, LoopDim.M, Final)) * SramWrite;
        double exact = energy + inputs * At(Operand.Activations, Sram).Reads
            + (sums.Updates - sums.Distinct) * Partial * SumFile + sums.ReadBackMembers * Partial * SumFile
            + sums.ReadBacks * partial * SramRead;
        double theirs = energy + inputs * counts.Macs / Places(counts, LoopDim.M) / Kept(counts)
            + (partialInFile ? sums.Updates : 0) * Partial * SumFile
            + (partialInSram ? sums.Writes * Partial * SumFile + sram.Updates * partial * SramRead : 0);
        return (exact, theirs);
    }

    // A transfer is whole blocks of 64 bits (bandwidth_min); a fraction of an access is dropped.
    private static double Blocks(long words) => Math.Ceiling(words * Input / 64.0) * 64;

    private static double Accesses(long words) => Math.Floor(Blocks(words) / 2048) * 2048;

    // So is what one step takes from the SRAM or brings there: bits of an element with its share of the filling.
    private static double Padded(NestCounts counts, LoopDim dim, int bits)
    {
        long places = Places(counts, dim);
        return Math.Ceiling(places * bits / 64.0) * 64 / places;
    }

    private static long Places(NestCounts counts, LoopDim dim) =>
        counts.Nest.Nodes.OfType<SpatialNode>().Where(s => s.Dim == dim).Aggregate(1L, (n, s) => n * s.Count);

    // Steps for which an input stays at its MACs: innermost loops over filters.
    private static long Kept(NestCounts counts) =>
        counts.Nest.Nodes.OfType<LoopNode>().Reverse().TakeWhile(f => f.Dim == LoopDim.M).Aggregate(1L, (n, f) => n * f.Count);

    private static StoreRate Rate(double read, double write, Operand operand, double word)
    {
        int bits = operand == Operand.Outputs ? Partial : Input;
        return new(read * bits, write * bits, write * bits, bits / word, bits);
    }

    private static MemoryLevel Memory(string name, long? bits, PerOperand<long?> parts, PerOperand<Keeping> keeps) =>
        new(name, bits, parts, 8, 1, default, null, 0, 0, keeps, default);
}
