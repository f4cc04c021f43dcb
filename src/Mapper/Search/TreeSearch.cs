using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Search;

/// <summary>
/// Goes through the ways that the dual bound leaves, group by group, and evaluates what no bound drops. Ways stand in the order of their
/// dual values, so that a bound that is exceeded ends a level.
/// </summary>
internal sealed class TreeSearch
{
    private const int Block = 256;

    private readonly MapProblem _problem;
    private readonly SkeletonModel _model;
    private readonly List<DimGroup> _groups;
    private readonly TreeLevel[] _levels;
    private readonly Incumbent _incumbent;
    private readonly MapCounters _counters;
    private readonly bool _windows;
    private readonly LinearRow _energy;
    private readonly LinearRow[] _loads, _limits;
    private readonly double[] _limitValues;
    private readonly double[][] _partial, _least, _most;
    private readonly double[] _dualRest;
    private readonly double _dualConstant;
    private readonly int[] _way;
    private readonly ChoiceList[] _choices;
    private readonly SearchEffort _effort;
    private readonly Func<bool> _stop;
    private readonly long _leafSteps, _nodeSteps;
    private readonly double[] _energies = new double[Block], _cycles = new double[Block], _row = new double[Block];

    /// <summary>Over levels in the order in which they are chosen.</summary>
    public TreeSearch(MapProblem problem, SkeletonModel model, List<DimGroup> groups, TreeLevel[] levels, double dualConstant,
        Incumbent incumbent, MapCounters counters, SearchEffort effort, Func<bool> stop)
    {
        (_effort, _stop) = (effort, stop);
        (_problem, _model, _groups, _levels, _incumbent, _counters, _dualConstant) = (problem, model, groups, levels, incumbent,
            counters, dualConstant);
        _energy = new(model.Energy);
        _loads = [.. model.Loads.Select(l => new LinearRow(l.Cycles))];
        _limits = [.. model.Limits.Select(l => new LinearRow(l.Sum))];
        _limitValues = [.. model.Limits.Select(l => l.Limit * (1 + 1e-12))];
        _windows = problem.HasWindow(Sliding.Rows) || problem.HasWindow(Sliding.Columns);
        int products = model.Products.Count;
        _partial = [.. Enumerable.Range(0, levels.Length + 1).Select(_ => new double[products])];
        Array.Fill(_partial[0], 1);
        _least = new double[levels.Length + 1][];
        _most = new double[levels.Length + 1][];
        _dualRest = new double[levels.Length + 1];
        _least[^1] = _most[^1] = [.. Enumerable.Repeat(1.0, products)];
        for (int k = levels.Length - 1; k >= 0; k--)
        {
            _least[k] = [.. levels[k].Least.Zip(_least[k + 1], (a, b) => a * b)];
            _most[k] = [.. levels[k].Most.Zip(_most[k + 1], (a, b) => a * b)];
            _dualRest[k] = _dualRest[k + 1] + (levels[k].Ways.Length == 0 ? double.PositiveInfinity : levels[k].Duals[0]);
        }
        _way = new int[groups.Count];
        _choices = new ChoiceList[groups.Count];
        foreach (TreeLevel level in levels) _choices[level.Group] = level.Choices;
        _leafSteps = 1 + (_energy.Products.Length + _loads.Sum(l => l.Products.Length)) / 2;
        _nodeSteps = 20 + products + 2L * (_leafSteps + _limits.Sum(l => l.Products.Length));
    }

    /// <summary>Runs.</summary>
    public void Run()
    {
        if (_levels.Any(l => l.Ways.Length == 0)) return;
        if (_levels.Length == 0)
        {
            if (Fits(_partial[0], _least[^1], _most[^1])) Candidate();
        }
        else Descend(0, _dualConstant, false);
    }

    private double Threshold => Math.Log(_incumbent.Threshold) + DualBound.Tolerance;

