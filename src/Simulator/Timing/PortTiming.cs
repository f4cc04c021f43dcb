using Sim.ArchModel;
using Sim.Mapper;

namespace Sim.Simulator.Timing;

/// <summary>The read or the write ports of a buffer's banks, one access of each a cycle.</summary>
public readonly record struct BufferPort(string Buffer, bool Writes)
{
    /// <summary>E.g. `port activations read`, as stalls name it.</summary>
    public override string ToString() => $"port {Buffer} {(Writes ? "write" : "read")}";
}

/// <summary>
/// What ports cost a layer's schedule. A bank reads one word and writes one a cycle; a word holds ⌊port / element⌋ elements, a wider
/// element takes several. The schedule is the layer's, not the fold's: it is made for full lanes. A buffer with several readers divides its frame
/// among them: streamed operands, old sums (when K takes more than one fold), a row of the next stationary tile.
/// </summary>
/// <param name="Step">Cycles of a step: of its product, or of the words that it moves.</param>
/// <param name="Load">Cycles to read a row of the stationary tile.</param>
/// <param name="Drain">Cycles to write the results of a row (output-stationary) or the sums of a step.</param>
/// <param name="StepPort">What makes a step longer than its product.</param>
/// <param name="LoadPort">Whose port rows of the stationary tile come through.</param>
/// <param name="DrainPort">Whose port results leave through.</param>
internal sealed record PortTiming(int Step, int Load, int Drain, BufferPort StepPort, BufferPort LoadPort, BufferPort DrainPort)
{
    /// <summary>Ports that never delay anything, for products of so many cycles.</summary>
    public static PortTiming Unlimited(int cyclesPerMac) => new(cyclesPerMac, 1, 1, default, default, default);

    /// <summary>The ports of an architecture under a mapping.</summary>
    public static PortTiming Of(Architecture architecture, FoldGrid grid, ElementWidths widths)
    {
        Operands stationary = Mapping.Stationary(grid.Dataflow), rowOperand = Mapping.RowOperand(grid.Dataflow);
        long rows = grid.RowsInUse, columns = grid.ColumnsInUse, ofTile = Math.Min(grid.BlockColumns, grid.ColumnExtent);
        int step = architecture.Datapath.CyclesPerMac, load = 1, drain = 1;
        BufferPort stepPort = default, loadPort = default, drainPort = default;
        foreach (BufferLevel buffer in architecture.Buffers)
        {
            var reads = new BufferPort(buffer.Name, false);
            var writes = new BufferPort(buffer.Name, true);
            long words = 0;
            bool streams = false;
            foreach (Operands operand in ActionNames.SingleOperands)
            {
                if (!buffer.Keeps.HasFlag(operand)) continue;
                // A row of the stationary tile lies in the columns of one group.
                long lanes = operand == rowOperand ? rows : grid.LoadsStationary && operand == stationary ? ofTile : columns;
                bool sums = operand == Operands.Outputs, read = !sums || grid.LoadsStationary && grid.RowFolds > 1;
                if (sums)
                {
                    drain = Frame(buffer, TransferPorts.Words(buffer, columns, widths.Sum, widths));
                    drainPort = writes;
                }
                if (!read) continue;
                long elements = lanes * (sums || operand == stationary ? 1 : grid.ElementsPerStep);
                words += TransferPorts.Words(buffer, elements, sums ? widths.Sum : widths.OfInput(operand), widths);
                streams |= operand != stationary;
            }
            int frame = Frame(buffer, words);
            if (buffer.Keeps.HasFlag(stationary) && grid.LoadsStationary) (load, loadPort) = (frame, reads);
            if (streams && frame > step) (step, stepPort) = (frame, reads);
            if (grid.LoadsStationary && buffer.Keeps.HasFlag(Operands.Outputs) && drain > step) (step, stepPort) = (drain, writes);
        }
        return new PortTiming(step, load, drain, stepPort, loadPort, drainPort);
    }

    private static int Frame(BufferLevel buffer, long words) => checked((int)Math.Max(1, Ceiling(words, buffer.Banks)));

    private static long Ceiling(long dividend, long divisor) => (dividend + divisor - 1) / divisor;
}
