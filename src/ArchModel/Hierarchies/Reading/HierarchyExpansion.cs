using System.Collections.Immutable;
using Sim.ArchModel.Reading;
using Sim.Datapath.Specs;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Hierarchies.Reading;

/// <summary>
/// A version 1 file (array and buffers) as a hierarchy: the DRAM, the buffers, the systolic array, the registers of a PE. Its switches
/// `overlap.fill` and `overlap.drain` have no counterpart: whether phases of consecutive tiles overlap follows from what is
/// double-buffered.
/// </summary>
public static class HierarchyExpansion
{
    private const string Dram = ActionNames.Dram, Array = "array", Row = "row", Column = "column", Registers = "registers";

    /// <summary>The expansion.</summary>
    public static LoadedHierarchy Of(LoadedArchitecture loaded)
    {
        ArgumentNullException.ThrowIfNull(loaded);
        Architecture flat = loaded.Architecture;
        var compute = new ComputeUnit(ActionNames.Pe, flat.Datapath.Lanes, Rational.Of(flat.Datapath.CyclesPerMac));
        var levels = ImmutableArray.CreateBuilder<HierarchyLevel>();
        double? rate = flat.Dram.BytesPerCycle * 8;
        levels.Add(new MemoryLevel(Dram, null, default, MemoryEntry.DefaultOffChipWord, 1,
            MemoryEntry.OffChipPorts(rate, MemoryEntry.DefaultOffChipWord), rate, 0, 0, PerOperand.Of(_ => Keeping.Must), default)
            { DramKind = flat.Dram.Kind });
        foreach (BufferLevel buffer in flat.Buffers)
        {
            PerOperand<bool> kept = PerOperand.Of(o => buffer.Keeps.HasFlag(FlagOf(o)));
            levels.Add(new MemoryLevel(buffer.Name, buffer.CapacityBytes * 8, default, buffer.PortBits, buffer.Banks,
                new MemoryPorts(1, 1, 0), null, 0, 0, PerOperand.Of(o => kept[o] ? Keeping.Must : Keeping.Bypass),
                PerOperand.Of(o => kept[o] && buffer.DoubleBuffered)));
        }
        string Name(string wanted) => flat.Buffers.Any(b => b.Name == wanted) ? "pe_" + wanted : wanted;
        levels.Add(new FabricLevel(Name(Array), Axes(flat)));
        levels.Add(PeRegisters(Name(Registers), flat));
        var architecture = new HierarchicalArchitecture(flat.Name, flat.TechnologyName, flat.ClockHertz, flat.Datapath,
            new Hierarchy(flat.Name, HierarchyReader.WithLanes(levels.ToImmutable(), compute)), compute, flat.Vector);
        string dataflow = flat.Array.Dataflow switch
        {
            Dataflow.OutputStationary => "output_stationary",
            Dataflow.WeightStationary => "weight_stationary",
            _ => "input_stationary",
        };
        return new LoadedHierarchy(architecture, loaded.Technology, new YamlScalar(loaded.Place, dataflow)) { Places = loaded.Places };
    }

    // Rows hold what is summed (pixels when output-stationary); streamed operands cross the columns, and the rows where both are streamed.
    private static ImmutableArray<FabricAxis> Axes(Architecture flat)
    {
        int rows = flat.Array.Rows / flat.Datapath.Lanes, columns = flat.Array.Columns;
        return flat.Array.Dataflow switch
        {
            Dataflow.OutputStationary =>
            [
                new(Row, rows, Sharing.None, Sharing.Systolic, Reduction.None),
                new(Column, columns, Sharing.Systolic, Sharing.None, Reduction.None),
            ],
            Dataflow.WeightStationary =>
            [
                new(Row, rows, Sharing.None, Sharing.None, Reduction.Chain),
                new(Column, columns, Sharing.Systolic, Sharing.None, Reduction.None),
            ],
            _ =>
            [
                new(Row, rows, Sharing.None, Sharing.None, Reduction.Chain),
                new(Column, columns, Sharing.None, Sharing.Systolic, Reduction.None),
            ],
        };
    }

    private static MemoryLevel PeRegisters(string name, Architecture flat)
    {
        DatapathSpec datapath = flat.Datapath;
        (Operand kept, (int Bits, int Elements) storage, bool twice) = flat.Array.Dataflow switch
        {
            Dataflow.OutputStationary => (Operand.Outputs, (datapath.AccumulatorBits, 1), flat.Array.OverlapDrain),
            Dataflow.WeightStationary => (Operand.Weights, datapath.WeightStorage, flat.Array.OverlapWeightLoad),
            _ => (Operand.Activations, datapath.ActivationStorage, flat.Array.OverlapWeightLoad),
        };
        // An output is one a unit; a stationary input is one a lane, with its share of a block's scale.
        int held = kept == Operand.Outputs ? 1 : datapath.Lanes;
        int bits = (storage.Bits * held + storage.Elements - 1) / storage.Elements;
        return new MemoryLevel(name, null, PerOperand.Of<long?>(o => o == kept ? (long)bits * (twice ? 2 : 1) : null), bits, 1,
            new MemoryPorts(1, 1, 0), null, 0, 0, PerOperand.Of(o => o == kept ? Keeping.Must : Keeping.Bypass),
            PerOperand.Of(o => o == kept && twice));
    }

    private static Operands FlagOf(Operand operand) => operand switch
    {
        Operand.Activations => Operands.Activations,
        Operand.Weights => Operands.Weights,
        _ => Operands.Outputs,
    };
}
