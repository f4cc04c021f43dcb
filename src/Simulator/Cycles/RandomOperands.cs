using System.Collections.Immutable;
using Sim.ArchModel;
using Sim.Datapath;
using Sim.Datapath.Formats;
using Sim.Foundation.Random;
using Sim.Workloads.Graph;

namespace Sim.Simulator.Cycles;

/// <summary>Operands for layers without values: integer codes of the whole range, numbers between −1 and 1 in every other format, scales of
/// blocks 1. The same for the same layer everywhere.</summary>
public static class RandomOperands
{
    private const int Palette = 1024;

    /// <summary>Operands of a layer.</summary>
    public static MachineOperands Of(Architecture architecture, GemmLayer layer, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        return Of(architecture.Datapath, layer, seed);
    }

    /// <summary>Operands of a layer for a datapath.</summary>
    public static MachineOperands Of(Datapath.Specs.DatapathSpec spec, GemmLayer layer, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(layer);
        return new MachineOperands(Codes(spec.Activation, (long)layer.Groups * layer.M * layer.K, seed, 0),
            Codes(spec.Weight, layer.SecondElements, seed, 1))
        {
            ActivationScales = Ones(spec.ActivationBlocks, layer.Groups * layer.M, layer.K),
            WeightScales = Ones(spec.WeightBlocks, layer.Groups * layer.N, layer.K),
        };
    }

    private static ImmutableArray<uint> Codes(INumberFormat format, long count, ulong seed, ulong stream)
    {
        var random = new RandomStream(seed, stream);
        var codes = new uint[count];
        var palette = new uint[Palette];
        for (int i = 0; i < Palette; i++)
        {
            palette[i] = format is FixedFormat ? random.NextUInt32() & uint.MaxValue >> 32 - format.Bits
                : format.Encode(Exact.FromDouble(2 * random.NextDouble() - 1), Rounding.NearestEven, out _);
        }
        for (int i = 0; i < codes.Length; i++) codes[i] = palette[random.NextUInt32() % Palette];
        return System.Runtime.InteropServices.ImmutableCollectionsMarshal.AsImmutableArray(codes);
    }

    private static ImmutableArray<uint> Ones(BlockFormat? blocks, int rows, int k) => blocks is null ? []
        : [.. Enumerable.Repeat(blocks.Scale.Encode(Exact.FromDouble(1), Rounding.NearestEven, out _), rows * blocks.Blocks(k))];
}
