using System.Collections.Immutable;
using Sim.ArchModel.Costs;
using Sim.ArchModel.Technologies;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;

namespace Sim.ArchModel.Reading;

/// <summary>An architecture with the technology it names, its pipeline chosen (`pipeline_stages: auto`), and the places of its parts in the
/// file.</summary>
public sealed record LoadedArchitecture(Architecture Architecture, Technology Technology)
{
    private bool _isAuto;

    /// <summary>Where the file names parts: buffers by name, `dram`, `vector`, `technology`, and "" for the whole.</summary>
    public ImmutableDictionary<string, Location> Places { get; init; } = ImmutableDictionary<string, Location>.Empty;

    /// <summary>Where the architecture stands.</summary>
    public Location Place => Places.GetValueOrDefault("", new Location(Architecture.Name));

    /// <summary>The same architecture in another technology, which may need another pipeline.</summary>
    public LoadedArchitecture In(Technology technology) => With(this with { Technology = technology }, _isAuto);

    /// <summary>Its prices. Throws <see cref="InvalidInputException"/> (COST001) with everything that the technology does not
    /// know.</summary>
    public ArchitectureCost Price() => new(Architecture, Technology, Places);

    /// <summary>Records what has no price (COST001), and as warnings the paths for which the clock is too fast (COST002).</summary>
    public void CheckPrices(DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(bag);
        try
        {
            if (Price().Clock.Problem is { } slow) bag.Warning(Place, "COST002", slow);
        }
        catch (InvalidInputException e)
        {
            bag.AddRange(e.Diagnostics);
        }
    }

    internal static LoadedArchitecture Of(Architecture architecture, Technology technology, IEnumerable<KeyValuePair<string,
        Location>> places) =>
        With(new LoadedArchitecture(architecture, technology) { Places = places.ToImmutableDictionary(StringComparer.Ordinal) },
            architecture.Datapath.PipelineAuto);

    private static LoadedArchitecture With(LoadedArchitecture loaded, bool isAuto)
    {
        if (!isAuto) return loaded;
        DatapathSpec datapath = Pipelined(loaded.Architecture.Datapath with { PipelineAuto = true }, loaded.Technology,
            loaded.Architecture.ClockHertz);
        return loaded with { Architecture = loaded.Architecture with { Datapath = datapath }, _isAuto = true };
    }

    /// <summary>A datapath whose `pipeline_stages: auto` has become as few stages as a clock needs.</summary>
    internal static DatapathSpec Pipelined(DatapathSpec datapath, Technology technology, double clockHertz)
    {
        if (!datapath.PipelineAuto) return datapath;
        DatapathSpec flat = datapath with { PipelineAuto = false, PipelineStages = 0 };
        // What has no price has no delay either: pricing says so.
        var missing = new List<string>();
        double delay = new CostModel(technology, missing).Price(flat.MacLogic).DelayNanoseconds;
        return flat with { PipelineStages = ClockCheck.FewestStages(delay, clockHertz, PipelineDepth.Most) };
    }
}
