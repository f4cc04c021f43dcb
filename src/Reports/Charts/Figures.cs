using System.Collections.Immutable;
using System.Globalization;
using Sim.Exploration.Metrics;
using Sim.Exploration.Studies;
using Sim.Simulator;

namespace Sim.Reports.Charts;

/// <summary>The figures of a report: the first objective against each other one, then the layers of one design.</summary>
public static class Figures
{
    /// <summary>Whether figures have labels: this build has their font.</summary>
    public static bool HaveLabels => FigureFont.IsThere;

    /// <summary>All figures, in order.</summary>
    public static ImmutableArray<Figure> Of(Report report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var charts = ImmutableArray.CreateBuilder<Figure>();
        ImmutableArray<Objective> objectives = report.Analysis.Objectives;
        // One design has no trade-offs.
        if (report.Result.Points.Length > 1)
            for (int i = 1; i < objectives.Length; i++) charts.Add(ParetoFigure.Of(report, objectives[i], objectives[0]));
        charts.AddRange(Layers(report));
        return charts.ToImmutable();
    }

    /// <summary>The layers of the design shown first.</summary>
    public static ImmutableArray<Figure> Layers(Report report)
    {
        ArgumentNullException.ThrowIfNull(report);
        if (Shown(report) is not { } point || report.Whole(point).Record is not { } record) return [];
        string design = point.Index.ToString(CultureInfo.InvariantCulture), words = report.Result.Points.Length > 1 ? $"design {design}"
            : report.Title;
        var charts = ImmutableArray.CreateBuilder<Figure>();
        charts.Add(LayerFigures.Energy($"layers_energy_design{design}", words, record));
        charts.Add(LayerFigures.Cycles($"layers_cycles_design{design}", words, record));
        if (record.Layers.Any(l => l.Numerics?.SqnrDb is not null)) charts.Add(LayerFigures.Sqnr($"layers_sqnr_design{design}", words,
            record));
        return charts.ToImmutable();
    }

    /// <summary>The design shown first: of the front, the one nearest to the ideal point when every objective is scaled to [0, 1]; else the
    /// first that ran.</summary>
    public static PointResult? Shown(Report report)
    {
        ArgumentNullException.ThrowIfNull(report);
        PointResult[] members = [.. report.Analysis.Points.Where(p => p.OnFront).Select(p => p.Point)];
        if (members.Length == 0) return report.Result.Points.FirstOrDefault(p => p.Record is not null);
        double[][] costs = [.. members.Select(p =>
            report.Analysis.Objectives.Select(o => o.Cost(MetricCatalogue.Get(o.Metric).Of(p.Record!)!.Value)).ToArray())];
        double Distance(double[] c)
        {
            double sum = 0;
            for (int d = 0; d < c.Length; d++)
            {
                double[] finite = [.. costs.Select(o => o[d]).Where(double.IsFinite)];
                double low = finite.DefaultIfEmpty().Min(), high = finite.DefaultIfEmpty().Max();
                // An infinite cost (or, as a ratio that shall be large, none at all) is one end of the scale.
                double at = double.IsFinite(c[d]) ? high > low ? (c[d] - low) / (high - low) : 0 : c[d] > 0 ? 2 : 0;
                sum += at * at;
            }
            return sum;
        }
        return members.Select((p, i) => (p, Far: Distance(costs[i]))).OrderBy(m => m.Far).ThenBy(m => m.p.Index).First().p;
    }
}
