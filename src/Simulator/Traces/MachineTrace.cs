using Sim.ArchModel;
using Sim.Mapper;
using Sim.Simulator.Cycles;

namespace Sim.Simulator.Traces;

/// <summary>
/// A network on the machine as a trace in the JSON format of Chrome and Perfetto: a track for the layers, the array's steps, its tiles and
/// its waits, the ports of every buffer, the bus to DRAM and the vector unit. One cycle is one microsecond of the trace.
/// </summary>
public sealed class MachineTrace(Architecture architecture) : INetworkObserver
{
    private readonly TraceText _text = new();

    /// <inheritdoc/>
    public IMachineObserver? Watch(Mapping mapping, long begin)
    {
        ArgumentNullException.ThrowIfNull(mapping);
        return new Layer(this, mapping, begin, _text.Count);
    }

    /// <inheritdoc/>
    public void Done(MachineLayer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        if (layer.Cycles == 0) return;
        _text.Add("layers", layer.Name, layer.Begin, layer.Begin + layer.Cycles);
        if (layer.Mapping is null) _text.Add("vector unit", layer.Name, layer.Begin, layer.Begin + layer.Cycles);
    }

    /// <summary>The trace; tracks in the order of the machine, slices of a track in time.</summary>
    public string Write() => _text.Write(architecture.Name, Tracks());

    private IEnumerable<string> Tracks()
    {
        yield return "layers";
        yield return "array: steps";
        yield return "array: stationary tiles";
        yield return "array: waits";
        foreach (BufferLevel buffer in architecture.Buffers)
            foreach (Operands operand in ActionNames.SingleOperands)
                foreach (string port in new[] { "array reads", "array writes", "from DRAM", "to DRAM" })
                    if (buffer.Keeps.HasFlag(operand)) yield return Port(operand, port);
        yield return "DRAM bus";
        yield return "vector unit";
    }

    private string Port(Operands operand, string port) =>
        $"{architecture.Buffers.Single(b => b.Keeps.HasFlag(operand)).Name}: {port} {NameOf(operand)}";

    private static string NameOf(Operands operand) => operand.ToString().ToLowerInvariant();

    private sealed class Layer(MachineTrace trace, Mapping mapping, long origin, int first) : IMachineObserver
    {
        private readonly FoldGrid _grid = mapping.Grid;

        public void Restart() => trace._text.Forget(first);

        public void Stream(int unit, int fold, long begin, long end)
        {
            Add("array: steps", $"fold {fold} unit {unit}", begin, end);
            Add(trace.Port(Mapping.RowOperand(_grid.Dataflow), "array reads"), "read", begin, end);
            if (!_grid.LoadsStationary) Add(trace.Port(Operands.Weights, "array reads"), "read", begin, end);
            // As the last column's results come, or would come if this unit had any.
            long wave = _grid.Rows + _grid.Columns - 2;
            if (_grid.LoadsStationary) Add(trace.Port(Operands.Outputs, "array writes"), "sums", begin + wave, end + wave);
            else if ((unit + 1) % mapping.UnitsPerFold == 0) Add(trace.Port(Operands.Outputs, "array writes"), "results", end - 1 + wave,
                end + wave);
        }

        public void Load(int fold, long begin, long end)
        {
            Add("array: stationary tiles", $"fold {fold}", begin, end);
            Add(trace.Port(Mapping.Stationary(_grid.Dataflow), "array reads"), "tile", begin, end);
        }

        public void Transfer(Operands operand, bool toDram, long begin, long end)
        {
            Add("DRAM bus", $"{(toDram ? "write" : "read")} {NameOf(operand)}", begin, end);
            Add(trace.Port(operand, toDram ? "to DRAM" : "from DRAM"), toDram ? "read" : "write", begin, end);
        }

        public void Idle(CycleUse use, long begin, long end) => Add("array: waits", CycleUses.NameOf(use), begin, end);

        public void Cycle(long cycle, Datapath.Kernels.Systolic.PeGrid grid)
        {
        }

        private void Add(string track, string name, long begin, long end) =>
            trace._text.Add(track, name, origin + begin, origin + end);
    }
}
