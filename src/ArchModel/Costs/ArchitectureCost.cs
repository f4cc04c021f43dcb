using System.Collections.Immutable;
using Sim.ArchModel.Technologies;
using Sim.Datapath.Structures;
using Sim.Datapath.Nonlinear;
using Sim.Foundation.Diagnostics;

namespace Sim.ArchModel.Costs;

/// <summary>One line of an accelerator's area. Primitive is empty for memories.</summary>
public sealed record AreaItem(string Component, string Role, string Primitive, long Count, double SquareMicrometres, string Source);

/// <summary>pJ of one action, with where the number comes from.</summary>
public sealed record ActionPrice(double Picojoules, string Source);

/// <summary>One priced action of an accelerator.</summary>
public sealed record PricedAction(string Component, string Action, ActionPrice Price);

/// <summary>
/// Area, leakage and energy per action of one accelerator in one technology. Energy of a run = Σ counts × <see cref="EnergyPerAction"/>;
/// leakage × time is separate. Off-chip memory has energy only.
/// </summary>
public sealed class ArchitectureCost
{
    private readonly ImmutableDictionary<(string Component, string Action), ActionPrice> _prices;

    /// <summary>Prices the accelerator.</summary>
    /// <param name="architecture">What is priced.</param>
    /// <param name="technology">What things cost.</param>
    /// <param name="places">Where the file names buffers (by name), `dram`, `vector` and `technology`; else messages stand at the
    /// architecture's name.</param>
    /// <exception cref="InvalidInputException">COST001: the technology does not know something that the architecture needs. Everything that
    /// is missing is told.</exception>
    public ArchitectureCost(Architecture architecture, Technology technology, IReadOnlyDictionary<string, Location>? places = null)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        ArgumentNullException.ThrowIfNull(technology);
        Architecture = architecture;
        var missing = new List<string>();
        var model = new CostModel(technology, missing);
        var bag = new DiagnosticBag();
        Location Place(string part) =>
            places is not null && places.TryGetValue(part, out Location place) ? place : new Location(architecture.Name);
        ImmutableArray<BufferCost> buffers = PriceBuffers(architecture, model, Place, bag);
        if (!technology.DramPicojoulesPerBit.ContainsKey(architecture.Dram.Kind))
            bag.Error(Place(ActionNames.Dram), "COST001",
                $"technology '{technology.Name}' has no energy for the DRAM kind '{architecture.Dram.Kind}'; known: {string.Join(", ", technology.DramPicojoulesPerBit.Keys)}");
        foreach (VectorFunction function in architecture.Vector.Program.Functions.Where(f => f.Structure is null))
            bag.Error(Place(ActionNames.Vector), "COST004",
                $"the vector unit's {VectorFunctionCatalogue.NameOf(function.Kind)} '{function.Text}' is a definition without a circuit, so it has no price; "
                + "formats of at most 16 bits have one (a table), and so have pwl, pade, ibert and ivit");
        var pe = new PricedPe(architecture, model);
        foreach (string problem in missing) bag.Error(Place("technology"), "COST001", problem);
        bag.ThrowIfErrors();

        var prices = new ActionPrices(architecture, technology, pe, buffers);
        Actions = prices.All;
        _prices = Actions.ToImmutableDictionary(a => (a.Component, a.Action), a => a.Price);
        Area = AreaList.Of(architecture, pe, buffers);
        AreaSquareMicrometres = Area.Sum(i => i.SquareMicrometres);
        LeakageMilliwatts = (pe.LeakageNanowatts + buffers.Sum(b => b.LeakageNanowatts)) * 1e-6;
        MacDelayNanoseconds = pe.MacDelayNanoseconds;
        Clock = ClockCheck.Of(architecture, pe, buffers);
        Warnings = Clock.Warnings;
    }

    /// <summary>What was priced.</summary>
    public Architecture Architecture { get; }

    /// <summary>Area by component and role; sums to <see cref="AreaSquareMicrometres"/>.</summary>
    public ImmutableArray<AreaItem> Area { get; }

    /// <summary>Total on-chip area, µm², without wires, clock tree, control and pads.</summary>
    public double AreaSquareMicrometres { get; }

    /// <summary>Leakage of logic and on-chip memories, mW.</summary>
    public double LeakageMilliwatts { get; }

    /// <summary>Longest path of a MAC between registers, ns: the unpipelined path cut into equal parts.</summary>
    public double MacDelayNanoseconds { get; }

    /// <summary>The clock beside every path that it has to wait for.</summary>
    public ClockCheck Clock { get; }

    /// <summary>Every action with its price, in the order component (PE, accumulator, buffers, DRAM, vector), action.</summary>
    public ImmutableArray<PricedAction> Actions { get; }

    /// <summary>What the designer should know, e.g. a clock that the datapath's delay does not meet.</summary>
    public ImmutableArray<string> Warnings { get; }

    /// <summary>Energy of one action.</summary>
    /// <exception cref="KeyNotFoundException">Nobody priced that action: a bug in what counts it.</exception>
    public ActionPrice EnergyPerAction(string component, string action) =>
        _prices.TryGetValue((component, action), out ActionPrice? price) ? price
        : throw new KeyNotFoundException($"'{Architecture.Name}' has no price for the action '{action}' of '{component}'");

    private static ImmutableArray<BufferCost> PriceBuffers(Architecture architecture, CostModel model, Func<string, Location> place,
        DiagnosticBag bag)
    {
        ImmutableArray<BufferCost>.Builder priced = ImmutableArray.CreateBuilder<BufferCost>(architecture.Buffers.Length);
        foreach (BufferLevel buffer in architecture.Buffers)
            if (BufferCost.TryPrice(buffer, model, out BufferCost? cost, out string problem)) priced.Add(cost!);
            else bag.Error(place(buffer.Name), "COST001", problem);
        return priced.ToImmutable();
    }
}
