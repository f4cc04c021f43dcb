using System.Collections.Immutable;
using Sim.Datapath.Nonlinear;
using Sim.Datapath.Specs;
using Sim.Workloads.Quantization;

namespace Sim.Simulator.Execution;

/// <summary>One matrix layer ready for a datapath: codes of its weights, scales, the order of its sums and the kernel that computes
/// them.</summary>
/// <param name="Groups">The weights of each group, packed for the kernel that computes it.</param>
/// <param name="Activation">Scale and zero point of the layer's input.</param>
/// <param name="Register">How sums leave the layer's register.</param>
/// <param name="Encoder">Float layers: numbers of the input to codes, as the recipe rounds them; null for integer layers.</param>
/// <param name="Blocks">How operands become blocks along K; null: single numbers.</param>
/// <param name="Scales">Float layers: input scale · weight scale · alpha a row. Integer layers: input scale · weight scale / output
/// scale.</param>
internal sealed record QuantizedLayer(MatrixLayer Layer, LayerKernel[] Groups, QuantizationParameters Activation, float[] Scales,
    ReductionOrder Order,
    RegisterReading Register, TensorEncoder? Encoder, BlockOperands? Blocks = null)
{
    /// <summary>Integer layers: code − integer of the input; a zero point of run time is moved by it as well.</summary>
    internal int Shift { get; init; }
}

/// <summary>What follows the last product of a sum: the number that the register holds, and the bias of an integer layer in it.</summary>
internal sealed record RegisterReading(AccumulatorDecoder Decoder, RegisterBias Bias)
{
    /// <summary>Of a datapath, whose kernels may sum in a register of their own.</summary>
    internal static RegisterReading Of(DatapathSpec kernel, DatapathSpec spec) =>
        new(new AccumulatorDecoder(kernel.Accumulator), new RegisterBias(spec.Accumulator));
}

/// <summary>A network quantized into the formats of one datapath: what every thread reads while evaluating.</summary>
internal sealed record QuantizedNetwork(DatapathSpec Spec, ElementEncoder Encoder, uint PadCode,
    ImmutableDictionary<string, QuantizedLayer> Layers, VectorProgram Vector, int Opset);
