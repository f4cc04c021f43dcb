using System.Collections.Immutable;
using Sim.Verification.Claims;
using Sim.Workloads.Integers;

namespace Sim.Verification.Repair;

/// <summary>
/// Repairs the rows of a layer. A row that fits stays as it is. Of the others, scales are tried in steps of 2^(1/4) up to the one at which
/// the weights fit by themselves, and on as long as the error falls (methods that keep within less than the exact set need more); the scale
/// of least error is taken. What the change of weights does to the mean of the sums on data, the bias takes back, as far as the register
/// has room for it.
/// </summary>
public static class LayerRepair
{
    private const double Step = 1.189207115002721;

    /// <summary>The repaired layer; the same for any number of threads.</summary>
    /// <param name="moments">Of each group, what its inputs are on data; null: nothing is known.</param>
    /// <exception cref="NotSupportedException">No weights fit (a bias outside the register), or the claim cannot be repaired
    /// for.</exception>
    public static RepairedLayer Repair(IntegerLayer layer, InputMoments[]? moments, RepairOptions options, ScaleFreedom freedom,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(layer);
        ArgumentNullException.ThrowIfNull(options);
        if (!options.SearchScales) freedom = ScaleFreedom.Kept;
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, options.Claims.Threads),
            CancellationToken = cancellation };
        var rows = new RowRepair[layer.Rows];
        for (int r = 0; r < rows.Length; r++) rows[r] = new RowRepair(layer, r, moments?[r / layer.Shape.N], options);
        var repaired = new RepairedRow?[rows.Length];
        if (freedom == ScaleFreedom.OfLayer && !Array.TrueForAll(rows, r => r.Fits))
        {
            double best = double.PositiveInfinity;
            double fitting = rows.Max(r => r.FittingFactor);
            foreach (double factor in Factors(fitting))
            {
                var tried = new RepairedRow?[rows.Length];
                Parallel.For(0, rows.Length, parallel, r => tried[r] = rows[r].At(factor));
                if (tried.Any(t => t is null)) continue;
                double error = tried.Sum(t => t!.Error);
                if (error < best) (repaired, best) = (tried, error);
                else if (factor > fitting) break;
            }
        }
        else
        {
            Parallel.For(0, rows.Length, parallel, r =>
            {
                double fitting = rows[r].Fits || freedom == ScaleFreedom.Kept ? 1 : rows[r].FittingFactor;
                foreach (double factor in fitting > 1 ? Factors(fitting) : [1])
                {
                    if (rows[r].At(factor) is not { } found) continue;
                    if (repaired[r] is not { } best || found.Error < best.Error) repaired[r] = found;
                    else if (factor > fitting) break;
                }
            });
        }
        int none = Array.FindIndex(repaired, r => r is null);
        if (none >= 0) throw new NotSupportedException($"output channel {none}: the bias {layer.Bias[none]} alone leaves a register of {options.Widths[0]} bits");
        return new(layer, [.. repaired.Select(r => r!)]);
    }

    // A ball of A2Q takes up to twice the factor that the exact set takes, and rounding a little more.
    private static IEnumerable<double> Factors(double fitting)
    {
        for (double factor = 1; factor < fitting; factor *= Step) yield return factor;
        for (double factor = fitting; factor < 2.5 * fitting; factor *= Step) yield return factor;
    }
}

/// <summary>One row in repair.</summary>
internal sealed class RowRepair
{
    private readonly IntegerLayer _layer;
    private readonly InputMoments? _moments;
    private readonly RepairOptions _options;
    private readonly int _row, _zero;
    private readonly long _bias;
    private readonly int[] _weights;

    internal RowRepair(IntegerLayer layer, int row, InputMoments? moments, RepairOptions options)
    {
        (_layer, _row, _moments, _options) = (layer, row, moments, options);
        _bias = layer.Bias.Length == 0 ? 0 : layer.Bias[row];
        _zero = layer.WeightZeroPoints.Length == 0 ? 0 : layer.WeightZeroPoints[row];
        _weights = layer.Row(row, ZeroPoints.Folded).ToArray();
        Fits = Set(_bias)?.Holds(_weights) ?? false;
    }

