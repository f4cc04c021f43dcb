using System.Numerics;

namespace Sim.Mapper.Timing;

/// <summary>
/// Everything that the time of later steps depends on, as one row of numbers: when each resource is free, how many cycles it has idled, and
/// for each edge when its last transfers ended, when its previous tile was released, and what it waits for. A component is a time (counted
/// from the start), an idle total, a mark of one, or a cause.
/// </summary>
internal sealed class TimeState
{
    private const int NoOrigin = -1;
    private readonly int _resources;
    private readonly ulong[] _touched;
    private readonly int[] _origins;

    /// <summary>All zero.</summary>
    public TimeState(int resources, int edges)
    {
        _resources = resources;
        Values = new long[2 + resources * 2 + edges * (4 + resources)];
        _touched = new ulong[(Values.Length + 63) / 64];
        Stalls = new long[resources];
        Busy = new long[resources];
        _origins = new int[Values.Length];
        for (int r = 0; r < resources; r++) _origins[Idle(r)] = Idle(r);
        for (int e = 0; e < edges; e++)
        {
            _origins[Cause(e)] = NoOrigin;
            for (int r = 0; r < resources; r++) _origins[Mark(e, r)] = Idle(r);
        }
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

    /// <summary>Words of a set of components.</summary>
    public int MaskWords => _touched.Length;

    /// <summary>Components used since the last <see cref="Begin"/>, as bits.</summary>
    public ReadOnlySpan<ulong> Touched => _touched;

    /// <summary>Keeps what was used so far and forgets it.</summary>
    public void Begin(Span<ulong> outer)
    {
        _touched.CopyTo(outer);
        Array.Clear(_touched);
    }

    /// <summary>Counts components as used.</summary>
    public void Touch(ReadOnlySpan<ulong> mask)
    {
        for (int i = 0; i < mask.Length; i++) _touched[i] |= mask[i];
    }

    /// <summary>The same in ascending order.</summary>
    public ReadOnlySpan<int> List(int[] into)
    {
        int at = 0;
        for (int w = 0; w < _touched.Length; w++)
            for (ulong bits = _touched[w]; bits != 0; bits &= bits - 1)
                into[at++] = (w << 6) + BitOperations.TrailingZeroCount(bits);
        return into.AsSpan(0, at);
    }

    /// <summary>Components as they are and without their common origin: times after the compute units are free, marks after the idle
    /// total, idle totals 0. A hash of the latter.</summary>
    public long Read(ReadOnlySpan<int> components, Span<long> relative, Span<long> values)
    {
        ulong hash = 0;
        for (int i = 0; i < components.Length; i++)
        {
            int c = components[i], origin = _origins[c];
            long value = Values[c], from = origin == NoOrigin ? 0 : Values[origin];
            values[i] = value;
            relative[i] = unchecked(value - from);
            hash = unchecked((BitOperations.RotateLeft(hash, 5) ^ (ulong)relative[i]) * 0x9E3779B97F4A7C15UL);
        }
        return unchecked((long)hash);
    }

    /// <summary>Moves the components that others are counted from by steps, the rest to where they lie relative to them.</summary>
    public void Write(ReadOnlySpan<int> components, ReadOnlySpan<long> relative, ReadOnlySpan<long> steps)
    {
        for (int i = 0; i < components.Length; i++)
            if (_origins[components[i]] == components[i]) Values[components[i]] = checked(Values[components[i]] + steps[i]);
        for (int i = 0; i < components.Length; i++)
        {
            int c = components[i], origin = _origins[c];
            if (origin != c) Values[c] = origin == NoOrigin ? relative[i] : relative[i] + Values[origin];
        }
    }

    /// <summary>Adds what components have gained since then, so many times over.</summary>
    public void Advance(ReadOnlySpan<int> components, ReadOnlySpan<long> then, long times)
    {
        for (int i = 0; i < components.Length; i++)
            Values[components[i]] = checked(Values[components[i]] + times * (Values[components[i]] - then[i]));
    }

    private int Edge(int edge) => 2 + 2 * _resources + edge * (4 + _resources);
}
