using System.Collections.Immutable;

namespace Sim.Mapper.Networks;

/// <summary>Layers that one core runs, for one sample after the other.</summary>
public readonly record struct PipelineStage(int First, int Last, long Cycles);

/// <summary>What keeps several cores from finishing runs at shorter intervals.</summary>
public enum CoreBound : byte
{
    /// <summary>The cores: what each has to do.</summary>
    Cores,

    /// <summary>The DRAM's bus, which all of them share.</summary>
    Dram,

    /// <summary>The vector unit, which all of them share.</summary>
    Vector,
}

/// <summary>Cycles from one finished run to the next.</summary>
/// <param name="Cycles">None of the parts can do with less.</param>
/// <param name="Bound">The part that needs them; the cores where several do.</param>
public readonly record struct CoreInterval(long Cycles, CoreBound Bound)
{
    /// <summary>The longest of what a core, the bus and the vector unit do for a run.</summary>
    public static CoreInterval Of(long core, long dram, long vector) =>
        core >= dram && core >= vector ? new(core, CoreBound.Cores) : dram >= vector ? new(dram, CoreBound.Dram)
            : new(vector, CoreBound.Vector);
}

/// <summary>
/// Several cores with a memory each behind one DRAM and one vector unit. Either each core runs whole samples, or each runs some layers of
/// every sample and hands its results on through DRAM.
/// </summary>
/// <param name="Cores">Number of cores.</param>
/// <param name="Samples">When each core runs whole ones.</param>
/// <param name="SampleLatency">Cycles of a run then.</param>
/// <param name="Stages">Layers of each core as a pipeline, each stage as fast as it can be, cut so that the interval is least.</param>
/// <param name="Pipeline">As a pipeline.</param>
/// <param name="PipelineLatency">Cycles of a run then.</param>
public sealed record CorePlan(int Cores, CoreInterval Samples, long SampleLatency, ImmutableArray<PipelineStage> Stages,
    CoreInterval Pipeline, long PipelineLatency)
{
    /// <summary>Whether the pipeline finishes more runs.</summary>
    public bool PipelineIsFaster => Pipeline.Cycles < Samples.Cycles;

    /// <summary>Plans for <paramref name="cores"/> cores; <paramref name="one"/> is the time of a run on one of them.</summary>
    public static CorePlan Of(ScheduleSearch search, int layers, int cores, ScheduleTimeline one)
    {
        ArgumentNullException.ThrowIfNull(search);
        ArgumentNullException.ThrowIfNull(one);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(cores);
        CoreInterval samples = CoreInterval.Of((one.Cycles + cores - 1) / cores, one.DramCycles, one.VectorCycles);
        var segments = new ImmutableArray<Segment?>[layers];
        for (int first = 0; first < layers; first++) segments[first] = search.SegmentsFrom(first);
        if (segments[0][layers] is null) segments[0] = segments[0].SetItem(layers, search.Whole());
        Part best = Best(segments, layers, Math.Min(cores, layers));
        ImmutableArray<PipelineStage> stages = [.. best.Stages().Select(s => new PipelineStage(s.First, s.End - 1,
            segments[s.First][s.End]!.Value.Cycles))];
        CoreInterval pipeline = best.Interval;
        return new(cores, samples, checked(samples.Cycles * cores), stages, pipeline, checked(pipeline.Cycles * stages.Length));
    }

    // The first layers cut into stages.
    private sealed record Part(long Longest, long Dram, long Vector, Part? Before, int First, int End)
    {
        public CoreInterval Interval => CoreInterval.Of(Longest, Dram, Vector);

        public Part Then(int first, int end, in Segment next) => new(Math.Max(Longest, next.Cycles), checked(Dram + next.DramCycles),
            checked(Vector + next.VectorCycles), this, first, end);

        public bool Beats(Part other) => Longest <= other.Longest && Dram <= other.Dram && Vector <= other.Vector;

        public IEnumerable<(int First, int End)> Stages() =>
            Before is null ? [] : [.. Before.Stages(), (First, End)];
    }

    // Least interval of at most so many stages; of equal ones with the fewest. What a part needs never becomes less, so of parts that
    // end at the same layer those that another one beats in all are left out.
    private static Part Best(ImmutableArray<Segment?>[] segments, int layers, int most)
    {
        Part? best = null;
        var parts = new List<Part>[layers + 1];
        for (int end = 0; end <= layers; end++) parts[end] = [];
        parts[0].Add(new Part(0, 0, 0, null, 0, 0));
        for (int stages = 1; stages <= most; stages++)
        {
            var longer = new List<Part>[layers + 1];
            for (int end = 0; end <= layers; end++) longer[end] = [];
            for (int first = 0; first < layers; first++)
                for (int end = first + 1; end <= layers; end++)
                {
                    if (segments[first][end] is not { } segment) continue;
                    foreach (Part part in parts[first])
                    {
                        Part next = part.Then(first, end, segment);
                        if (best is not null && next.Interval.Cycles >= best.Interval.Cycles) continue;
                        if (end == layers) best = next;
                        else if (!longer[end].Exists(l => l.Beats(next)))
                        {
                            longer[end].RemoveAll(l => next.Beats(l));
                            longer[end].Add(next);
                        }
                    }
                }
            parts = longer;
        }
        return best!;
    }
}

/// <summary>The shortest time of layers with nothing on chip before and after; of equal ones the least of the bus, then of the vector
/// unit.</summary>
public readonly record struct Segment(long Cycles, long DramCycles, long VectorCycles);
