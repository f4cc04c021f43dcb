using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Inference;

/// <summary>One recorded answer of a chip: what the sum started from, the operands and what came out, each as the word that it was written
/// as.</summary>
public sealed record RecordedRow(uint C, uint[] A, uint[] B, uint D)
{
    /// <summary>What a datapath answers to the row. Words of formats that sit in wider ones lose their low bits, as in hardware.</summary>
    public uint Answer(DatapathSpec spec)
    {
        GemmEvents events = default;
        return (uint)ReferenceKernel.Dot(spec, C, Codes(spec.Activation, A), Codes(spec.Weight, B), ref events);
    }

    /// <summary>Whether a datapath gives the recorded answer; NaN is one answer, whatever its bits.</summary>
    public bool Fits(DatapathSpec spec) => Same(((FloatAccumulator)spec.Accumulator).Format, Answer(spec), D);

    internal static bool Same(INumberFormat format, uint left, uint right) =>
        left == right || format.Decode(left).Class == NumberClass.NaN && format.Decode(right).Class == NumberClass.NaN;

    private static uint[] Codes(INumberFormat format, uint[] words)
    {
        int shift = format.ContainerBits - format.Bits;
        return shift == 0 ? words : [.. words.Select(w => w >> shift)];
    }
}
