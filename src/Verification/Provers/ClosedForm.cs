using System.Collections.Immutable;
using Sim.Verification.Claims;
using Sim.Verification.Verdicts;
using Sim.Workloads.Integers;

namespace Sim.Verification.Provers;

/// <summary>
/// What the closed-form provers find together for a layer whose inputs share one box that holds 0, from two sums over the weights: the same
/// bounds and the same prover's name as <see cref="Ladder.Tightest"/>, without a claim, a list of sums or a witness for each channel.
/// </summary>
internal sealed class ClosedForm
{
    private readonly IntegerLayer _layer;
    private readonly VerifyOptions _options;
    private readonly Interval _box;
    private readonly Int128 _input, _dataType;

    private ClosedForm(IntegerLayer layer, VerifyOptions options, Interval box)
    {
        (_layer, _options, _box) = (layer, options, box);
        _input = DataTypeBound.Magnitude(box);
        _dataType = layer.K * _input * DataTypeBound.Magnitude(layer.WeightRange);
    }

    /// <summary>null: the ladder must be asked, channel by channel.</summary>
    internal static ClosedForm? Of(IntegerLayer layer, VerifyOptions options)
    {
        if (options.Network is not null || layer.Weights.Length == 0 || layer.Inputs.Length != 1
            || layer.WeightZeroPoints.Length > 0) return null;
        if (options.Order is not (AnyOrder or SequentialOrder or FinalOrder)
            || options.Provers is not [DataTypeBound, WeightNormBound, ZeroSumBound, PrefixExtremes, ..]) return null;
        Interval box = layer.Input(0, 0, options.ZeroPoints);
        return box.Contains(0) ? new(layer, options, box) : null;
    }

    /// <summary>The tightest bounds of a channel; null: relations tie its inputs.</summary>
    internal Proved? Row(int row)
    {
        if (!_options.Relations(_layer, row).IsEmpty) return null;
        (long positive, long negative) = _layer.Signed(row, 0, _layer.K, _options.ZeroPoints);
        Int128 bias = 0;
        if (_options.Bias != BiasPlacement.None)
        {
            bias = _layer.Bias.Length == 0 ? 0 : _layer.Bias[row];
            if (_options.ZeroPoints == ZeroPoints.Raw) bias -= _layer.InputZeroPoint * (Int128)(positive - negative);
        }
        Int128 norm = (Int128)positive + negative, offset = Int128.Abs(bias);
        Interval range = new(positive * _box.Low - negative * _box.High, positive * _box.High - negative * _box.Low);
        // A bias that is preloaded is in every sum, one that comes after in the last alone; of a final sum nothing else counts.
        Interval exact = _options.Bias == BiasPlacement.AddedAfter && _options.Order is not FinalOrder ? range.Hull(range.Plus(bias))
            : range.Plus(bias);
        string name = "data_type";
        Interval found = Symmetric(_dataType + offset);
        Narrow(Symmetric(norm * _input + offset), "a2q_l1");
        if (positive == negative && bias == 0) Narrow(Symmetric(norm / 2 * (_box.High - _box.Low)), "a2q_plus");
        Narrow(exact, "exact_extremes");
        return new(name, [found], []);

        void Narrow(Interval bound, string prover)
        {
            Interval both = found.Intersect(bound);
            if (both != found) (found, name) = (both, prover);
        }
    }

    private static Interval Symmetric(Int128 magnitude) => new(-magnitude, magnitude);
}
