using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Sim.Simulator;

namespace Sim.Exploration.Studies;

/// <summary>How a design point ended.</summary>
public enum PointStatus : byte
{
    /// <summary>It ran; the record is there.</summary>
    Ok,

    /// <summary>The design cannot exist (a check of the configuration refused it); the reason says why.</summary>
    Infeasible,

    /// <summary>The tool failed on it; the reason holds the message. A sweep with such points exits 1.</summary>
    Failed,
}

/// <summary>One design point of a study: which values its axes took and how it ended. Exactly one of Reason and Record is set.</summary>
public sealed record PointResult(int Index, ImmutableSortedDictionary<string, string> Parameters, PointStatus Status, string? Reason,
    RunRecord? Record);

/// <summary>How fronts are drawn when a study has several networks.</summary>
public enum FrontScope : byte
{
    /// <summary>One front over all networks: they solve the same task.</summary>
    Joint,

    /// <summary>One front for each network.</summary>
    PerNetwork,
}

/// <summary>What a study is, as far as reports need it. Digest covers everything that may change a result; StudyText is the file as
/// written.</summary>
public sealed record StudyHeader(string Name, string Description, string Digest, string ToolVersion, int PointCount,
    ImmutableArray<string> Axes,
    ImmutableArray<Objective> Objectives, ImmutableArray<Constraint> Constraints, FrontScope Fronts, string StudyText)
{
    /// <summary>
    /// Digest of what each design's result depends on, in order of index; empty where they are not known. They tell a store which of its
    /// rows are designs of a study that has grown, and are not kept in the header.
    /// </summary>
    [JsonIgnore]
    public ImmutableArray<string> Designs { get; init; } = [];

    /// <summary>Name and version of the study and store layout.</summary>
    public const string CurrentSchema = "sim.study-result/1";

    /// <summary>Objectives used when records come without a study.</summary>
    public static ImmutableArray<Objective> DefaultObjectives { get; } =
        [new("accuracy", Metrics.Goal.Maximize), new("energy", Metrics.Goal.Minimize), new("latency", Metrics.Goal.Minimize),
            new("area", Metrics.Goal.Minimize)];
}

/// <summary>A study with what became of its points, in order of index; points that have not run yet are absent.</summary>
public sealed record StudyResult(StudyHeader Header, ImmutableArray<PointResult> Points);
