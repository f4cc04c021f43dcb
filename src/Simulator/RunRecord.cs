using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Sim.Simulator.Timing;

namespace Sim.Simulator;

/// <summary>One line of an itemised total. Source says where the number comes from (paper, table, file).</summary>
public sealed record CostItem(string Component, string Role, double Value, string Unit, string Source);

/// <summary>Energy of one counted action: Count · PerActionPicojoules.</summary>
public sealed record ActionEnergy(string Component, string Action, long Count, double PerActionPicojoules, string Source);

/// <summary>
/// Numerical health of one layer over the evaluated data. SqnrDb is +∞ when the outputs equal the float ones, -∞ when an output is not
/// finite, null when the float output is all zero and this one is not.
/// </summary>
public sealed record LayerNumerics(double? SqnrDb, long Outputs, long OverflowedOutputs, long NaNOutputs, long SaturatedInputs,
    long EncodedInputs, string Kernel)
{
    /// <summary>Integer layers: outputs whose register overflowed when the bias entered it (such an output may be counted in
    /// OverflowedOutputs too).</summary>
    public long BiasOverflowedOutputs { get; init; }

    /// <summary>Inputs that were NaN before they were encoded, whatever code the operand format has for one.</summary>
    public long NaNInputs { get; init; }

    /// <summary>Integer layers: smallest final register value, bias included; null for other layers.</summary>
    public long? AccumulatorMinimum { get; init; }

    /// <summary>Integer layers: largest final register value, bias included; null for other layers.</summary>
    public long? AccumulatorMaximum { get; init; }
}

/// <summary>One layer of one run: shape, time, actions; numerics over the whole data set (null without data).</summary>
public sealed record LayerRecord(string Name, string OpType, int Groups, int M, int N, int K, long ComputeCycles, long StallCycles,
    double Utilization,
    ImmutableArray<ActionEnergy> Energy, LayerNumerics? Numerics)
{
    /// <summary>Cycles of the layer, waiting included.</summary>
    public long Cycles => ComputeCycles + StallCycles;

    /// <summary>Stall cycles by cause; none in records of earlier versions.</summary>
    public ImmutableArray<Stall> Stalls { get; init; } = [];

    /// <summary>What bounds the layer: `compute`, a port, `dram`; null in records of earlier versions.</summary>
    public string? Bound { get; init; }

    /// <summary>Bytes by memory and operand; none in records of earlier versions.</summary>
    public ImmutableArray<MemoryTraffic> Traffic { get; init; } = [];

    /// <summary>The least bytes that must cross the bus: every element once; null in records of earlier versions.</summary>
    public long? CompulsoryBytes { get; init; }

    /// <summary>Name of the outermost memory; null: `dram`.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? OutermostMemory { get; init; }

    /// <summary>Bytes over the bus, both directions; null in records of earlier versions.</summary>
    public long? DramBytes => CompulsoryBytes is null ? null
        : Traffic.Where(t => t.Memory == (OutermostMemory ?? ArchModel.ActionNames.Dram)).Sum(t => t.ReadBytes + t.WriteBytes);
}

/// <summary>Accuracy over a labelled data set. Fractions in [0, 1]; Top1 is null without labels.</summary>
public sealed record AccuracyRecord(int Samples, double? Top1, double? FloatTop1, double AgreementWithFloat, double? OutputSqnrDb);

/// <summary>
/// The design's clock beside its longest path between registers: whose that is, and how many pipeline stages the MAC has (`auto` chosen).
/// Slack below 0: the design misses its clock, and its latency is one that it cannot reach.
/// </summary>
public sealed record ClockRecord(double PeriodNanoseconds, double CriticalNanoseconds, string CriticalPath, int PipelineStages)
{
    /// <summary>What is left of the period after the longest path, ns.</summary>
    public double SlackNanoseconds => PeriodNanoseconds - CriticalNanoseconds;

    /// <summary>The fastest clock that the longest path allows, MHz.</summary>
    public double FmaxMegahertz => 1e3 / CriticalNanoseconds;

    /// <summary>Whether the longest path fits the period.</summary>
    public bool IsMet => CriticalNanoseconds <= PeriodNanoseconds;
}

/// <summary>
/// What one run does: so many samples (the batch of a generated workload, else 1) and, of a language workload, tokens that it takes in or
/// puts out, with their rate and energy each; null for others.
/// </summary>
public sealed record WorkRecord(int Samples, long? Tokens, double? TokensPerSecond, double? PicojoulesPerToken)
{
    /// <summary>The work of a run that takes so long and so much.</summary>
    public static WorkRecord Of(int samples, long? tokens, double seconds, double picojoules) =>
        new(samples, tokens, tokens / seconds, picojoules / tokens);
}

/// <summary>
/// Everything one run found, and all that a report may read. Null means not known, never 0. Latency and energy are those of one run
/// (<see cref="Work"/>).
/// </summary>
public sealed record RunRecord(
    string Schema,
    string ToolVersion,
    string DesignKey,
    ImmutableSortedDictionary<string, string> InputDigests,
    ImmutableSortedDictionary<string, string> Parameters,
    [property: JsonPropertyName("architecture"), JsonConverter(typeof(EmbeddedJson))] string ArchitectureJson,
    [property: JsonPropertyName("recipe"), JsonConverter(typeof(EmbeddedJson))] string RecipeJson,
    string Network,
    ImmutableArray<LayerRecord> Layers,
    long TotalCycles,
    double LatencySeconds,
    double DynamicEnergyPicojoules,
    double LeakageEnergyPicojoules,
    double AreaSquareMicrometres,
    ImmutableArray<CostItem> Area,
    AccuracyRecord? Accuracy,
    ImmutableArray<string> Warnings)
{
    /// <summary>Schema name and version of this record.</summary>
    public const string CurrentSchema = "sim.run/2";

    /// <summary>How the clock is met; null in records of earlier versions.</summary>
    public ClockRecord? Clock { get; init; }

    /// <summary>What one run does; null in records of earlier versions: one sample.</summary>
    public WorkRecord? Work { get; init; }

    /// <summary>Whether the design is known to miss its clock.</summary>
    public bool MissesClock => Clock is { IsMet: false };

    /// <summary>Dynamic plus leakage energy of one run.</summary>
    public double EnergyPicojoules => DynamicEnergyPicojoules + LeakageEnergyPicojoules;
}
