using System.Collections.Immutable;
using Sim.Simulator;

namespace Sim.Exploration.Metrics;

/// <summary>Every metric, in the order of tables. A new metric is one line here.</summary>
public static class MetricCatalogue
{
    /// <summary>All metrics.</summary>
    public static ImmutableArray<Metric> All { get; } =
    [
        new("accuracy", "Top-1 accuracy", "", "accuracy", Goal.Maximize, r => r.Accuracy?.Top1),
        new("agreement", "Agreement with float", "", "agreement", Goal.Maximize, r => r.Accuracy?.AgreementWithFloat),
        new("sqnr", "Output SQNR", "dB", "output_sqnr_db", Goal.Maximize, r => r.Accuracy?.OutputSqnrDb),
        new("overflows", "Overflowed outputs", "", "overflow_fraction", Goal.Minimize, OverflowFraction),
        new("energy", "Energy per inference", "nJ", "energy_nj", Goal.Minimize, r => r.EnergyPicojoules * 1e-3),
        new("latency", "Latency", "us", "latency_us", Goal.Minimize, r => r.LatencySeconds * 1e6),
        new("tokens_per_second", "Tokens per second", "token/s", "tokens_per_s", Goal.Maximize, r => r.Work?.TokensPerSecond),
        new("energy_per_token", "Energy per token", "nJ", "energy_per_token_nj", Goal.Minimize, r => r.Work?.PicojoulesPerToken * 1e-3),
        new("cycles", "Cycles", "", "cycles", Goal.Minimize, r => r.TotalCycles),
        new("area", "Area", "mm2", "area_mm2", Goal.Minimize, r => r.AreaSquareMicrometres * 1e-6),
        new("edp", "Energy-delay product", "nJ us", "edp_nj_us", Goal.Minimize, r => r.EnergyPicojoules * 1e-3 * (r.LatencySeconds * 1e6)),
        new("power", "Average power", "mW", "power_mw", Goal.Minimize, r => r.LatencySeconds > 0
            ? r.EnergyPicojoules * 1e-9 / r.LatencySeconds : null),
        new("utilization", "PE utilization", "", "utilization", Goal.Maximize, Utilization),
        new("slack", "Clock slack", "ns", "slack_ns", Goal.Maximize, r => r.Clock?.SlackNanoseconds),
        new("fmax", "Fastest clock", "MHz", "fmax_mhz", Goal.Maximize, r => r.Clock is { CriticalNanoseconds: > 0 } c ? c.FmaxMegahertz
            : null),
    ];

    /// <summary>The metric of that name, or null.</summary>
    public static Metric? Find(string name) => All.FirstOrDefault(m => m.Name == name);

    /// <summary>The metric of that name; KeyNotFoundException when there is none.</summary>
    public static Metric Get(string name) => Find(name) ?? throw new KeyNotFoundException($"no metric '{name}'");

    private static double? OverflowFraction(RunRecord record)
    {
        long outputs = 0, overflowed = 0;
        foreach (LayerRecord layer in record.Layers)
        {
            if (layer.Numerics is not { } n) continue;
            outputs += n.Outputs;
            overflowed += n.OverflowedOutputs;
        }
        return outputs == 0 ? null : (double)overflowed / outputs;
    }

    // Matrix layers only, by the cycles they take, waiting included: a layer's utilization counts them all.
    private static double? Utilization(RunRecord record)
    {
        double busy = 0, cycles = 0;
        foreach (LayerRecord layer in record.Layers.Where(l => l.Groups > 0))
        {
            busy += layer.Utilization * (layer.ComputeCycles + layer.StallCycles);
            cycles += layer.ComputeCycles + layer.StallCycles;
        }
        return cycles == 0 ? null : busy / cycles;
    }
}
