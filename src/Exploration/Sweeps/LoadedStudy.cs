using System.Collections.Immutable;
using Sim.Exploration.Studies;
using Sim.Foundation.Diagnostics;
using Sim.Simulator.Inputs;

namespace Sim.Exploration.Sweeps;

/// <summary>A study with everything it names, read and checked: nothing is wrong with the input once this exists.</summary>
public sealed record LoadedStudy(DesignSpace Space, ImmutableArray<LoadedWorkload> Workloads, StudyHeader Header)
{
    /// <summary>Reads a study by path or catalogue name. Throws <see cref="InvalidInputException"/> with every problem of the study, its
    /// designs, networks and data.</summary>
    /// <param name="pathOrName">The study.</param>
    /// <param name="toolVersion">For its header.</param>
    /// <param name="progress">Told how many designs have been read, and of how many.</param>
    public static LoadedStudy Load(string pathOrName, string toolVersion, Action<int, int>? progress = null)
    {
        var bag = new DiagnosticBag();
        Study? study = StudyReader.Load(pathOrName, bag);
        DesignSpace? space = study is null ? null : DesignSpace.Read(study, bag, done => progress?.Invoke(done, study.CombinationCount));
        LoadedWorkload?[] workloads = study is null ? [] : [.. study.Workloads.Select(w => WorkloadLoader.LoadAny(w, bag))];
        bag.ThrowIfErrors();
        ImmutableArray<LoadedWorkload> loaded = [.. workloads.Select(w => w!)];
        return new LoadedStudy(space!, loaded, space!.Header(toolVersion, loaded.Select(w => w.Digest)));
    }

    /// <summary>What a design that can be is, for the evaluator.</summary>
    public Simulator.DesignInputs Inputs(Design design)
    {
        ArgumentNullException.ThrowIfNull(design);
        return new(design.Accelerator!, Workloads[design.Point.Workload], design.Recipe!, Space.Study.Parameters(design.Point));
    }
}
