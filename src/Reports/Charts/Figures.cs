using System.Collections.Immutable;
using System.Globalization;
using Sim.Exploration.Metrics;
using Sim.Exploration.Studies;
using Sim.Simulator;

namespace Sim.Reports.Charts;

/// <summary>The figures of a report: the first objective against each other one, then the layers of one design.</summary>
public static class Figures
{
    /// <summary>All figures, in order.</summary>
    public static ImmutableArray<IChart> Of(Report report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var charts = ImmutableArray.CreateBuilder<IChart>();
        ImmutableArray<Objective> objectives = report.Analysis.Objectives;
        for (int i = 1; i < objectives.Length; i++) charts.Add(new ParetoChart(report, objectives[i], objectives[0]));
        if (Shown(report) is { Record: { } record } point)
        {
            string design = point.Index.ToString(CultureInfo.InvariantCulture), words = $"design {design}";
            charts.Add(LayerBarsChart.Energy($"layers_energy_design{design}", words, record));
            charts.Add(LayerBarsChart.Cycles($"layers_cycles_design{design}", words, record));
            if (record.Layers.Any(l => l.Numerics?.SqnrDb is not null)) charts.Add(LayerBarsChart.Sqnr($"layers_sqnr_design{design}", words, record));
        }
        return charts.ToImmutable();
    }

    /// <summary>The design shown first: of the front, the one nearest to the ideal point when every objective is scaled to [0, 1]; else the first that ran.</summary>
    public static PointResult? Shown(Report report)
    {
        ArgumentNullException.ThrowIfNull(report);
        PointResult[] members = [.. report.Analysis.Points.Where(p => p.OnFront).Select(p => p.Point)];
        if (members.Length == 0) return report.Result.Points.FirstOrDefault(p => p.Record is not null);
        double[][] costs = [.. members.Select(p => report.Analysis.Objectives.Select(o => o.Cost(MetricCatalogue.Get(o.Metric).Of(p.Record!)!.Value)).ToArray())];
        double Distance(double[] c)
        {
            double sum = 0;
            for (int d = 0; d < c.Length; d++)
            {
                double low = costs.Min(o => o[d]), high = costs.Max(o => o[d]);
                if (high > low) sum += Math.Pow((c[d] - low) / (high - low), 2);
            }
            return sum;
        }
        return members.Select((p, i) => (p, Far: Distance(costs[i]))).OrderBy(m => m.Far).ThenBy(m => m.p.Index).First().p;
    }
}
