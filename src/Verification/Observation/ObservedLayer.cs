using System.Numerics;
using Sim.Workloads.Integers;

namespace Sim.Verification.Observation;

/// <summary>
/// What the sums of a layer did on data, products added k ascending after a preloaded bias. An overflow at P bits is persistent when the
/// final sum leaves the register (a wrapping register then ends wrong), transient when only an inner one does (a wrapping register ends
/// right, a saturating one may not).
/// </summary>
public sealed class ObservedLayer(string name, int channels)
{
    private readonly Interval?[] _final = new Interval?[channels], _every = new Interval?[channels];
    private readonly long[] _finalWidths = new long[66], _everyWidths = new long[66];

    /// <summary>The layer's name.</summary>
    public string Name => name;

    /// <summary>Sums seen: output elements.</summary>
    public long Sums { get; private set; }

    /// <summary>Range of the final sums of a channel; null: none was seen.</summary>
    public Interval? Final(int channel) => _final[channel];

    /// <summary>Range of all partial sums of a channel, the start value included; null: none was seen.</summary>
    public Interval? Every(int channel) => _every[channel];

    /// <summary>Range of the final sums of all channels; null: none was seen.</summary>
    public Interval? Range => Hull(_final);

    /// <summary>Range of all partial sums of all channels; null: none was seen.</summary>
    public Interval? PartialRange => Hull(_every);

    /// <summary>Outputs whose final sum leaves a register of P bits.</summary>
    public long Persistent(int bits) => Above(_finalWidths, bits);

    /// <summary>Outputs with an inner sum that leaves a register of P bits, though the final one does not.</summary>
    public long Transient(int bits) => Above(_everyWidths, bits) - Above(_finalWidths, bits);

    /// <summary>Notes one output: its final sum, least and greatest partial sum.</summary>
    internal void Note(int channel, long final, long least, long greatest)
    {
        Sums++;
        Interval ends = new(final, final), all = new(least, greatest);
        _final[channel] = _final[channel] is { } f ? f.Hull(ends) : ends;
        _every[channel] = _every[channel] is { } e ? e.Hull(all) : all;
        _finalWidths[Width(final)]++;
        _everyWidths[Math.Max(Width(least), Width(greatest))]++;
    }

    /// <summary>Takes over what another part of the data did.</summary>
    internal void Add(ObservedLayer other)
    {
        Sums += other.Sums;
        for (int c = 0; c < _final.Length; c++)
        {
            if (other._final[c] is { } f) _final[c] = _final[c]?.Hull(f) ?? f;
            if (other._every[c] is { } e) _every[c] = _every[c]?.Hull(e) ?? e;
        }
        for (int w = 0; w < _finalWidths.Length; w++)
        {
            _finalWidths[w] += other._finalWidths[w];
            _everyWidths[w] += other._everyWidths[w];
        }
    }

    private static int Width(long value) => 65 - BitOperations.LeadingZeroCount(unchecked((ulong)(value ^ (value >> 63))));

    private static long Above(long[] widths, int bits)
    {
        long count = 0;
        for (int w = bits + 1; w < widths.Length; w++) count += widths[w];
        return count;
    }

    private static Interval? Hull(Interval?[] ranges)
    {
        Interval? all = null;
        foreach (Interval? range in ranges)
            if (range is { } r) all = all?.Hull(r) ?? r;
        return all;
    }
}