    /// <summary>Whether the row fits as it is.</summary>
    internal bool Fits { get; }

    /// <summary>The least factor at which the sums fit, rounding left aside; at least 1.</summary>
    internal double FittingFactor
    {
        get
        {
            FeasibleSet empty = FeasibleSet.Of(_layer, _row, 0, _options.Claims, _options.Widths);
            double factor = Ratio(empty.Whole, _weights, _options.Claims.Bias == BiasPlacement.None ? 0 : _bias);
            for (int from = 0; empty.Inner is not null && from < _weights.Length; from += empty.TileSize) factor =
                Math.Max(factor, Ratio(empty.Inner, empty.Tile<int>(_weights, from), 0));
            return Math.Max(1, factor);
        }
    }

    /// <summary>The row with weights of a scale that is larger by a factor; null when its bias does not fit.</summary>
    internal RepairedRow? At(double factor)
    {
        if (Fits && factor == 1) return new(_weights, _bias, 1, 0, false);
        double[] wanted = Array.ConvertAll(_weights, w => w / factor);
        double bias = _bias / factor;
        RepairedRow? first = Around(wanted, bias, (long)Math.Round(bias, MidpointRounding.ToEven), factor);
        // The limits depend on the bias and the bias on the weights: once more around the corrected one.
        RepairedRow? second = first is null || first.Bias == (long)Math.Round(bias, MidpointRounding.ToEven) ? null
            : Around(wanted, bias, first.Bias, factor);
        return second is not null && second.Error < first!.Error ? second : first;
    }

    private RepairedRow? Around(double[] wanted, double bias, long assumed, double factor)
    {
        if (Set(assumed) is not { } set) return null;
        int[] weights = _options.Method.Repair(new RowProblem(wanted, set, _layer.WeightRange.Plus(-_zero), _moments));
        double[] error = [.. weights.Select((w, k) => w - wanted[k])];
        long chosen = assumed;
        double square;
        if (_moments is null) square = error.Sum(e => e * e);
        else
        {
            double shift = _moments.Shift(error);
            if (_layer.Bias.Length > 0) chosen = Room(weights, set, assumed) is var (low, high)
                ? (long)Math.Clamp(Math.Round(bias - shift, MidpointRounding.ToEven), low, high) : assumed;
            double mean = shift + chosen - bias;
            square = _moments.Variance(error) + mean * mean;
        }
        return new(weights, chosen, factor, square * factor * factor, true);
    }

    // Biases that these weights leave room for, within int32; the assumed one is among them.
    private (double Low, double High)? Room(int[] weights, FeasibleSet set, long assumed)
    {
        if (_options.Claims.Bias == BiasPlacement.None) return (int.MinValue, int.MaxValue);
        (long positive, long negative) = SumLimits.Signed(weights);
        Interval box = set.Whole.Box, register = new Register(_options.Widths[0]).Range;
        Int128 high = register.High - (positive * box.High - negative * box.Low),
            low = register.Low - (positive * box.Low - negative * box.High);
        return (Math.Max(int.MinValue, Math.Min((double)low, assumed)), Math.Min(int.MaxValue, Math.Max((double)high, assumed)));
    }

    private FeasibleSet? Set(long bias) =>
        _options.Claims.Bias == BiasPlacement.None || new Register(_options.Widths[0]).Range.Contains(bias)
            ? FeasibleSet.Of(_layer, _row, bias, _options.Claims, _options.Widths) : null;

    private static double Ratio(SumLimits limits, ReadOnlySpan<int> weights, long bias)
    {
        (long positive, long negative) = SumLimits.Signed(weights);
        double above = (double)(positive * limits.Box.High - negative * limits.Box.Low) + Math.Max(bias, 0),
            below = (double)(negative * limits.Box.High - positive * limits.Box.Low) - Math.Min(bias, 0);
        return Math.Max(above / (double)limits.High, below / (double)limits.Low);
    }
}
