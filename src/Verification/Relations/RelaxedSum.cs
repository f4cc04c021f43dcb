using System.Collections.Immutable;
using System.Numerics;
using Sim.Workloads.Integers;

namespace Sim.Verification.Relations;

/// <summary>
/// Upper bounds of one sum Σ Coefficients[k]·operand k over everything that the chain behind it can make. Each staircase is replaced by a
/// line of a chosen slope, level by level back to the last one, whose boxes then say how large the linear form can be. The exact bound is
/// in arbitrary precision; doubles only choose slopes.
/// </summary>
internal sealed class RelaxedSum
{
    private readonly Chain _chain;
    private readonly long[] _coefficients;
    private readonly Staircase?[] _cut;
    private readonly double[][] _values;
    private readonly double[][] _weights, _touch, _forward;

    /// <param name="coefficients">One an operand of level 0; 0: it is no part of the sum.</param>
    /// <param name="everySubset">Whether the bound shall hold for every subset of the terms: a term below 0 then counts as 0.</param>
    internal RelaxedSum(Chain chain, long[] coefficients, bool everySubset)
    {
        (_chain, _coefficients) = (chain, coefficients);
        _cut = new Staircase?[coefficients.Length];
        if (everySubset)
            for (int n = 0; n < coefficients.Length; n++)
                if (coefficients[n] != 0) _cut[n] = coefficients[n] > 0 ? Levels[0].Above[n].Cut(below: true) : Levels[0].Below[n]
                    .Cut(below: false);
        _values = [.. Levels.Select(l => new double[l.Count])];
        _weights = [.. Levels.Select(l => new double[l.Count])];
        _touch = [.. Levels.Select(l => new double[l.Count])];
        _forward = [.. Levels.Select(l => Array.ConvertAll(l.Weight, w => (double)w))];
    }

    internal IReadOnlyList<ChainLevel> Levels => _chain.Levels;

    /// <summary>The staircase of an operand.</summary>
    internal Staircase Stairs(int level, int n, bool above) =>
        level == 0 && _cut[n] is { } cut ? cut : above ? Levels[level].Above[n] : Levels[level].Below[n];

    /// <summary>The coefficient that an operand had in the last bound: above 0 its line lies above.</summary>
    internal double WeightOf(int level, int n) => _weights[level][n];

    /// <summary>The bound for some slopes, in doubles. Fills how the bound changes with the slopes that it used: gradient[level][n], 0
    /// where none was.</summary>
    internal double Bound(Slopes slopes, double[][]? gradient = null)
    {
        double constant = 0;
        for (int n = 0; n < _coefficients.Length; n++) _weights[0][n] = _coefficients[n];
        for (int t = 1; t < Levels.Count; t++) Array.Clear(_weights[t]);
        int last = Levels.Count - 1;
        for (int t = 0; t < last; t++)
        {
            ChainLevel level = Levels[t];
            double[] from = _weights[t], to = _weights[t + 1], forward = _forward[t], rise = slopes.Of(t, above: true),
                fall = slopes.Of(t, above: false);
            for (int n = 0; n < level.Count; n++)
            {
                double a = from[n];
                if (a == 0) continue;
                bool above = a > 0;
                double slope = above ? rise[n] : fall[n];
                (double intercept, _touch[t][n]) = Stairs(t, n, above).Line(slope, above);
                double scaled = a * slope;
                constant += a * intercept + scaled * level.Bias[n];
                if (scaled == 0) continue;
                for (int e = level.Start[n]; e < level.Start[n + 1]; e++) to[level.Input[e]] += scaled * forward[e];
            }
        }
        for (int n = 0; n < Levels[last].Count; n++)
        {
            double a = _weights[last][n];
            Interval box = Levels[last].Box[n];
            double x = a > 0 ? (double)box.High : (double)box.Low;
            _values[last][n] = x;
            constant += a * x;
        }
        if (gradient is not null) Gradient(slopes, gradient);
        return constant;
    }

    // The bound is the value that the lines give the corner of the last boxes; a slope tilts its line about the place where it touches.
    private void Gradient(Slopes slopes, double[][] gradient)
    {
        for (int t = Levels.Count - 2; t >= 0; t--)
        {
            ChainLevel level = Levels[t];
            double[] forward = _forward[t], below = _values[t + 1];
            for (int n = 0; n < level.Count; n++)
            {
                double sum = level.Bias[n], a = _weights[t][n];
                for (int e = level.Start[n]; e < level.Start[n + 1]; e++) sum += forward[e] * below[level.Input[e]];
                bool above = a > 0;
                double slope = slopes.Of(t, above)[n];
                gradient[t][n] = a == 0 ? 0 : a * (sum - _touch[t][n]);
                _values[t][n] = a == 0 ? 0 : slope * sum + Stairs(t, n, above).Line(slope, above).Intercept;
            }
        }
    }

    /// <summary>The bound for slopes rounded to p / 2^Shift, exactly: Unrounded / 2^Scale, and the p of each operand that has a line (0
    /// elsewhere), level by level.</summary>
    internal (BigInteger Unrounded, int Scale, ImmutableArray<ImmutableArray<long>> Numerators) Exact(Slopes slopes)
    {
        var numerators = ImmutableArray.CreateBuilder<ImmutableArray<long>>();
        BigInteger constant = 0;
        int scale = 0;
        BigInteger[] weights = [.. _coefficients.Select(c => (BigInteger)c)];
        for (int t = 0; t + 1 < Levels.Count; t++)
        {
            ChainLevel level = Levels[t];
            var next = new BigInteger[Levels[t + 1].Count];
            var used = new long[level.Count];
            constant <<= level.Shift;
            for (int n = 0; n < level.Count; n++)
            {
                BigInteger a = weights[n];
                if (a.IsZero) continue;
                bool above = a.Sign > 0;
                long p = used[n] = (long)Math.Round(Math.Max(0, slopes.Of(t, above)[n]) * Math.ScaleB(1, level.Shift));
                BigInteger scaled = a * p;
                constant += a * Stairs(t, n, above).Line(p, level.Shift, above) + scaled * level.Bias[n];
                if (p == 0) continue;
                for (int e = level.Start[n]; e < level.Start[n + 1]; e++) next[level.Input[e]] += scaled * level.Weight[e];
            }
            numerators.Add([.. used]);
            scale += level.Shift;
            weights = next;
        }
        for (int n = 0; n < weights.Length; n++)
        {
            Interval box = Levels[^1].Box[n];
            constant += weights[n] * (BigInteger)(weights[n].Sign > 0 ? box.High : box.Low);
        }
        return (constant, scale, numerators.ToImmutable());
    }
}
