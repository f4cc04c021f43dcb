using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Search;

/// <summary>Kinds of entries of a <see cref="Skeleton"/>.</summary>
internal enum EntryKind
{
    /// <summary>A place for loops in time.</summary>
    Slot,

    /// <summary>An axis of a fabric: a place for loops in space.</summary>
    Axis,

    /// <summary>A store of an operand.</summary>
    Store,

    /// <summary>The loops between here and the fabric below leave the tile of this operand's next store unchanged.</summary>
    Mark,
}

/// <summary>An entry of a <see cref="Skeleton"/>; the operand of stores and marks, the axis of axes, the level of stores and
/// axes.</summary>
internal readonly record struct Entry(EntryKind Kind, Operand Operand, int Level, int Axis);

/// <summary>Which window of the input slides directly above a store of activations.</summary>
internal enum Sliding
{
    /// <summary>None: no loop of a window stands there.</summary>
    None,

    /// <summary>Rows (P and R) are innermost.</summary>
    Rows,

    /// <summary>Columns (Q and S) are innermost.</summary>
    Columns,

    /// <summary>No loop that moves the tile stands between the store and its parent: what slides above the parent slides here.</summary>
    AsParent,
}

/// <summary>
/// A nest without its loops: stores and places outermost first, what slides above each store of activations but the first, and the
/// operands that each place is closed to.
/// </summary>
internal sealed record Skeleton(ImmutableArray<Entry> Entries, ImmutableArray<Sliding> Slides)
{
    /// <summary>Indices of the entries that hold loops, outermost first.</summary>
    public ImmutableArray<int> Places { get; } =
        [.. Enumerable.Range(0, Entries.Length).Where(i => Entries[i].Kind is EntryKind.Slot or EntryKind.Axis)];

    /// <summary>Indices of an operand's stores, outermost first.</summary>
    public int[] Stores(Operand operand) =>
        [.. Enumerable.Range(0, Entries.Length).Where(i => Entries[i].Kind == EntryKind.Store && Entries[i].Operand == operand)];

    /// <summary>Where loops stop to count as repeats of a store: its mark, else itself.</summary>
    public int Boundary(int store)
    {
        int parent = -1;
        for (int i = 0; i < store; i++)
            if (Entries[i].Kind == EntryKind.Store && Entries[i].Operand == Entries[store].Operand) parent = i;
        for (int i = parent + 1; i < store; i++)
            if (Entries[i].Kind == EntryKind.Mark && Entries[i].Operand == Entries[store].Operand) return i;
        return store;
    }

    /// <summary>Whether a dimension indexes an operand (partly, for windows of the input).</summary>
    public static bool Indexes(Operand operand, LoopDim dim) => operand switch
    {
        Operand.Activations => dim != LoopDim.M,
        Operand.Weights => dim is not (LoopDim.N or LoopDim.P or LoopDim.Q),
        _ => dim is not (LoopDim.C or LoopDim.R or LoopDim.S),
    };
}
