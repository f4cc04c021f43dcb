namespace Sim.Simulator.Cycles;

/// <summary>A transfer waiting for the bus: its size in parts of a bit (<see cref="Sim.Mapper.ElementWidths"/>), when its source and
/// destination are ready, what its arrival changes.</summary>
internal sealed record Transfer(long Size, Func<bool> Ready, Action Arrived);

/// <summary>The shared bus: one queue served in order, so much a cycle, no transfer begun before it is ready.</summary>
internal sealed class TransferQueue(decimal perCycle)
{
    private readonly Queue<Transfer> _waiting = [];
    private Transfer? _current;
    private decimal _remaining;

    /// <summary>Nothing waits and nothing moves.</summary>
    public bool IsIdle => _current is null && _waiting.Count == 0;

    /// <summary>Appends a transfer; one of nothing has arrived at once.</summary>
    public void Add(Transfer transfer)
    {
        if (transfer.Size == 0) transfer.Arrived();
        else _waiting.Enqueue(transfer);
    }

    /// <summary>At the start of a cycle: takes the next transfer when the bus is free and its ends are ready.</summary>
    public void Begin()
    {
        if (_current is not null || !_waiting.TryPeek(out Transfer? next) || !next.Ready()) return;
        _current = _waiting.Dequeue();
        _remaining = _current.Size;
    }

    /// <summary>One cycle's worth of bits; what arrives is there from the next cycle on.</summary>
    public void Deliver()
    {
        if (_current is null) return;
        _remaining -= perCycle;
        if (_remaining > 0) return;
        Transfer done = _current;
        _current = null;
        done.Arrived();
    }
}
