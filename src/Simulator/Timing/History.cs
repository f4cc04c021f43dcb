namespace Sim.Simulator.Timing;

/// <summary>Snapshots of a state after the latest iterations of a loop.</summary>
internal sealed class History
{
    // Steps in which a recurrence may repeat, in periods of the loop.
    private static readonly int[] Multiples = [1, 2, 3, 4, 6];

    private long[] _data = [];
    private int _count;

    /// <summary>Forgets all.</summary>
    public void Clear() => _count = 0;

    /// <summary>Room for the next snapshot; the older half is forgotten when there are more than any repetition needs.</summary>
    public Span<long> Next(int period)
    {
        int most = 32 * period;
        if (_count >= most)
        {
            _data.AsSpan((_count - most / 2) * BusState.Size, most / 2 * BusState.Size).CopyTo(_data);
            _count = most / 2;
        }
        if ((_count + 1) * BusState.Size > _data.Length) Array.Resize(ref _data, Math.Max(8 * BusState.Size, 2 * _data.Length));
        return _data.AsSpan(_count++ * BusState.Size, BusState.Size);
    }

    /// <summary>The iterations after which the state has now moved on twice by equal steps; 0 when it has not.</summary>
    public int Cycle(int period)
    {
        foreach (int multiple in Multiples)
        {
            int cycle = multiple * period;
            if (_count < 2 * cycle + 1) return 0;
            if (BusState.Continues(Back(2 * cycle), Back(cycle), Back(0))) return cycle;
        }
        return 0;
    }

    /// <summary>By how much the moments moved on in the last iterations.</summary>
    public void Gains(int iterations, Span<long> gains)
    {
        ReadOnlySpan<long> now = Back(0), before = Back(iterations);
        for (int i = 0; i < gains.Length; i++) gains[i] = now[i] - before[i];
    }

    private ReadOnlySpan<long> Back(int iterations) => _data.AsSpan((_count - 1 - iterations) * BusState.Size, BusState.Size);
}
