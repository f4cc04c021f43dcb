using System.Collections.Immutable;
using Sim.Exploration.Studies;
using Sim.Foundation.Diagnostics;

namespace Sim.Exploration.Sweeps;

/// <summary>A study with everything it names, read and checked: nothing is wrong with the input once this exists.</summary>
public sealed record LoadedStudy(DesignSpace Space, ImmutableArray<LoadedWorkload> Workloads, StudyHeader Header)
{
    /// <summary>Reads a study by path or catalogue name. Throws <see cref="InvalidInputException"/> with every problem of the study, its designs, networks and data.</summary>
    public static LoadedStudy Load(string pathOrName, string toolVersion)
    {
        var bag = new DiagnosticBag();
        Study? study = StudyReader.Load(pathOrName, bag);
        DesignSpace? space = study is null ? null : DesignSpace.Read(study, bag);
        LoadedWorkload?[] workloads = study is null ? [] : [.. study.Workloads.Select(w => WorkloadLoader.Load(w, bag))];
        bag.ThrowIfErrors();
        ImmutableArray<LoadedWorkload> loaded = [.. workloads.Select(w => w!)];
        return new LoadedStudy(space!, loaded, space!.Header(toolVersion, loaded.Select(w => w.Digest)));
    }
}
