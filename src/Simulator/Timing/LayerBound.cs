using Sim.ArchModel;

namespace Sim.Simulator.Timing;

/// <summary>
/// What bounds a layer: of the times that the array, each port and the bus would take for it if nothing else took any, the longest; on a
/// tie the array, then ports in the order of their stalls, then the bus.
/// </summary>
internal static class LayerBound
{
    /// <summary>The array itself, or the lanes of the vector unit.</summary>
    public const string Compute = "compute";

    /// <summary>Of a matrix layer.</summary>
    public static string Of(Architecture architecture, LayerTiming timing)
    {
        Mapper.ElementWidths widths = Mapper.ElementWidths.Of(architecture.Datapath);
        Mapper.FoldGrid grid = timing.Mapping.Grid;
        PortTiming ports = PortTiming.Of(architecture, grid, widths);
        (string bound, double longest) = (Compute, timing.ComputeCycles);
        void Meet(string cause, double cycles)
        {
            if (cycles > longest) (bound, longest) = (cause, cycles);
        }
        double rows = grid.RowsInUse, folds = grid.Folds;
        if (ports.Step > architecture.Datapath.CyclesPerMac) Meet(ports.StepPort.ToString(), folds * grid.StreamLength * ports.Step);
        if (ports.Load > 1) Meet(ports.LoadPort.ToString(), folds * rows * ports.Load);
        if (ports.Drain > 1 && !grid.LoadsStationary)
            Meet(ports.DrainPort.ToString(), folds * Math.Min(grid.BlockRows, grid.RowExtent) * ports.Drain);
        if (architecture.Dram.BytesPerCycle is { } rate) Meet(LayerTiming.DramCause, timing.Dram.Bits(widths) / (8 * rate));
        return bound;
    }

    /// <summary>Of a layer of the vector unit: what it waits for last, else its operations.</summary>
    public static string Of(VectorTiming timing) => timing.Stalls.IsEmpty ? Compute : timing.Stalls[^1].Cause;
}
