using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Sim.ArchModel.Hierarchies.Reading;
using Sim.ArchModel.Reading;
using Sim.Cli.Verbs.Maps;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Mapper.Answers;
using Sim.Mapper.Constraints;
using Sim.Mapper.Search;
using Sim.Workloads.Graph;
using Sim.Workloads.Nests;

namespace Sim.Cli.Verbs.Bench;

/// <summary>Cold searches of the best mappings of whole networks: every distinct layer once, no cache.</summary>
internal sealed class MapBenchmark : IBenchmark
{
    private const double MedianMilliseconds = 10, MostMilliseconds = 1000, ResNetMilliseconds = 150;

    private static readonly ImmutableArray<string> Workloads = ["resnet50", "mobilenet_v2", "bert_base", "llama3_8b"];

    // What a run without options measures: small arrays and one with three memories, in about a minute.
    private static readonly ImmutableArray<string> Few = ["gemmini_default", "shidiannao", "tpu_v2_core"];

    public string Name => "map";

    public string Summary => "Certified search of the best mapping (least energy x cycles), one thread, no cache: every distinct layer of "
        + "a network searched once. The time is the median of its layers, ratios are 10 ms over it; mappings are evaluated or dropped by a "
        + "stated rule, by the counters of certificates with a proof, a second of processor time (goal 50 M). Whole networks have a goal "
        + "of 150 ms for ResNet-50, the slowest layer one of 1 s (! where missed). `cpu ms` of a network is processor time, which other "
        + "programs do not lengthen. Row `first`: the first searches after start, the run-time compiler at work.";

    public string TimeName => "median ms";

    public bool TakesDesigns => true;

    public IReadOnlyList<BenchRow> Run(Action<string> progress) => Run(new([], [], false, SearchEffort.Default), progress);

    public IReadOnlyList<BenchRow> Run(BenchDesigns designs, Action<string> progress)
    {
        ImmutableArray<string> architectures = designs.Architectures is { Length: > 0 } named ? named
            : designs.All ? [.. Hierarchies()] : Few;
        ImmutableArray<string> workloads = designs.Workloads is { Length: > 0 } chosen ? chosen : Workloads;
        var bag = new DiagnosticBag();
        ImmutableArray<(string Name, MapTarget Target)> targets = [.. architectures.Select(a => (a, Target(a, bag)))
            .Where(t => t.Item2 is not null).Select(t => (t.a, t.Item2!))];
        ImmutableArray<(string Name, ImmutableArray<GemmLayer> Layers)> networks = [.. workloads.Select(w => (w, MatrixLayers.Read(w, bag)))
            .Where(n => n.Item2 is not null).Select(n => (n.w, n.Item2!.Value.Layers))];
        bag.ThrowIfErrors();
        var rows = new List<BenchRow>();
        foreach ((string architecture, MapTarget target) in targets)
            foreach ((string network, ImmutableArray<GemmLayer> layers) in networks)
            {
                // The first network twice: before and after the run-time compiler has seen the search.
                if (rows.Count == 0) rows.Add(Measure(architecture, target, network + ", first", layers, designs.Effort, progress));
                rows.Add(Measure(architecture, target, network, layers, designs.Effort, progress));
            }
        return rows;
    }

    private static IEnumerable<string> Hierarchies() => ConfigCatalogue.Names(ArchitectureReader.Folder).Where(name =>
        ConfigCatalogue.Text(ArchitectureReader.Folder, name)!.Contains("sim.architecture/2", StringComparison.Ordinal));

    private static MapTarget? Target(string name, DiagnosticBag bag)
    {
        if (HierarchyReader.Load(name, bag) is not { } loaded) return null;
        MapConstraints constraints = ConstraintReader.Of(loaded, bag);
        return bag.HasErrors ? null : new MapTarget(loaded, constraints);
    }

    private static BenchRow Measure(string architecture, MapTarget target, string network, ImmutableArray<GemmLayer> layers, long effort,
        Action<string> progress)
    {
        ImmutableArray<(LoopLayer Layer, int Times)> distinct = EqualLayers.Of(layers);
        var times = new List<(double Milliseconds, string Layer)>();
        var found = new List<MapResult>();
        int unmapped = 0;
        GC.Collect();
        TimeSpan before = Environment.CpuUsage.TotalTime;
        foreach ((LoopLayer layer, _) in distinct)
        {
            long start = Stopwatch.GetTimestamp();
            MapResult? result = MapSearch.Best(target.Problem(layer), MapObjective.Edp, effort);
            times.Add((Stopwatch.GetElapsedTime(start).TotalMilliseconds, layer.Name));
            if (result is null) unmapped++;
            else found.Add(result);
        }
        double processor = (Environment.CpuUsage.TotalTime - before).TotalSeconds;
        double median = Median([.. times.Select(t => t.Milliseconds)]), whole = times.Sum(t => t.Milliseconds);
        (double worst, string slowest) = times.MaxBy(t => t.Milliseconds);
        double mappings = found.Sum(r => Seen(r.Certificate)), rate = mappings / Math.Max(processor, 1e-9);
        int proved = found.Count(r => r.Certificate.IsOptimal);
        double gap = found.Count == 0 ? 0 : found.Max(r => r.Certificate.Gap);
        progress($"{architecture}, {network}: {proved} of {distinct.Length} proved, median {Number(median, "0.0")} ms, slowest "
            + $"{Number(worst, "0.0")} ms, network {Number(whole, "0.0")} ms");
        bool resnet = network.StartsWith("resnet50", StringComparison.Ordinal);
        string how = $"{proved} of {distinct.Length} proved" + (unmapped > 0 ? $", {unmapped} do not fit" : "");
        return new BenchRow($"{architecture}, {network}", how, median, rate, "mappings/s", MedianMilliseconds / median,
            "10 ms for the median of a network's layers", 1)
        {
            Details =
            [
                new("layers", layers.Length, $"{layers.Length}"),
                new("worst gap", gap, proved == found.Count ? "" : Number(100 * gap, "0.##") + " %"),
                new("worst ms", worst, Number(worst, "0.0") + (worst > MostMilliseconds ? " !" : "") + $" ({slowest})"),
                new("network ms", whole, Number(whole, "0.0") + (resnet && whole > ResNetMilliseconds ? " !" : "")),
                new("cpu ms", processor * 1e3, Number(processor * 1e3, "0.0")),
                new("distinct", distinct.Length, null),
                new("proved", proved, null),
                new("unmapped", unmapped, null),
            ],
        };
    }

    // Candidates that were evaluated or dropped by a rule; without a proof only those that were evaluated: what an effort left is neither.
    private static double Seen(MapCertificate c) => !c.IsOptimal ? (double)c.Evaluated : (double)c.Evaluated + (double)c.BySkeletonBound
        + (double)c.ByWayBound + (double)c.ByDominance + (double)c.ByLimit + (double)c.ByPartialBound;

    private static double Median(double[] values)
    {
        Array.Sort(values);
        int half = values.Length / 2;
        return values.Length % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
    }

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
