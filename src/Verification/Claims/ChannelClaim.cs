using System.Collections.Immutable;
using Sim.Verification.Relations;
using Sim.Workloads.Integers;

namespace Sim.Verification.Claims;

/// <summary>
/// "No partial sum of this output channel, in this order, leaves its register, whatever the inputs in their set." Inputs are independent
/// within their boxes unless <see cref="Relations"/> tie them.
/// </summary>
public sealed class ChannelClaim
{
    private int[]? _weights;

    /// <exception cref="NotSupportedException">The claim cannot be expressed: it is refused, not weakened.</exception>
    public ChannelClaim(IntegerLayer layer, int row, SumOrder order, ImmutableArray<Register> registers, BiasPlacement bias,
        ZeroPoints zeroPoints)
    {
        ArgumentNullException.ThrowIfNull(layer);
        ArgumentNullException.ThrowIfNull(order);
        if (registers.Length != order.Registers) throw new ArgumentException($"order '{order}' has {order.Registers} registers, found {registers.Length}", nameof(registers));
        if (zeroPoints == ZeroPoints.Raw && layer.WeightZeroPoints.Length > 0)
            throw new NotSupportedException($"layer '{layer.Name}': raw accumulation of weights that have zero points needs the sum of the inputs as a correction");
        if (zeroPoints == ZeroPoints.Raw && bias != BiasPlacement.None && layer.InputZeroPoint != 0 && layer.Weights.Length == 0)
            throw new NotSupportedException($"layer '{layer.Name}': the correction of raw accumulation is unknown, because the weights are");
        (Layer, Row, Order, Registers, BiasPlacement, ZeroPoints) = (layer, row, order, registers, bias, zeroPoints);
        Bias = layer.Bias.Length == 0 ? 0 : layer.Bias[row];
        if (zeroPoints != ZeroPoints.Raw || layer.InputZeroPoint == 0) return;
        (long positive, long negative) = Signed(0, K);
        Bias -= layer.InputZeroPoint * (Int128)(positive - negative);
    }

    /// <summary>The same claim without what it keeps for speed.</summary>
    internal ChannelClaim Lean() =>
        new(Layer, Row, Order, Registers, BiasPlacement, ZeroPoints) { Relations = Relations, Network = Network };

    /// <summary>The layer.</summary>
    public IntegerLayer Layer { get; }

    /// <summary>The output channel.</summary>
    public int Row { get; }

    /// <summary>Which partial sums exist.</summary>
    public SumOrder Order { get; }

    /// <summary>Register 0 and, for orders of two stages, the inner one.</summary>
    public ImmutableArray<Register> Registers { get; }

    /// <summary>When the bias is added.</summary>
    public BiasPlacement BiasPlacement { get; }

    /// <summary>What is multiplied.</summary>
    public ZeroPoints ZeroPoints { get; }

    /// <summary>Linear relations between the inputs, beside the boxes; empty: they are independent.</summary>
    public ImmutableArray<LinearRelation> Relations { get; init; } = [];

    /// <summary>The network whose earlier layers make the inputs; null: they are free within their boxes.</summary>
    public NetworkRelations? Network { get; init; }

    /// <summary>The bias, zero-point corrections of raw accumulation included.</summary>
    public Int128 Bias { get; }

    /// <summary>Products.</summary>
    public int K => Layer.K;

    /// <summary>Constant weights; empty when they are known at run time only.</summary>
    public ReadOnlySpan<int> Weights => _weights ??= Layer.Row(Row, ZeroPoints).ToArray();

    /// <summary>Of constant weights [from, until): the sum of the positive ones, and that of the magnitudes of the negative ones.</summary>
    public (long Positive, long Negative) Signed(int from, int until) => Layer.Signed(Row, from, until, ZeroPoints);

    /// <summary>Box of input k.</summary>
    public Interval Input(int k) => Layer.Input(Row, k, ZeroPoints);

    /// <summary>What weight k can be: one number when it is constant.</summary>
    public Interval Weight(int k)
    {
        if (Layer.Weights.Length > 0) return new(Weights[k], Weights[k]);
        int zero = ZeroPoints == ZeroPoints.Folded && Layer.WeightZeroPoints.Length > 0 ? Layer.WeightZeroPoints[Row] : 0;
        return Layer.WeightRange.Plus(-zero);
    }

    /// <summary>The box that all inputs share, or null when they differ.</summary>
    public Interval? UniformInput => Layer.Inputs.Length == 1 ? Input(0) : null;
}

/// <summary>Low ≤ Σ Coefficients[k]·x_k ≤ High over the inputs as the multipliers take them; a missing end is null.</summary>
public sealed record LinearRelation(ImmutableArray<long> Coefficients, Int128? Low, Int128? High);
