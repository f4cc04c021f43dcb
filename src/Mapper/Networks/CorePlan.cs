using System.Collections.Immutable;

namespace Sim.Mapper.Networks;

/// <summary>Layers that one core runs, for one sample after the other.</summary>
public readonly record struct PipelineStage(int First, int Last, long Cycles);

/// <summary>
/// Several cores with a memory each behind one DRAM and one vector unit. Either each core runs whole samples, or each runs some layers of
/// every sample and hands its results on through DRAM.
/// </summary>
/// <param name="Cores">Number of cores.</param>
/// <param name="SampleInterval">Cycles from one finished run to the next when each core runs whole ones.</param>
/// <param name="SampleLatency">Cycles of a run then.</param>
/// <param name="Stages">Layers of each core as a pipeline whose longest stage is as short as can be.</param>
/// <param name="PipelineInterval">Cycles from one finished run to the next as a pipeline.</param>
/// <param name="PipelineLatency">Cycles of a run then.</param>
public sealed record CorePlan(int Cores, long SampleInterval, long SampleLatency, ImmutableArray<PipelineStage> Stages,
    long PipelineInterval, long PipelineLatency)
{
    /// <summary>Whether the pipeline finishes more runs.</summary>
    public bool PipelineIsFaster => PipelineInterval < SampleInterval;

    /// <summary>Plans for <paramref name="cores"/> cores; <paramref name="one"/> is the time of a run on one of them.</summary>
    public static CorePlan Of(ScheduleSearch search, int layers, int cores, ScheduleTimeline one)
    {
        ArgumentNullException.ThrowIfNull(search);
        ArgumentNullException.ThrowIfNull(one);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(cores);
        // All cores share the bus and the vector unit.
        long shared = Math.Max(one.DramCycles, one.VectorCycles), interval = Math.Max((one.Cycles + cores - 1) / cores, shared);
        var segments = new ImmutableArray<Segment?>[layers];
        for (int first = 0; first < layers; first++) segments[first] = search.SegmentsFrom(first);
        ImmutableArray<PipelineStage> stages = Shortest(segments, layers, cores);
        Segment[] parts = [.. stages.Select(s => segments[s.First][s.Last + 1]!.Value)];
        long pipeline = Math.Max(stages.Max(s => s.Cycles), Math.Max(parts.Sum(p => p.DramCycles), parts.Sum(p => p.VectorCycles)));
        return new(cores, interval, checked(interval * cores), stages, pipeline, checked(pipeline * stages.Length));
    }

    // Least longest stage of at most so many stages; of equal ones with the fewest stages, and cuts as early as can be.
    private static ImmutableArray<PipelineStage> Shortest(ImmutableArray<Segment?>[] segments, int layers, int cores)
    {
        int most = Math.Min(cores, layers);
        var best = new long?[most + 1, layers + 1];
        var cut = new int[most + 1, layers + 1];
        best[0, 0] = 0;
        for (int k = 1; k <= most; k++)
            for (int end = 1; end <= layers; end++)
                for (int first = 0; first < end; first++)
                {
                    if (best[k - 1, first] is not { } before || segments[first][end] is not { } segment) continue;
                    long longest = Math.Max(before, segment.Cycles);
                    if (best[k, end] is { } known && known <= longest) continue;
                    (best[k, end], cut[k, end]) = (longest, first);
                }
        int stages = Enumerable.Range(1, most).Where(k => best[k, layers] is not null).MinBy(k => best[k, layers]!.Value);
        var list = new Stack<PipelineStage>();
        for (int end = layers; stages > 0; end = cut[stages--, end])
        {
            int first = cut[stages, end];
            list.Push(new(first, end - 1, segments[first][end]!.Value.Cycles));
        }
        return [.. list];
    }
}

/// <summary>The shortest time of layers with nothing on chip before and after.</summary>
public readonly record struct Segment(long Cycles, long DramCycles, long VectorCycles);
