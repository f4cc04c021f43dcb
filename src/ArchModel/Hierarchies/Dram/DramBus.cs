namespace Sim.ArchModel.Hierarchies.Dram;

/// <summary>
/// All channels of a memory at one transfer: runs of addresses in ascending order, bit 0 of the first at the start of a row of bank 0.
/// Bursts go to the channels in turn; each channel works through its own, and the last one ends the transfer. A burst that one run ends in
/// and the next begins in is accessed once. Refreshes take their share of the time evenly.
/// </summary>
public sealed class DramBus
{
    private readonly DramTiming _timing;
    private readonly DramChannel[] _channels;
    private readonly long _burstBits;
    private long _next, _nextBit;

    /// <summary>Channels of one timing.</summary>
    public DramBus(DramTiming timing, int channels)
    {
        ArgumentNullException.ThrowIfNull(timing);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(channels);
        (_timing, _burstBits) = (timing, timing.BurstBytes * 8L);
        _channels = new DramChannel[channels];
        for (int c = 0; c < channels; c++) _channels[c] = new(timing);
    }

    /// <summary>A transfer begins.</summary>
    public void Begin()
    {
        foreach (DramChannel channel in _channels) channel.Begin();
        _next = _nextBit = 0;
    }

    /// <summary>The next bits of the transfer, the end not among them.</summary>
    public void Run(long start, long end)
    {
        if (end <= _nextBit) return;
        long first = start < _nextBit ? _next : start / _burstBits, last = (end - 1) / _burstBits;
        _next = last + 1;
        _nextBit = checked(_next * _burstBits);
        if (_channels.Length == 1)
        {
            _channels[0].Bursts(first, last);
            return;
        }
        int all = _channels.Length;
        for (int c = 0; c < all; c++) _channels[c].Bursts((first - c + all - 1) / all, (last - c + all) / all - 1);
    }

    /// <summary>Rows opened in the transfer.</summary>
    public long Openings
    {
        get
        {
            long openings = 0;
            foreach (DramChannel channel in _channels) openings += channel.Openings;
            return openings;
        }
    }

    /// <summary>Cycles from the first data to the last, as often as <paramref name="times"/> / <paramref name="of"/> says.</summary>
    public long Cycles(double clockHertz, long times, long of)
    {
        long busy = 0;
        foreach (DramChannel channel in _channels) busy = Math.Max(busy, channel.DataPicoseconds);
        return Cycles(_timing, busy, clockHertz, times, of);
    }

    /// <summary>Cycles of so many picoseconds of data with the share of the refreshes.</summary>
    public static long Cycles(DramTiming timing, long busy, double clockHertz, long times, long of)
    {
        ArgumentNullException.ThrowIfNull(timing);
        long interval = timing.RefreshInterval.Value, usable = interval - timing.RefreshPause;
        Int128 picoseconds = Up(Up((Int128)busy * times, of) * interval, usable);
        return checked((long)Math.Ceiling((double)picoseconds * 1e-12 * clockHertz * (1 - 1e-12)));
    }

    private static Int128 Up(Int128 value, long unit) => (value + unit - 1) / unit;
}
