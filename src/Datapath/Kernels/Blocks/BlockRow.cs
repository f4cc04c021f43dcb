using System.Runtime.Intrinsics;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels.Blocks;

/// <summary>What the kernels of <see cref="BlockDotUnit"/> share: which datapaths they take, scales by code, and how fp32 lanes
/// end.</summary>
internal static class BlockRow
{
    private const int MostScaleBits = 11;

    /// <summary>Why neither takes a datapath; null when it is in blocks, into floats rounded to nearest.</summary>
    public static string? Refuses(DatapathSpec spec, ReductionOrder order, int k, out BlockDotUnit? unit)
    {
        unit = spec.Dot as BlockDotUnit;
        if (unit is null) return "needs operands in blocks";
        if (ReferenceKernel.RefusesDot(spec, order, k) is { } reason) return reason;
        if (spec.Accumulator is not FloatAccumulator
            { Rounding: RoundingMode.NearestEven, Product: null, Format: FloatFormat { Subnormals: true } })
            return "needs a float accumulator with subnormals that rounds once, to nearest even";
        foreach (BlockFormat? blocks in new[] { unit.Activations, unit.Weights })
            if (blocks is not null && (blocks.Scale.Bits > MostScaleBits
                || Scales(blocks) is null)) return $"scales in {blocks.Scale.Name} are no short binary32 numbers";
        return null;
    }

    /// <summary>The scales of a side by code, NaN where they are; null without blocks, or when they are not numbers of at most 8 bits of
    /// binary32.</summary>
    public static float[]? Scales(BlockFormat? blocks)
    {
        if (blocks is null || OperandRange.Of(blocks.Scale) is not { Width: <= 8 } range || range.Top > 128
            || range.Unit < -129) return null;
        return [.. Enumerable.Range(0, 1 << blocks.Scale.Bits).Select(code => (float)blocks.Scale.Decode((uint)code).ToDouble())];
    }

    /// <summary>Lane elements of a chunk of whole segments of <paramref name="lanes"/> codes and a scale, which take
    /// <paramref name="steps"/> each; one chunk over all: more than any row has.</summary>
    public static int ChunkSteps(ReductionOrder order, int lanes, int steps) =>
        order.Chunk == 0 ? int.MaxValue : checked(order.Chunk / (lanes + 1) * steps);

    /// <summary>Operands in blocks take no zero points.</summary>
    public static void Demand(int zeroPoint)
    {
        if (zeroPoint != 0) throw new ArgumentException("operands in blocks take no zero points", nameof(zeroPoint));
    }

    /// <summary>fp32 lanes as codes; false when a lane that is not padding is Inf or NaN.</summary>
    public static bool Finish(ReadOnlySpan<float> tile, int rows, int columns, Span<long> results)
    {
        int width = LaneTile.Width<float>();
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < columns; c++)
                if (!float.IsFinite(tile[r * width + c])) return false;
        for (int i = 0; i < rows * width; i += Vector512<float>.Count)
        {
            (Vector512<ulong> low, Vector512<ulong> high) = Vector512.Widen(Vector512.Create(tile[i..]).AsUInt32());
            low.AsInt64().CopyTo(results[i..]);
            high.AsInt64().CopyTo(results[(i + 8)..]);
        }
        return true;
    }
}
