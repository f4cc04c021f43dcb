using System.Collections.Immutable;
using Sim.ArchModel.Technologies;
using Sim.Datapath.Specs;

namespace Sim.ArchModel.Costs;

/// <summary>Prices every action of <see cref="ActionNames"/> that an accelerator can take.</summary>
internal sealed class ActionPrices
{
    private readonly ImmutableArray<PricedAction>.Builder _all = ImmutableArray.CreateBuilder<PricedAction>();

    /// <summary>Prices every action of the architecture in pJ.</summary>
    public ActionPrices(Architecture architecture, Technology technology, PricedPe pe, ImmutableArray<BufferCost> buffers)
    {
        string logic = $"technology '{technology.Name}': primitives × widths; {technology.Activity}";
        DatapathSpec datapath = architecture.Datapath;
        // Output-stationary arrays pass on both operands equally often; an operand_shift is the mean of the two.
        int streams = architecture.Array.Dataflow == Dataflow.OutputStationary ? 2 : 1;
        Add(ActionNames.Pe, ActionNames.Mac, datapath.CyclesPerMac * (pe.MacLogic.EnergyFemtojoules + pe.MacRegisters.EnergyFemtojoules)
            / pe.MacsPerStep / 1000, logic);
        Add(ActionNames.Pe, ActionNames.OperandShift, pe.StreamRegisters.EnergyFemtojoules / streams / 1000, logic);
        if (architecture.Array.Dataflow == Dataflow.OutputStationary)
            Add(ActionNames.Pe, ActionNames.ResultShift, pe.ResultPath.EnergyFemtojoules / 1000
                + (architecture.Array.OverlapDrain ? 0 : AccumulatorRegister(pe)), logic);
        else
            Add(ActionNames.Pe, ActionNames.WeightLoad,
                pe.StationaryRegisters.EnergyFemtojoules / (architecture.Array.OverlapWeightLoad ? 2 : 1) / 1000, logic);
        Add(ActionNames.Accumulator, ActionNames.Add, pe.Accumulator.EnergyFemtojoules / 1000, logic);

        foreach ((BufferLevel level, BufferCost cost) in architecture.Buffers.Zip(buffers)) AddBuffer(level, cost, datapath);

        Foundation.Sourced<double> dram = technology.DramPicojoulesPerBit[architecture.Dram.Kind];
        Add(ActionNames.Dram, ActionNames.ReadBits, dram.Value, dram.Source);
        Add(ActionNames.Dram, ActionNames.WriteBits, dram.Value, dram.Source);
        Add(ActionNames.Vector, ActionNames.VectorOp, pe.Lane.EnergyFemtojoules / 1000, logic);
        foreach ((string name, StructureCost lane) in pe.Functions) Add(ActionNames.Vector, name, lane.EnergyFemtojoules / 1000, logic);
    }

    /// <summary>The prices, in the order of the components.</summary>
    public ImmutableArray<PricedAction> All => _all.ToImmutable();

    private void AddBuffer(BufferLevel level, BufferCost cost, DatapathSpec datapath)
    {
        foreach (Operands operand in ActionNames.SingleOperands)
        {
            if (!level.Keeps.HasFlag(operand)) continue;
            (int bits, int elements) = Storage(datapath, operand);
            Add(level.Name, ActionNames.ReadOf(operand), cost.ReadPicojoules(bits, elements), cost.Source);
            Add(level.Name, ActionNames.WriteOf(operand), cost.WritePicojoules(bits, elements), cost.Source);
            if (operand != Operands.Outputs) continue;
            Add(ActionNames.Accumulator, ActionNames.Read, cost.ReadPicojoules(bits, elements), cost.Source);
            Add(ActionNames.Accumulator, ActionNames.Write, cost.WritePicojoules(bits, elements), cost.Source);
        }
    }

    /// <summary>Outputs stay at accumulator width on chip until the vector unit has turned them into activations.</summary>
    private static (int Bits, int Elements) Storage(DatapathSpec datapath, Operands operand) => operand switch
    {
        Operands.Activations => datapath.ActivationStorage,
        Operands.Weights => datapath.WeightStorage,
        _ => (datapath.AccumulatorBits, 1),
    };

    private static double AccumulatorRegister(PricedPe pe) =>
        pe.MacRegisters.Items.Where(i => i.Item.Role == "accumulator register").Sum(i => i.EnergyFemtojoules) / 1000;

    private void Add(string component, string action, double picojoules, string source) =>
        _all.Add(new PricedAction(component, action, new ActionPrice(picojoules, source)));
}
