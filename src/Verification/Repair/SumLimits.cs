using Sim.Verification.Claims;
using Sim.Workloads.Integers;

namespace Sim.Verification.Repair;

/// <summary>
/// Which weights a register can take: with S⁺ the sum of the positive weights and S⁻ that of the magnitudes of the negative ones, the
/// largest sum is S⁺·x_max − S⁻·x_min and the least S⁺·x_min − S⁻·x_max. Both ends are reached and every partial sum lies between them,
/// because every input can be 0, so the limits are necessary and sufficient for independent inputs.
/// </summary>
public sealed record SumLimits
{
    /// <param name="box">What every input can be, as the multipliers take it.</param>
    /// <param name="high">What S⁺·x_max − S⁻·x_min may reach, at least 0.</param>
    /// <param name="low">What S⁻·x_max − S⁺·x_min may reach, at least 0.</param>
    /// <exception cref="NotSupportedException">No input can be 0, or the start value alone leaves the register.</exception>
    public SumLimits(Interval box, Int128 high, Int128 low)
    {
        if (!box.Contains(0)) throw new NotSupportedException($"no input can be 0 in {box}, so the sums of S⁺ and S⁻ do not bound inner sums");
        if (high < 0 || low < 0) throw new NotSupportedException("the bias alone leaves the register");
        (Box, High, Low) = (box, high, low);
    }

    /// <summary>What every input can be.</summary>
    public Interval Box { get; }

    /// <summary>Limit of S⁺·x_max − S⁻·x_min.</summary>
    public Int128 High { get; }

    /// <summary>Limit of S⁻·x_max − S⁺·x_min.</summary>
    public Int128 Low { get; }

    /// <summary>Limits of a register of a width.</summary>
    public static SumLimits Of(Interval box, int bits, Int128 bias = default, BiasPlacement placement = BiasPlacement.None)
    {
        Interval register = new Register(bits).Range;
        Int128 high = register.High, low = -register.Low;
        return placement switch
        {
            BiasPlacement.Preloaded => new(box, high - bias, low + bias),
            BiasPlacement.AddedAfter => new(box, Int128.Min(high, high - bias), Int128.Min(low, low + bias)),
            _ => new(box, high, low),
        };
    }

    /// <summary>Whether no sum can leave the register.</summary>
    public bool Holds(Int128 positive, Int128 negative) =>
        positive * Box.High - negative * Box.Low <= High && negative * Box.High - positive * Box.Low <= Low;

    /// <summary>Whether no sum of these weights can leave the register.</summary>
    public bool Holds(ReadOnlySpan<int> weights)
    {
        (long positive, long negative) = Signed(weights);
        return Holds(positive, negative);
    }

    /// <summary>S⁺ and S⁻.</summary>
    public static (long Positive, long Negative) Signed(ReadOnlySpan<int> weights)
    {
        long positive = 0, negative = 0;
        foreach (int w in weights)
        {
            if (w > 0) positive += w;
            else negative -= w;
        }
        return (positive, negative);
    }
}
