namespace Sim.Mapper.Search;

/// <summary>A sum of products with prices ≥ 0, over the logarithms of the products.</summary>
internal sealed class SparseRow
{
    private readonly int[] _products;
    private readonly double[] _logs, _shares;

    /// <summary>From prices; the sum is divided by <paramref name="scale"/>.</summary>
    public SparseRow(Dictionary<int, double> prices, double scale = 1)
    {
        KeyValuePair<int, double>[] kept = [.. prices.Where(p => p.Value > 0).OrderBy(p => p.Key)];
        _products = [.. kept.Select(p => p.Key)];
        _logs = [.. kept.Select(p => Math.Log(p.Value / scale))];
        _shares = new double[_products.Length];
    }

    /// <summary>Number of products.</summary>
    public int Terms => _products.Length;

    /// <summary>Logarithm of the sum where the products have these logarithms.</summary>
    public double Log(double[] point)
    {
        double most = double.NegativeInfinity, sum = 0;
        for (int i = 0; i < _products.Length; i++) most = Math.Max(most, _logs[i] + point[_products[i]]);
        for (int i = 0; i < _products.Length; i++) sum += Math.Exp(_logs[i] + point[_products[i]] - most);
        return most + Math.Log(sum);
    }

    /// <summary>Adds <paramref name="weight"/> × the tangent at a point: its slopes to <paramref name="gradient"/>, its constant is
    /// returned.</summary>
    public double Tangent(double[] point, double[] gradient, double weight)
    {
        double value = Log(point), constant = value;
        for (int i = 0; i < _products.Length; i++)
        {
            _shares[i] = Math.Exp(_logs[i] + point[_products[i]] - value);
            gradient[_products[i]] += weight * _shares[i];
            constant -= _shares[i] * point[_products[i]];
        }
        return weight * constant;
    }
}
