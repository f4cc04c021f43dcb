using System.Numerics;

namespace Sim.Mapper.Timing;

/// <summary>
/// Everything that the time of later steps depends on, as one row of numbers: when each resource is free, how many cycles it has idled, and
/// for each edge when its last transfers ended, when its previous tile was released, and what it waits for. A component is a time (counted
/// from the start), an idle total, a mark of one, or a cause.
/// </summary>
internal sealed class TimeState
{
    private readonly int _resources;
    private readonly int _edges;
    private readonly ulong[] _touched;

    /// <summary>All zero.</summary>
    public TimeState(int resources, int edges)
    {
        (_resources, _edges) = (resources, edges);
        Values = new long[2 + resources * 2 + edges * (4 + resources)];
        _touched = new ulong[(Values.Length + 63) / 64];
        Stalls = new long[resources];
        Busy = new long[resources];
    }

    /// <summary>The components.</summary>
    public long[] Values { get; }

    /// <summary>Cycles that the compute units waited, by resource.</summary>
    public long[] Stalls { get; }

    /// <summary>Cycles that a resource worked.</summary>
    public long[] Busy { get; }

    /// <summary>Component: when the compute units can start their next chunk.</summary>
    public const int ComputeFree = 0;

    /// <summary>Component: when the results of the last chunk are there.</summary>
    public const int ComputeEnd = 1;

    /// <summary>Component: when a resource is free.</summary>
    public int Free(int resource) => 2 + resource;

    /// <summary>Component: cycles that a resource has idled between transfers.</summary>
    public int Idle(int resource) => 2 + _resources + resource;

    /// <summary>Component: end of the last transfer down an edge, and not before the parent's tile is there.</summary>
    public int DownFree(int edge) => Edge(edge);

    /// <summary>Component: end of the last transfer up an edge.</summary>
    public int UpFree(int edge) => Edge(edge) + 1;

    /// <summary>Component: when the tile before the present one was released.</summary>
    public int Released(int edge) => Edge(edge) + 2;

    /// <summary>Component: 1 + the resource that an edge waits for at its parent, or 0.</summary>
    public int Cause(int edge) => Edge(edge) + 3;

    /// <summary>Component: the idle total of a resource when the last tile of an edge began.</summary>
    public int Mark(int edge, int resource) => Edge(edge) + 4 + resource;

    /// <summary>Reads a component.</summary>
    public long this[int component]
    {
        get
        {
            _touched[component >> 6] |= 1UL << component;
            return Values[component];
        }
        set
        {
            _touched[component >> 6] |= 1UL << component;
            Values[component] = value;
        }
    }

    /// <summary>Components used since the last <see cref="ClearTouched"/>, as bits.</summary>
    public ulong[] Touched() => (ulong[])_touched.Clone();

    /// <summary>Forgets what was used.</summary>
    public void ClearTouched() => Array.Clear(_touched);

    /// <summary>Counts components as used.</summary>
    public void Touch(ulong[] mask)
    {
        for (int i = 0; i < mask.Length; i++) _touched[i] |= mask[i];
    }

    /// <summary>The components of a mask without their common origin: times after the compute units are free, marks after the idle total,
    /// idle totals 0.</summary>
    public long[] Relative(ulong[] mask)
    {
        int count = 0;
        foreach (ulong word in mask) count += BitOperations.PopCount(word);
        var relative = new long[count];
        int at = 0;
        foreach (int c in Components(mask)) relative[at++] = Values[c] - Origin(c);
        return relative;
    }

    /// <summary>Sets the components of a mask from relative ones, after the origins have been moved.</summary>
    public void SetRelative(ulong[] mask, long[] relative)
    {
        int at = 0;
        foreach (int c in Components(mask))
        {
            long value = relative[at++];
            if (!IsOrigin(c)) Values[c] = value + Origin(c);
        }
    }

    /// <summary>Components that others are counted from: the compute units' time and the idle totals.</summary>
    public bool IsOrigin(int component) => component == ComputeFree || (component >= 2 + _resources && component < 2 + 2 * _resources);

    /// <summary>Components of a mask in ascending order.</summary>
    public static IEnumerable<int> Components(ulong[] mask)
    {
        for (int w = 0; w < mask.Length; w++)
            for (ulong bits = mask[w]; bits != 0; bits &= bits - 1)
                yield return (w << 6) + BitOperations.TrailingZeroCount(bits);
    }

    private long Origin(int component)
    {
        if (IsOrigin(component)) return Values[component];
        if (component < 2 + _resources) return Values[ComputeFree];
        int offset = (component - Edge(0)) % (4 + _resources);
        return offset == 3 ? 0 : offset < 3 ? Values[ComputeFree] : Values[Idle(offset - 4)];
    }

    private int Edge(int edge) => 2 + 2 * _resources + edge * (4 + _resources);
}
