using Sim.ArchModel;
using Sim.Mapper;

namespace Sim.Simulator.Timing;

/// <summary>The recurrence of <see cref="BusRecurrence"/>, unit after unit.</summary>
internal sealed class BusUnits<TMoment>(Mapping mapping, FoldTiming fold, TransferPlan plan, TransferPorts ports, BufferSlots slots,
    Choices choices) where TMoment : struct, IMoment<TMoment>
{
    private readonly bool _loads = mapping.Grid.LoadsStationary;
    private readonly Operands _stationary = Mapping.Stationary(mapping.Grid.Dataflow), _rowOperand = Mapping.RowOperand(mapping.Grid.Dataflow);
    private readonly long _wave = mapping.Grid.Rows + mapping.Grid.Columns - 2 + fold.Tail;

    /// <summary>Everything that later units look back to.</summary>
    public BusState<TMoment> State { get; } = new();

    /// <summary>What watched loops may rely on.</summary>
    public Choices Choices => choices;

    /// <summary>The same recurrence with watched moments.</summary>
    public BusUnits<WatchedMoment> Watched() => new(mapping, fold, plan, ports, slots, choices);

    /// <summary>Hands the state over.</summary>
    public void CopyTo(BusUnits<WatchedMoment> watched)
    {
        for (int i = 0; i < BusState.Moments; i++) watched.State.All[i] = new WatchedMoment(State.All[i].Value, default);
        (watched.State.Started, watched.State.Pending) = (State.Started, State.Pending);
    }

    /// <summary>Takes the state back.</summary>
    public void CopyFrom(BusUnits<WatchedMoment> watched)
    {
        for (int i = 0; i < BusState.Moments; i++) State.All[i] = default(TMoment) + watched.State.All[i].Value;
        (State.Started, State.Pending) = (watched.State.Started, watched.State.Pending);
    }

    /// <summary>One unit further: its inputs join the queue, then the results and sums that follow them there, then a unit starts.</summary>
    public void Next(UnitPlace place)
    {
        UnitTransfers moves = plan.Of(place);
        UnitTurn turn = Turn(place, moves);
        (TMoment inputs, TMoment tile) = FetchInputs(place, moves);
        if (slots.Ahead && State.Pending.Is(Turns.Exists)) Start();
        (State.Pending, State[When.InputsHere], State[When.StationaryHere]) = (turn, inputs, tile);
        if (!slots.Ahead) Start();
    }

    /// <summary>What is left when all inputs are under way.</summary>
    public void Finish()
    {
        if (slots.Ahead) Start();
        WriteResults();
    }

    private UnitTurn Turn(UnitPlace place, UnitTransfers moves)
    {
        Turns turns = Turns.Exists | (place == default ? Turns.Starts : 0) | (place.Unit == 0 ? Turns.FirstOfFold : 0)
            | (moves.IsFinal ? Turns.IsFinal : 0);
        bool last = place.Unit == plan.Stream.Count - 1;
        if (last) turns |= Turns.LastOfFold;
        if (place.Inner == plan.Inner.Count - 1)
        {
            bool ofGroup = place.Outer == plan.Outer.Count - 1;
            if (last) turns |= Turns.LastOfOuter | (ofGroup ? Turns.LastOfGroup : 0);
            if (ofGroup) turns |= Turns.LastFoldOfGroup;
        }
        return new UnitTurn(turns, plan.Steps(place.Unit).Count * fold.Step, moves.SumsRead, moves.Written);
    }

    private TMoment Later(TMoment a, TMoment b) => TMoment.Later(a, b, choices);

    private TMoment Transfer(long cycles, TMoment ready) =>
        cycles == 0 ? default : State[When.BusFree] = Later(State[When.BusFree], ready) + cycles;

    private (TMoment Inputs, TMoment Stationary) FetchInputs(UnitPlace place, UnitTransfers moves)
    {
        TMoment tile = default;
        if (moves.Stationary > 0)
        {
            TMoment taken = slots.Before(State, _stationary, true, place, plan.Stream.Count);
            tile = Transfer(ports.Fill(_stationary, moves.Stationary), Turned(_stationary, taken.Value == 0 ? taken : taken + fold.Load));
        }
        TMoment rows = Fetch(place, _rowOperand, moves.RowOperand), columns = Fetch(place, Operands.Weights, moves.ColumnOperand);
        return (Later(rows, columns), tile);
    }

    private TMoment Fetch(UnitPlace place, Operands operand, long elements) => elements == 0 ? default : Transfer(ports.Fill(operand, elements),
        Turned(operand, slots.Before(State, operand, false, place, plan.Stream.Count)));

    private TMoment Turned(Operands operand, TMoment ready) =>
        slots.SharesPortsWithResults(operand) ? Later(ready, State[When.Finished]) : ready;

    private void Start()
    {
        WriteResults();
        UnitTurn turn = State.Pending;
        TMoment slot = _loads || turn.Is(Turns.LastOfFold) ? State[slots.FreeResult] : default;
        TMoment sums = turn.SumsRead == 0 ? default : Transfer(ports.FillSums(turn.SumsRead), slot);
        TMoment start = Later(Later(State[When.InputsHere], sums), slot), clear = default;
        if (!turn.Is(Turns.Starts))
        {
            clear = State[When.UnitEnd] + (turn.Is(Turns.FirstOfFold) ? fold.Gap : 0);
            start = Later(start, clear);
        }
        if (slots.ReadsWhereResultsAre) start = Later(start, State[When.LatestWritten]);
        if (_loads && turn.Is(Turns.FirstOfFold)) start = Later(start, Load(turn, clear) + fold.Load);
        if (!_loads && turn.Is(Turns.LastOfFold) && State[When.Finished].Value > 0)
            start = Later(start, State[When.FoldLastStart] + fold.ResultBus);
        Record(turn, start);
    }

    private TMoment Load(UnitTurn turn, TMoment clear)
    {
        if (!turn.Is(Turns.Starts) && fold.OverlapsLoad) clear = State[When.FoldStart] + fold.TakenOver;
        TMoment load = Later(clear, State[When.StationaryHere]);
        if (slots.SharesPortsWithResults(_stationary)) load = Later(load, State[When.LatestWritten]);
        (State[When.LoadBefore], State[When.Load]) = (State[When.Load], load);
        if (turn.Is(Turns.LastFoldOfGroup)) (State[When.GroupLoadBefore], State[When.GroupLoad]) = (State[When.GroupLoad], load);
        return load;
    }

    private void Record(UnitTurn turn, TMoment start)
    {
        TMoment end = start + turn.Cycles;
        (State[When.UnitEndBefore], State[When.UnitEnd]) = (State[When.UnitEnd], end);
        if (turn.Is(Turns.LastOfOuter)) (State[When.OuterEndBefore], State[When.OuterEnd]) = (State[When.OuterEnd], end);
        if (turn.Is(Turns.LastOfGroup)) (State[When.GroupEndBefore], State[When.GroupEnd]) = (State[When.GroupEnd], end);
        if (turn.Is(Turns.FirstOfFold)) State[When.FoldStart] = start;
        if (turn.Is(Turns.LastOfFold)) State[When.FoldLastStart] = start;
        if (_loads || turn.Is(Turns.LastOfFold)) State[When.Finished] = end + _wave;
        State.Started = turn;
    }

    private void WriteResults()
    {
        UnitTurn turn = State.Started;
        if (!turn.Is(Turns.Exists)) return;
        TMoment written = turn.Written == 0 ? default
            : Transfer(ports.Empty(turn.Written, turn.Is(Turns.IsFinal)), State[When.Finished]);
        if (turn.Written > 0) State[When.LatestWritten] = written;
        if (slots.EndsResultSlot(turn)) (State[When.WrittenBefore], State[When.Written]) = (State[When.Written], written);
        State.Started = default;
    }
}
