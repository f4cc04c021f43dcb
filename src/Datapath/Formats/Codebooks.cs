using System.Collections.Immutable;

namespace Sim.Datapath.Formats;

/// <summary>The codebooks that have a name of their own.</summary>
internal static class Codebooks
{
    /// <summary>
    /// NF4 (Dettmers et al., QLoRA, arXiv 2305.14314, appendix E): quantiles of the normal distribution, the binary32 constants of
    /// bitsandbytes. Nearest rounding is its decision tree: constants of its own near the half-way points, a value on one going below.
    /// </summary>
    public static CodebookFormat Nf4 { get; } = new("nf4",
        [-1f, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f, -0.28444138169288635f, -0.18477343022823334f,
            -0.09105003625154495f, 0f,
            0.07958029955625534f, 0.16093020141124725f, 0.24611230194568634f, 0.33791524171829224f, 0.44070982933044434f,
                0.5626170039176941f, 0.7229568362236023f, 1f],
        [-0.8480964004993439f, -0.6106329262256622f, -0.4599952697753906f, -0.33967943489551544f, -0.23460740596055984f,
            -0.13791173323988914f, -0.045525018125772476f,
            0.03979014977812767f, 0.1202552504837513f, 0.2035212516784668f, 0.2920137718319893f, 0.3893125355243683f, 0.5016634166240692f,
                0.6427869200706482f, 0.8614784181118011f]);

    /// <summary>The FP4 of bitsandbytes, a table of its own (not E2M1): twelfths, divided in binary32, sign in the top bit.</summary>
    public static CodebookFormat BitsAndBytesFp4
        { get; } = Signed("fp4_bnb", [.. new[] { 0f, 0.0625f, 8f, 12f, 4f, 6f, 2f, 3f }.Select(v => v / 12f)]);

    /// <summary>Two-bit ternary weights {0, 1, -1} (TWN, arXiv 1605.04711; BitNet b1.58): two's complement, the code of -2 is a second
    /// -1.</summary>
    public static CodebookFormat Ternary { get; } = new("ternary", [0f, 1f, -1f, -1f]);

    /// <summary>One-bit weights: 0 is -1, 1 is +1 (XNOR-Net, arXiv 1603.05279).</summary>
    public static CodebookFormat Binary { get; } = new("binary", [-1f, 1f]);

    /// <summary>Magnitudes, then the same with a sign bit in front.</summary>
    public static CodebookFormat Signed(string name, ImmutableArray<float> magnitudes) =>
        new(name, [.. magnitudes, .. magnitudes.Select(m => -m)]);
}
