namespace Sim.Mapper.Search;

/// <summary>
/// A lower bound of the objective over all choices of a skeleton. Every sum of products is a convex function of the logarithms of the
/// counts, so its tangent lies below it; tangents of the objective plus multiples of the tangents of the limits are a sum over the groups
/// of dimensions, whose least value is found group by group. The multipliers are raised where the choice breaks a limit.
/// </summary>
internal sealed class DualBound
{
    // Logarithms are exact to 1e-14 of sums of about 30; a multiplier of 100 leaves the bound exact to 1e-10.
    private const double MostMultiplier = 100;

    /// <summary>How far rounding may lift the logarithm of a bound.</summary>
    public const double Tolerance = 1e-9;

    private readonly List<DimGroup> _groups;
    private readonly int _products;
    private readonly SparseRow _energy;
    private readonly SparseRow[] _loads, _limits;
    private readonly double[] _multipliers, _gradient, _point, _tangents;
    private readonly double[][] _center, _corner, _kappa, _best;
    private readonly bool _useEnergy, _useLatency;
    private readonly double _energyShift;
    private readonly long _steps;

    /// <summary>For a model and its groups.</summary>
    public DualBound(SkeletonModel model, List<DimGroup> groups, MapObjective objective)
    {
        (_groups, _products) = (groups, model.Products.Count);
        (_useEnergy, _useLatency) = (objective != MapObjective.Latency, objective != MapObjective.Energy);
        _energy = new(model.Energy.AtLeast);
        _loads = [.. model.Loads.Select(l => new SparseRow(l.Cycles.AtLeast)).Where(r => r.Terms > 0)];
        _limits = [.. model.Limits.Select(l => new SparseRow(l.Sum.AtLeast, l.Limit * (1 + 1e-9)))];
        _multipliers = new double[_limits.Length];
        _tangents = new double[_limits.Length];
        _gradient = new double[_products];
        _point = new double[_products];
        _center = [.. groups.Select(g => g.Center())];
        _corner = [.. groups.Select(g => new double[g.Width])];
        _kappa = [.. groups.Select(g => new double[g.Width])];
        _best = [.. groups.Select(g => new double[g.Width])];
        _energyShift = _useEnergy ? EnergyShift(model) : 0;
        _steps = groups.Sum(g => g.Steps + 3L * _products * g.Width) + 20L * _products;
    }

    /// <summary>Logarithm of the bound.</summary>
    public double Value { get; private set; } = double.NegativeInfinity;

    /// <summary>Prices of the columns of each group that gave the bound.</summary>
    public double[][] Prices => _best;

    /// <summary>The constant beside these prices.</summary>
    public double Constant { get; private set; }

    /// <summary>Improves the bound; stops when it exceeds <paramref name="target"/> (a logarithm).</summary>
    public void Improve(double target, int iterations, SearchEffort effort)
    {
        for (int k = 0; k < iterations && Value < target; k++)
        {
            effort.Add(_steps);
            double constant = Linearize();
            double value = constant;
            for (int g = 0; g < _groups.Count; g++)
            {
                Kappa(g);
                value += _groups[g].Least(_kappa[g], _corner[g]);
            }
            if (value > Value)
            {
                (Value, Constant) = (value, constant);
                for (int g = 0; g < _groups.Count; g++) _kappa[g].CopyTo(_best[g], 0);
            }
            Move(value, double.IsPositiveInfinity(target) ? value + 0.2 : target, 2.0 / (k + 3));
        }
    }

    // The gradient of the objective and the weighted limits at the center, by product; returns the constant.
    private double Linearize()
    {
        Array.Clear(_point);
        for (int g = 0; g < _groups.Count; g++)
            for (int f = 0; f < _products; f++)
                _point[f] += Dot(_groups[g].Powers[f], _center[g]);
        Array.Clear(_gradient);
        double constant = 0;
        if (_useEnergy) constant += _energy.Tangent(_point, _gradient, 1) + _energyShift;
        if (_useLatency) constant += Latency();
        for (int l = 0; l < _limits.Length; l++)
            if (_multipliers[l] > 0) constant += _limits[l].Tangent(_point, _gradient, _multipliers[l]);
        return constant;
    }

    // log max ≥ any mean of logs with weights of sum 1; here those of a high power.
    private double Latency()
    {
        var values = new double[_loads.Length];
        double most = double.NegativeInfinity, total = 0, constant = 0;
        for (int k = 0; k < values.Length; k++) most = Math.Max(most, values[k] = _loads[k].Log(_point));
        for (int k = 0; k < values.Length; k++) total += values[k] = Math.Exp(12 * (values[k] - most));
        for (int k = 0; k < values.Length; k++)
            if (values[k] / total > 1e-6) constant += _loads[k].Tangent(_point, _gradient, values[k] / total);
        return constant;
    }

    private void Kappa(int g)
    {
        Array.Clear(_kappa[g]);
        for (int f = 0; f < _products; f++)
        {
            double weight = _gradient[f];
            if (weight == 0) continue;
            double[] powers = _groups[g].Powers[f];
            for (int c = 0; c < powers.Length; c++) _kappa[g][c] += weight * powers[c];
        }
    }

    private void Move(double value, double target, double share)
    {
        // How far the least choice breaks each limit, by the tangents at the center.
        Array.Clear(_point);
        for (int g = 0; g < _groups.Count; g++)
            for (int f = 0; f < _products; f++) _point[f] += Dot(_groups[g].Powers[f], _corner[g]);
        double norm = 0;
        for (int l = 0; l < _limits.Length; l++)
        {
            double over = _limits[l].Log(_point);
            if (Math.Abs(over) < 1e-6) over = 0;
            _tangents[l] = _multipliers[l] > 0 || over > 0 ? over : 0;
            norm += _tangents[l] * _tangents[l];
        }
        double step = norm > 0 ? Math.Clamp(target - value, 0.01, 2) / norm : 0;
        for (int l = 0; l < _limits.Length; l++) _multipliers[l] = Math.Clamp(_multipliers[l] + step * _tangents[l], 0, MostMultiplier);
        share = Math.Max(share, 0.15);
        for (int g = 0; g < _groups.Count; g++)
            for (int c = 0; c < _corner[g].Length; c++) _center[g][c] += share * (_corner[g][c] - _center[g][c]);
    }

    private static double Dot(double[] left, double[] right)
    {
        double sum = 0;
        for (int i = 0; i < left.Length; i++) sum += left[i] * right[i];
        return sum;
    }

    // log(sum + constant) ≥ log(sum) + log(1 + constant / least sum) for a negative constant.
    private double EnergyShift(SkeletonModel model)
    {
        double constant = Math.Min(0, model.Energy.Constant + model.Energy.Excess);
        foreach ((int f, double price) in model.Energy.Prices)
        {
            double counted = model.Energy.AtLeast.GetValueOrDefault(f);
            if (price < counted) constant += (price - counted) * Extreme(f, true);
        }
        if (constant >= 0) return 0;
        double least = model.Energy.AtLeast.Sum(t => t.Value * Extreme(t.Key, false));
        return least + constant > 0 ? Math.Log(1 + constant / least) : double.NegativeInfinity;
    }

    // The product's least or largest value when every group takes its own extreme.
    private double Extreme(int product, bool most)
    {
        double log = 0;
        foreach (DimGroup group in _groups)
        {
            (double least, double largest) = group.Extremes(product);
            log += most ? largest : least;
        }
        return Math.Exp(log);
    }
}
