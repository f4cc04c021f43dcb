using Sim.Mapper;

namespace Sim.Simulator.Timing;

/// <summary>
/// The pieces of one axis (folds along rows or columns, or units of the stream): how much of the input each needs, and where they repeat.
/// The first and the last piece are never taken for equal to others.
/// </summary>
internal sealed class AxisParts
{
    private readonly InputPart _full, _last;
    private readonly InputPart[]? _parts;
    private readonly int[]? _regularEnd;

    /// <summary>An axis of equal pieces, but for the last.</summary>
    public AxisParts(int pieces, InputPart full, InputPart last) => (Count, Period, _full, _last) = (pieces, 1, full, last);

    /// <summary>An axis of pieces that each <paramref name="measure"/> tells; those <paramref name="period"/> apart are often
    /// equal.</summary>
    public AxisParts(int pieces, int period, Func<int, InputPart> measure)
    {
        (Count, Period, _parts, _regularEnd) = (pieces, period, new InputPart[pieces], new int[pieces]);
        for (int i = 0; i < pieces; i++) _parts[i] = measure(i);
        for (int i = pieces - 1; i >= 0; i--)
        {
            int next = i + period;
            _regularEnd[i] = next >= pieces ? pieces
                : i > 0 && next < pieces - 1 && _parts[i] == _parts[next] ? _regularEnd[i + 1] : next;
        }
    }

    /// <summary>Pieces.</summary>
    public int Count { get; }

    /// <summary>Distance after which pieces repeat.</summary>
    public int Period { get; }

    /// <summary>What a piece needs.</summary>
    public InputPart this[int piece] => _parts is not null ? _parts[piece] : piece == Count - 1 ? _last : _full;

    /// <summary>End of the run from a piece on in which every piece equals the one a period before.</summary>
    public int RegularEnd(int piece) => _regularEnd is not null ? _regularEnd[piece]
        : piece == 0 ? 1 : piece < Count - 1 ? Count - 1 : Count;
}
