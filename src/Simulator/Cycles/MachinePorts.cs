using Sim.ArchModel;
using Sim.Mapper;

namespace Sim.Simulator.Cycles;

/// <summary>
/// Cycles for which the ports of the buffers occupy the machine: of a step of the stream (its digits at least, which come last), of a row
/// of a stationary tile, of a row of results. Words queue up at the banks and leave, one a bank and cycle. Lanes are filled as a full fold
/// of the layer fills them, so that the sequencer repeats one pattern.
/// </summary>
internal sealed record MachinePorts(int Step, int Load, int Drain)
{
    /// <summary>The port that makes a step longer than its digits; null: none does.</summary>
    public string? Slowest { get; private init; }

    /// <summary>The ports of an architecture, found by filling words.</summary>
    public static MachinePorts Of(Architecture architecture, Mapping mapping, ElementWidths widths)
    {
        FoldGrid grid = mapping.Grid;
        bool holdsResults = grid.Dataflow == Dataflow.OutputStationary;
        int ofBlock = grid.ColumnRange(0).Count, groups = grid.GroupsIn(0), rows = groups * grid.RowRange(0).Count,
            columns = groups * ofBlock, product = grid.ElementsPerStep;
        int step = architecture.Datapath.CyclesPerMac, load = 1, drain = 1;
        string? slowest = null;
        foreach (BufferLevel buffer in architecture.Buffers)
        {
            int words = 0;
            bool feeds = false;
            void Read(Operands operand, int elements, int width, bool isStep)
            {
                if (!buffer.Keeps.HasFlag(operand)) return;
                words += Fill(buffer, elements, width, widths);
                feeds |= isStep;
            }
            switch (grid.Dataflow)
            {
                case Dataflow.OutputStationary:
                    Read(Operands.Activations, rows * product, widths.Activation, true);
                    Read(Operands.Weights, columns * product, widths.Weight, true);
                    break;
                case Dataflow.WeightStationary:
                    Read(Operands.Activations, rows, widths.Activation, true);
                    Read(Operands.Weights, ofBlock, widths.Weight, false);
                    break;
                default:
                    Read(Operands.Weights, rows, widths.Weight, true);
                    Read(Operands.Activations, ofBlock, widths.Activation, false);
                    break;
            }
            if (!holdsResults && grid.RowFolds > 1) Read(Operands.Outputs, columns, widths.Sum, true);
            if (feeds) Slow(Serve(words, buffer.Banks), $"port {buffer.Name} read");
            if (!holdsResults && buffer.Keeps.HasFlag(Mapping.Stationary(grid.Dataflow))) load = Serve(words, buffer.Banks);
            if (!buffer.Keeps.HasFlag(Operands.Outputs)) continue;
            drain = Serve(Fill(buffer, columns, widths.Sum, widths), buffer.Banks);
            if (!holdsResults) Slow(drain, $"port {buffer.Name} write");
        }
        return new MachinePorts(step, load, drain) { Slowest = slowest };

        void Slow(int cycles, string port)
        {
            if (cycles > step) (step, slowest) = (cycles, port);
        }
    }

    /// <summary>Words that elements fill, one after another; one that does not fit a word takes several of its own.</summary>
    public static int Fill(BufferLevel buffer, long elements, int width, ElementWidths widths)
    {
        long capacity = (long)buffer.PortBits * widths.PartsPerBit, free = 0;
        int words = 0;
        for (long i = 0; i < elements; i++)
        {
            if (free < width) (words, free) = (words + 1, capacity);
            free -= width;
            for (; free < 0; free += capacity) words++;
            if (width > capacity) free = 0;
        }
        return words;
    }

    /// <summary>Cycles until the banks have moved so many words.</summary>
    public static int Serve(int words, int banks)
    {
        int cycles = 0;
        for (; words > 0; words -= banks) cycles++;
        return Math.Max(1, cycles);
    }
}
