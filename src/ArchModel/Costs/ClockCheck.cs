using System.Collections.Immutable;
using System.Globalization;

namespace Sim.ArchModel.Costs;

/// <summary>A path between two registers: what it is in words, and ns.</summary>
public sealed record TimedPath(string What, double Nanoseconds);

/// <summary>
/// The clock of an architecture beside its paths: a MAC between pipeline registers, the accumulator below a weight- or input-stationary
/// array, an access of each buffer. A design whose longest path does not fit the period does not run at its clock.
/// </summary>
public sealed record ClockCheck(double PeriodNanoseconds, int PipelineStages, ImmutableArray<TimedPath> Paths)
{
    /// <summary>The longest path; of equals the first.</summary>
    public TimedPath Critical => Paths.MaxBy(p => p.Nanoseconds)!;

    /// <summary>Whether every path fits.</summary>
    public bool IsMet => Critical.Nanoseconds <= PeriodNanoseconds;

    /// <summary>A line for each path that does not fit.</summary>
    public ImmutableArray<string> Warnings =>
    [
        .. Paths.Where(p => p.Nanoseconds > PeriodNanoseconds).Select(p => string.Create(CultureInfo.InvariantCulture,
            $"COST002: {p.What} takes about {p.Nanoseconds:0.00} ns but the clock period is {PeriodNanoseconds:0.00} ns; add pipeline stages or lower the clock")),
    ];

    /// <summary>Why the design cannot run at its clock, with what helps; null when it can.</summary>
    public string? Problem => IsMet ? null : string.Create(CultureInfo.InvariantCulture,
        $"the clock is too fast: {Critical.What} takes about {Critical.Nanoseconds:0.00} ns of a period of {PeriodNanoseconds:0.00} ns (slack {PeriodNanoseconds - Critical.Nanoseconds:0.00} ns, at most {1e3 / Critical.Nanoseconds:0} MHz)");

    internal static ClockCheck Of(Architecture architecture, PricedPe pe, ImmutableArray<BufferCost> buffers)
    {
        int stages = architecture.Datapath.PipelineStages;
        var paths = ImmutableArray.CreateBuilder<TimedPath>();
        paths.Add(new TimedPath($"a MAC of datapath '{architecture.Datapath.Name}' with {stages} pipeline stages", pe.MacDelayNanoseconds));
        if (architecture.Array.Dataflow != Dataflow.OutputStationary) paths.Add(new TimedPath("the accumulator below the array",
            pe.AccumulatorDelayNanoseconds));
        paths.AddRange(buffers.Select(b => new TimedPath($"an access to buffer '{b.Name}'", b.AccessNanoseconds)));
        return new ClockCheck(1e9 / architecture.ClockHertz, stages, paths.ToImmutable());
    }

    /// <summary>The fewest pipeline stages, at most <paramref name="most"/>, at which a MAC fits the clock's period.</summary>
    public static int FewestStages(double macNanoseconds, double clockHertz, int most)
    {
        double period = 1e9 / clockHertz;
        int stages = 0;
        while (stages < most && macNanoseconds / (stages + 1) > period) stages++;
        return stages;
    }
}
