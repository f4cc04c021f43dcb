using Sim.ArchModel;
using Sim.Mapper;

namespace Sim.Simulator.Timing;

/// <summary>Slots of the buffers: which earlier moment frees the one that a unit's operand goes to, and who shares ports.</summary>
internal sealed class BufferSlots
{
    private readonly Mapping _mapping;
    private readonly BufferLevel _outputs;
    private readonly int _activationSlots, _weightSlots;
    private readonly bool _activationsShare, _weightsShare;

    public BufferSlots(Architecture architecture, Mapping mapping)
    {
        _mapping = mapping;
        BufferLevel activations = BufferFit.Keeper(architecture.Buffers, Operands.Activations),
            weights = BufferFit.Keeper(architecture.Buffers, Operands.Weights);
        _outputs = BufferFit.Keeper(architecture.Buffers, Operands.Outputs);
        (_activationSlots, _weightSlots) = (activations.DoubleBuffered ? 2 : 1, weights.DoubleBuffered ? 2 : 1);
        Ahead = activations.DoubleBuffered && weights.DoubleBuffered;
        _activationsShare = !_outputs.DoubleBuffered && activations == _outputs;
        _weightsShare = !_outputs.DoubleBuffered && weights == _outputs;
        FoldGrid grid = mapping.Grid;
        bool readsSums = grid.LoadsStationary && grid.RowFolds > 1 && !_outputs.DoubleBuffered;
        Operands stationary = Mapping.Stationary(grid.Dataflow);
        ReadsWhereResultsAre = readsSums || _activationsShare && stationary != Operands.Activations
            || _weightsShare && stationary != Operands.Weights;
    }

    /// <summary>Whether inputs of the next unit are fetched while this one runs: every input buffer is double.</summary>
    public bool Ahead { get; }

    /// <summary>Whether units read the single buffer that results are written back from.</summary>
    public bool ReadsWhereResultsAre { get; }

    /// <summary>When a unit's results have a place.</summary>
    public When FreeResult => _outputs.DoubleBuffered ? When.WrittenBefore : When.Written;

    /// <summary>Whether an input lies in a single buffer with the results.</summary>
    public bool SharesPortsWithResults(Operands operand) => operand == Operands.Activations ? _activationsShare : _weightsShare;

    /// <summary>Whether a unit is the last whose results go to their slot.</summary>
    public bool EndsResultSlot(UnitTurn turn) => _mapping.Grid.LoadsStationary
        ? _mapping.Outputs switch
        {
            Residency.Stream => true, Residency.Tile => turn.Is(Turns.LastOfOuter), _ => turn.Is(Turns.LastOfGroup),
        }
        : turn.Is(Turns.LastOfFold);

    /// <summary>
    /// The end of the last unit (for the stationary operand: the load of the last fold) that used the slot which an operand of the unit at
    /// <paramref name="place"/> goes to; 0 when there was none. When inputs are fetched ahead, the unit before is not yet started, so the
    /// moment before the latest may still be the latest.
    /// </summary>
    public TMoment Before<TMoment>(BusState<TMoment> state, Operands operand, bool isStationary, UnitPlace place, int unitsPerFold)
        where TMoment : struct, IMoment<TMoment>
    {
        bool twoSlots = (operand == Operands.Activations ? _activationSlots : _weightSlots) == 2, firstOfGroup = place is
            { Outer: 0, Inner: 0, Unit: 0 };
        Residency residency = _mapping.Of(operand);
        if (isStationary)
        {
            bool unstarted = Ahead && unitsPerFold == 1;
            if (residency == Residency.Stream) return state[twoSlots && !unstarted ? When.LoadBefore : When.Load];
            return state[twoSlots && !(unstarted && firstOfGroup) ? When.GroupLoadBefore : When.GroupLoad];
        }
        return state[residency switch
        {
            Residency.Stream => twoSlots && !Ahead ? When.UnitEndBefore : When.UnitEnd,
            Residency.Tile => twoSlots && !Ahead ? When.OuterEndBefore : When.OuterEnd,
            _ => twoSlots && !(Ahead && firstOfGroup) ? When.GroupEndBefore : When.GroupEnd,
        }];
    }
}
