using System.Collections.Immutable;
using Sim.Exploration.Metrics;
using Sim.Exploration.Studies;
using Sim.Simulator;

namespace Sim.Exploration.Tests;

/// <summary>Small records whose numbers are the test's own.</summary>
internal static class Samples
{
    public static StudyHeader Header(string digest = "d1", FrontScope fronts = FrontScope.Joint, params Constraint[] constraints) =>
        new("sample", "", digest, "0.1.0", 0, ["a"], [new("accuracy", Goal.Maximize), new("energy", Goal.Minimize)], [.. constraints],
            fronts, "");

    public static PointResult Point(int index, double? accuracy, double nanojoules, string network = "net", double squareMillimetres = 1) =>
        new(index, ImmutableSortedDictionary<string, string>.Empty.Add("a", $"{index}"), PointStatus.Ok, null,
            Record(index, accuracy, nanojoules, network, squareMillimetres));

    public static RunRecord Record(int index, double? accuracy, double nanojoules, string network = "net", double squareMillimetres = 1) =>
        new(RunRecord.CurrentSchema, "0.1.0", $"key{index}", ImmutableSortedDictionary<string, string>.Empty,
            ImmutableSortedDictionary<string, string>.Empty, "{}", "{}", network,
            [new LayerRecord("l", "Gemm", 1, 2, 3, 4, 10, 5, 0.5, [new ActionEnergy("pe", "mac", 24, 0.1, "source ≤ \"é\"")],
                new LayerNumerics(null, 6, 1, 0, 0, 4, "reference"))],
            15, 1e-6, nanojoules * 1000, 0, squareMillimetres * 1e6, [], accuracy is null ? null
                : new AccuracyRecord(10, accuracy, 0.9, 0.8, 1.0 / 3), ["a warning"]);
}
