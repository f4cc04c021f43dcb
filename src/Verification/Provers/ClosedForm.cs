using System.Collections.Immutable;
using System.Numerics;
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
        // Nothing here exceeds the bound of the data types: mostly 64 bits are enough, which are several times as fast.
        return _dataType + Int128.Abs(bias) < (Int128)1 << 61
            ? Of((long)_dataType, positive, negative, (long)bias, (long)_input, (long)_box.Low, (long)_box.High)
            : Of(_dataType, positive, negative, bias, _input, _box.Low, _box.High);
    }

    private Proved Of<T>(T dataType, T positive, T negative, T bias, T input, T low, T high) where T : struct, IBinaryInteger<T>
    {
        T norm = positive + negative, offset = T.Abs(bias);
        Interval<T> range = new(positive * low - negative * high, positive * high - negative * low);
        // A bias that is preloaded is in every sum, one that comes after in the last alone; of a final sum nothing else counts.
        Interval<T> exact = _options.Bias == BiasPlacement.AddedAfter && _options.Order is not FinalOrder ? range.Hull(range.Plus(bias))
            : range.Plus(bias);
        string name = "data_type";
        Interval<T> found = Symmetric(dataType + offset);
        Narrow(ref found, ref name, Symmetric(norm * input + offset), "a2q_l1");
        if (positive == negative && T.IsZero(bias)) Narrow(ref found, ref name, Symmetric((norm >> 1) * (high - low)), "a2q_plus");
        Narrow(ref found, ref name, exact, "exact_extremes");
        return new(name, [new Interval(Int128.CreateChecked(found.Low), Int128.CreateChecked(found.High))], []);
    }

    private static void Narrow<T>(ref Interval<T> found, ref string name, Interval<T> bound, string prover)
        where T : struct, IBinaryInteger<T>
    {
        Interval<T> both = found.Intersect(bound);
        if (both != found) (found, name) = (both, prover);
    }

    private static Interval<T> Symmetric<T>(T magnitude) where T : struct, IBinaryInteger<T> => new(-magnitude, magnitude);
}
