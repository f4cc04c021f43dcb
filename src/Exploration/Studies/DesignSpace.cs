using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Sim.ArchModel.Technologies;
using Sim.Foundation.Diagnostics;
using Sim.Simulator;
using Sim.Simulator.Accelerators;
using Sim.Simulator.Inputs;
using Sim.Workloads.Quantization;

namespace Sim.Exploration.Studies;

/// <summary>
/// One design of a study, read: its architecture with technology, and its recipe; or why it cannot be. Blame names the axis values without
/// which it could (`datapath: mxfp4_fp32`), empty when no single one helps.
/// </summary>
public sealed record Design(DesignPoint Point, IAccelerator? Accelerator, Recipe? Recipe, ImmutableArray<Diagnostic> Problems,
    string Blame = "")
{
    /// <summary>Whether it can run.</summary>
    public bool Exists => Accelerator is not null && Recipe is not null && Errors.IsEmpty;

    /// <summary>What keeps it from being.</summary>
    public ImmutableArray<Diagnostic> Errors => [.. Problems.Where(p => p.Severity == Severity.Error)];

    /// <summary>Why it cannot be, in words, with the axis values that are to blame; empty when it can.</summary>
    public string Reason => Errors.IsEmpty ? "" : (Blame.Length > 0 ? $"{Blame}: " : "")
        + string.Join("; ", Errors.Select(p => $"{p.Code}: {p.Message}").Distinct());
}

/// <summary>
/// All designs of a study: axis values set into the base and read. A combination that cannot be (an integer register under float operands),
/// a number out of its range, a clock that is too fast: a design with a reason, beside which the others run. A mistake (a path that leads
/// nowhere, an unknown name, no number where one is due) is an error of the study.
/// </summary>
public sealed record DesignSpace(Study Study, ImmutableArray<Design> Designs)
{
    /// <summary>The most designs of a study: each is read, priced and reported.</summary>
    public const int MostDesigns = 100_000;

    // Prices stand in properties without setters, which records leave out.
    private static readonly JsonSerializerOptions Everything = new()
        { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <summary>Reads every design; null after recording what is wrong with the study.</summary>
    /// <param name="study">A study without mistakes of its own.</param>
    /// <param name="bag">Where mistakes go.</param>
    /// <param name="progress">Told how many combinations of axis values have been read.</param>
    public static DesignSpace? Read(Study study, DiagnosticBag bag, Action<int>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(study);
        ArgumentNullException.ThrowIfNull(bag);
        DesignReader reader = DesignReader.Read(study, progress);
        int before = bag.ErrorCount;
        reader.ReportMistakes(bag);
        if (bag.ErrorCount > before) return null;
        // Networks do not change a design, so each combination of choices was read once.
        return new DesignSpace(study, [.. study.Points().Select(p => reader.Find(p.Choices) with { Point = p })]);
    }

    /// <summary>Records the mistakes of a study whose other parts may be wrong already.</summary>
    internal static void ReportMistakes(Study study, DiagnosticBag bag)
    {
        if (study.Axes.Aggregate(1.0, (product, axis) => product * axis.Values.Length) <= MostDesigns) DesignReader.Read(study, null)
            .ReportMistakes(bag);
    }

    /// <summary>
    /// The study for a store. Its digest covers what results depend on: the digests of all designs. Objectives and constraints are not part
    /// of it: they may change over results that are there.
    /// </summary>
    /// <param name="toolVersion">Version of the tool.</param>
    /// <param name="inputDigests">Digests of the model and data files, one per workload.</param>
    public StudyHeader Header(string toolVersion, IEnumerable<string> inputDigests)
    {
        ImmutableArray<string> designs = Digests(toolVersion, inputDigests);
        string digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(StudyHeader.CurrentSchema + "\n"
            + string.Join('\n', designs))));
        return new StudyHeader(Study.Name, Study.Description, digest, toolVersion, Designs.Length, Study.AxisNames, Study.Objectives,
            Study.Constraints, Study.Fronts, Study.Text)
        {
            Designs = designs,
        };
    }

    // What the result of a design depends on: the tool's version, its parameters, the content of the files that it names, its network and
    // data.
    private ImmutableArray<string> Digests(string toolVersion, IEnumerable<string> inputDigests)
    {
        ArgumentNullException.ThrowIfNull(inputDigests);
        string[] inputs = [.. inputDigests];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        void Add(string text) => hash.AppendData(Encoding.UTF8.GetBytes(text + "\n"));
        var digests = ImmutableArray.CreateBuilder<string>(Designs.Length);
        var technologies = new Dictionary<Technology, string>(ReferenceEqualityComparer.Instance);
        foreach (Design design in Designs)
        {
            Add(toolVersion);
            WorkloadFiles workload = Study.Workloads[design.Point.Workload];
            Add($"{workload.Name} {workload.Input} {inputs[Math.Min(design.Point.Workload, inputs.Length - 1)]}");
            Add(RecordJson.Write(Study.Parameters(design.Point)));
            if (design.Accelerator is { } a)
            {
                if (!technologies.TryGetValue(a.Technology, out string? text)) technologies.Add(a.Technology,
                    text = JsonSerializer.Serialize(a.Technology, Everything));
                Add(a.Json + text);
            }
            Add(design.Reason);
            Add(design.Recipe?.Canonical ?? "");
            digests.Add(Convert.ToHexStringLower(hash.GetHashAndReset()));
        }
        return digests.ToImmutable();
    }
}
