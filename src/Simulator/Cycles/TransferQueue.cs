using Sim.ArchModel;

namespace Sim.Simulator.Cycles;

/// <summary>A transfer waiting for the bus: its size in parts of a bit (<see cref="Sim.Mapper.ElementWidths"/>), when its source and
/// destination are ready, what its arrival changes; and the cycles that its words take at the ports of its buffer.</summary>
internal sealed record Transfer(Operands Operand, bool ToDram, long Size, int PortCycles, Func<bool> Ready, Action Arrived);

/// <summary>The shared bus: one queue served in order, so much a cycle and no faster than the buffer's ports, no transfer begun before it is
/// ready.</summary>
internal sealed class TransferQueue(decimal perCycle, IMachineObserver? observer)
{
    private readonly Queue<Transfer> _waiting = [];
    private Transfer? _current;
    private long _cyclesLeft;

    /// <summary>Nothing waits and nothing moves.</summary>
    public bool IsIdle => _current is null && _waiting.Count == 0;

    /// <summary>Cycles that the transfer on the bus still takes; null: none is on it.</summary>
    public long? CyclesLeft => _current is null ? null : _cyclesLeft;

    /// <summary>Appends a transfer; one of nothing has arrived at once.</summary>
    public void Add(Transfer transfer)
    {
        if (transfer.Size == 0) transfer.Arrived();
        else _waiting.Enqueue(transfer);
    }

    /// <summary>At the start of a cycle: takes the next transfer when the bus is free and its ends are ready.</summary>
    public void Begin(long cycle)
    {
        if (_current is not null || !_waiting.TryPeek(out Transfer? next) || !next.Ready()) return;
        _current = _waiting.Dequeue();
        _cyclesLeft = Math.Max(Cycles(_current.Size), _current.PortCycles);
        observer?.Transfer(_current.Operand, _current.ToDram, cycle, cycle + _cyclesLeft);
    }

    /// <summary>So many cycles' worth of bits, no more than are left; what arrives is there from the next cycle on.</summary>
    public void Deliver(long cycles)
    {
        if (_current is null || (_cyclesLeft -= cycles) > 0) return;
        Transfer done = _current;
        _current = null;
        done.Arrived();
    }

    // The first cycle whose end has seen the whole size pass.
    private long Cycles(long size)
    {
        decimal quotient = decimal.Ceiling(size / perCycle);
        if (quotient > long.MaxValue) throw new OverflowException($"a transfer of {size} parts of a bit takes too many cycles to count");
        long cycles = Math.Max(1, (long)quotient);
        while (cycles > 1 && (cycles - 1) * perCycle >= size) cycles--;
        while (cycles * perCycle < size) cycles++;
        return cycles;
    }
}
