using System.Collections.Immutable;

namespace Sim.Cli.Verbs.Bench;

/// <summary>The benchmarks in the order in which `sim bench all` runs them.</summary>
internal static class BenchCatalogue
{
    public static ImmutableArray<IBenchmark> All { get; } =
    [
        new GemmBenchmark(),
        new QuantizeBenchmark(),
        new EstimatorBenchmark(),
        new MachineBenchmark(),
        new MapBenchmark(),
        new AccuracyBenchmark(),
        new VerifyBenchmark(),
    ];
}