    private void Descend(int k, double dual, bool unsure)
    {
        TreeLevel level = _levels[k];
        if (k == _levels.Length - 1)
        {
            Leaves(level, dual, unsure);
            return;
        }
        UInt128 below = 1;
        for (int j = k + 1; j < _levels.Length; j++) below *= (uint)_levels[j].Ways.Length;
        for (int i = 0; i < level.Ways.Length && !_stop(); i++)
        {
            _effort.Add(_nodeSteps);
            if (dual + level.Duals[i] + _dualRest[k + 1] >= Threshold)
            {
                _counters.ByPartialBound += (UInt128)(uint)(level.Ways.Length - i) * below;
                return;
            }
            double[] partial = _partial[k], next = _partial[k + 1];
            for (int f = 0; f < next.Length; f++) next[f] = partial[f] * level.Values[f][i];
            if (!Fits(next, _least[k + 1], _most[k + 1]))
            {
                _counters.ByLimit += below;
                continue;
            }
            if (LeastValue(next, _least[k + 1], _most[k + 1]) > _incumbent.Threshold)
            {
                _counters.ByPartialBound += below;
                continue;
            }
            _way[level.Group] = level.Ways[i];
            Descend(k + 1, dual + level.Duals[i], unsure || level.Unsure[i]);
        }
    }

    private bool Fits(double[] partial, double[] least, double[] most)
    {
        for (int l = 0; l < _limits.Length; l++)
            if (_limits[l].Least(partial, least, most) > _limitValues[l]) return false;
        return true;
    }

    private double LeastValue(double[] partial, double[] least, double[] most)
    {
        double energy = _incumbent.Objective == MapObjective.Latency ? 1 : _energy.Least(partial, least, most);
        double cycles = 0;
        if (_incumbent.Objective == MapObjective.Energy) cycles = 1;
        else
            foreach (LinearRow load in _loads) cycles = Math.Max(cycles, load.Least(partial, least, most));
        return energy * cycles;
    }

    private void Leaves(TreeLevel level, double dual, bool unsure)
    {
        double[] partial = _partial[^2];
        for (int from = 0; from < level.Ways.Length && !_stop(); from += Block)
        {
            if (dual + level.Duals[from] >= Threshold)
            {
                _counters.ByPartialBound += (uint)(level.Ways.Length - from);
                return;
            }
            int count = Math.Min(Block, level.Ways.Length - from);
            _counters.Evaluated += (uint)count;
            _effort.Add(50 + count * _leafSteps);
            Span<double> energies = _energies.AsSpan(0, count), cycles = _cycles.AsSpan(0, count), row = _row.AsSpan(0, count);
            if (_incumbent.Objective == MapObjective.Latency) energies.Fill(1);
            else _energy.Values(partial, level.Values, from, energies);
            if (_incumbent.Objective == MapObjective.Energy) cycles.Fill(1);
            else
            {
                cycles.Clear();
                foreach (LinearRow load in _loads)
                {
                    load.Values(partial, level.Values, from, row);
                    Blocks.Max(row, cycles);
                }
            }
            Blocks.Multiply(cycles, energies);
            for (int i = 0; i < count; i++)
                if (energies[i] <= _incumbent.Threshold) Leaf(level, from + i, energies[i], unsure);
        }
    }

    private void Leaf(TreeLevel level, int i, double value, bool unsure)
    {
        double[] next = _partial[^1], partial = _partial[^2];
        for (int f = 0; f < next.Length; f++) next[f] = partial[f] * level.Values[f][i];
        if (!Fits(next, _least[^1], _most[^1])) return;
        _way[level.Group] = level.Ways[i];
        Candidate(value, unsure || level.Unsure[i]);
    }

    private void Candidate() => Candidate(LeastValue(_partial[0], _least[^1], _most[^1]), false);

    private void Candidate(double value, bool unsure)
    {
        long[][] counts = Counts();
        if (!unsure && !_windows)
        {
            _effort.Add(4000);
            _incumbent.Offer(value, () => NestBuilder.One(_problem, _model, counts));
            return;
        }
        foreach (LoopNest nest in NestBuilder.All(_problem, _model, counts))
        {
            if (_stop()) return;
            _counters.Counted++;
            _effort.Add(20_000);
            _incumbent.OfferExact(nest);
        }
    }

    private long[][] Counts()
    {
        var counts = new long[LoopLayer.Dims][];
        for (int d = 0; d < counts.Length; d++)
        {
            counts[d] = new long[_model.Places.Length];
            Array.Fill(counts[d], 1);
        }
        for (int g = 0; g < _groups.Count; g++)
            for (int c = 0; c < _groups[g].Columns.Length; c++)
                counts[(int)_groups[g].Dims[_groups[g].Columns[c].Dim]][_groups[g].Columns[c].Place] =
                    _choices[g].Counts[c][_way[g]];
        return counts;
    }
}
