using System.Collections.Immutable;

namespace Sim.Cli.Verbs.Bench;

/// <summary>One measured speed. Ratio is against <paramref name="Baseline"/>, measured in the same run on the same thread.</summary>
/// <param name="Case">What was run.</param>
/// <param name="How">The algorithm that ran.</param>
/// <param name="Milliseconds">Best time of one repetition.</param>
/// <param name="Rate">Speed, in <paramref name="Unit"/>.</param>
/// <param name="Unit">For example GMAC/s.</param>
/// <param name="Ratio">Rate over the baseline's rate.</param>
/// <param name="Baseline">What the ratio is against.</param>
/// <param name="Goal">The ratio that the project asks for; null where it asks for none.</param>
internal sealed record BenchRow(string Case, string How, double Milliseconds, double Rate, string Unit, double Ratio, string Baseline,
    double? Goal = null)
{
    /// <summary>Columns of this benchmark's own.</summary>
    public ImmutableArray<BenchDetail> Details { get; init; } = [];
}

/// <summary>A further number of a row; without a text it stands in JSON alone.</summary>
internal sealed record BenchDetail(string Name, double Value, string? Text);

/// <summary>What a benchmark of designs measures; empty: its own choice, or all that are shipped.</summary>
internal sealed record BenchDesigns(ImmutableArray<string> Architectures, ImmutableArray<string> Workloads, bool All, long Effort);

/// <summary>A group of measurements: one file plus one line in <see cref="BenchCatalogue"/>.</summary>
internal interface IBenchmark
{
    /// <summary>Name on the command line.</summary>
    string Name { get; }

    /// <summary>What is measured and how, one sentence.</summary>
    string Summary { get; }

    /// <summary>Measures, on one thread unless the summary says otherwise. <paramref name="progress"/> is told what runs.</summary>
    IReadOnlyList<BenchRow> Run(Action<string> progress);

    /// <summary>What the times of its rows are.</summary>
    string TimeName => "best ms";

    /// <summary>Whether it can be told which designs to measure.</summary>
    bool TakesDesigns => false;

    /// <summary>Measures given designs, where it can be told.</summary>
    IReadOnlyList<BenchRow> Run(BenchDesigns designs, Action<string> progress) => throw new NotSupportedException(Name);
}
