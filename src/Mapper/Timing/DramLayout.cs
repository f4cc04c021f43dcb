using Sim.ArchModel.Hierarchies;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Timing;

/// <summary>An axis of a tensor in DRAM: indices of a dimension, or rows that outputs and filter taps touch.</summary>
/// <param name="Dim">The dimension; of a window, that of the outputs.</param>
/// <param name="Taps">The filter dimension of a window.</param>
/// <param name="Size">Indices.</param>
internal readonly record struct DramAxis(LoopDim Dim, LoopDim? Taps, long Size);

/// <summary>
/// How tensors lie in DRAM: row-major, the last axis fastest. Convolutions: activations N G C H W, outputs N G M P Q. Matrix products:
/// activations B M K, outputs B M N. Weights are packed tile by tile: what a transfer moves of them is one run.
/// </summary>
internal static class DramLayout
{
    /// <summary>Axes of an operand, outermost first.</summary>
    public static DramAxis[] Of(LoopLayer layer, Operand operand)
    {
        DramAxis Plain(LoopDim dim) => new(dim, null, layer.Size(dim));
        DramAxis Window(LoopDim dim, LoopDim taps) => new(dim, taps,
            checked((layer.Size(dim) - 1) * layer.Stride(dim) + (layer.Size(taps) - 1) * layer.Dilation(taps) + 1));
        (DramAxis n, DramAxis g) = (Plain(LoopDim.N), Plain(LoopDim.G));
        if (operand == Operand.Weights) return [g, Plain(LoopDim.M), Plain(LoopDim.C), Plain(LoopDim.R), Plain(LoopDim.S)];
        bool inputs = operand == Operand.Activations;
        DramAxis channels = Plain(inputs ? LoopDim.C : LoopDim.M);
        DramAxis rows = inputs ? Window(LoopDim.P, LoopDim.R) : Plain(LoopDim.P);
        DramAxis columns = inputs ? Window(LoopDim.Q, LoopDim.S) : Plain(LoopDim.Q);
        return layer.IsGemm ? [n, g, rows, columns, channels] : [n, g, channels, rows, columns];
    }
}
