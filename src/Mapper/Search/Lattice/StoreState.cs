using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Search.Lattice;

/// <summary>What stands so far in a nest: the segment of memories between two fabrics, each operand's innermost store, and the operand
/// whose next store counts its repeats from here on, at a target memory below the next fabric.</summary>
internal readonly record struct StoreState(int Segment, int Activations, int Weights, int Outputs, int Pending, int Target)
{
    /// <summary>The memory of an operand's innermost store.</summary>
    public int Last(Operand operand) => operand switch
    {
        Operand.Activations => Activations,
        Operand.Weights => Weights,
        _ => Outputs,
    };

    /// <summary>With a store.</summary>
    public StoreState With(Operand operand, int level) => operand switch
    {
        Operand.Activations => this with { Activations = level },
        Operand.Weights => this with { Weights = level },
        _ => this with { Outputs = level },
    };
}

/// <summary>Kinds of steps from one state to the next.</summary>
internal enum StepKind
{
    /// <summary>A store of an operand.</summary>
    Store,

    /// <summary>From here on only loops that leave the operand's tile as it is stand above its next store, which is the first below the
    /// next fabric.</summary>
    Mark,

    /// <summary>The next fabrics.</summary>
    Cross,

    /// <summary>The compute units.</summary>
    End,
}

/// <summary>A step, and the state that it leads to.</summary>
internal readonly record struct Step(StepKind Kind, Operand Operand, int Level, StoreState Next);

/// <summary>The memories of a hierarchy in segments between fabrics, and the steps that a nest can take through them.</summary>
internal sealed class StoreSpace
{
    private static readonly Operand[] All = [Operand.Activations, Operand.Weights, Operand.Outputs];

    private readonly Hierarchy _hierarchy;
    private readonly int[] _segments;
    private readonly Dictionary<StoreState, Step[]> _steps = [];

    /// <summary>Of a hierarchy.</summary>
    public StoreSpace(Hierarchy hierarchy)
    {
        _hierarchy = hierarchy;
        _segments = new int[hierarchy.Levels.Length];
        var blocks = ImmutableArray.CreateBuilder<ImmutableArray<(int Level, int Axis)>>();
        for (int level = 0, segment = 0; level < hierarchy.Levels.Length; level++)
        {
            if (hierarchy.Levels[level] is FabricLevel fabric)
            {
                if (hierarchy.Levels[level - 1] is not FabricLevel) segment++;
                if (blocks.Count < segment) blocks.Add([]);
                blocks[segment - 1] = blocks[segment - 1].AddRange(Enumerable.Range(0, fabric.Axes.Length).Select(a => (level, a)));
            }
            _segments[level] = segment;
        }
        Blocks = blocks.ToImmutable();
    }

    /// <summary>Axes of neighbouring fabrics, outermost block first; segment k lies above block k.</summary>
    public ImmutableArray<ImmutableArray<(int Level, int Axis)>> Blocks { get; }

    /// <summary>Number of the segment of a memory.</summary>
    public int Segment(int level) => _segments[level];

    /// <summary>All steps from a state.</summary>
    public Step[] Steps(StoreState state)
    {
        if (_steps.TryGetValue(state, out Step[]? known)) return known;
        var steps = new List<Step>();
        for (int level = 1; level < _hierarchy.Levels.Length; level++)
            foreach (Operand operand in All)
            {
                if (!Keeps(operand, level) || (int)operand == state.Pending || Skips(operand, state.Last(operand), level)) continue;
                if (level <= state.Last(operand)) continue;
                if (Segment(level) == state.Segment) steps.Add(new(StepKind.Store, operand, level, state.With(operand, level)));
                if (Segment(level) > state.Segment && state.Pending < 0)
                    steps.Add(new(StepKind.Mark, operand, level, state with { Pending = (int)operand, Target = level }));
            }
        if (state.Pending >= 0 && Segment(state.Target) == state.Segment)
            foreach (StoreState next in Resolve(state, state))
                steps.Add(new(StepKind.Store, (Operand)state.Pending, state.Target, next));
        int end = Array.FindLastIndex(_segments, s => s == state.Segment) + 1;
        if (All.All(o => !Skips(o, state.Last(o), end)) && (state.Pending < 0 || Segment(state.Target) > state.Segment))
        {
            StoreState below = state with { Segment = state.Segment + 1 };
            if (state.Segment == Blocks.Length) steps.Add(new(StepKind.End, default, 0, state));
            else if (state.Pending < 0 || Segment(state.Target) > below.Segment) steps.Add(new(StepKind.Cross, default, 0, below));
            else steps.AddRange(Resolve(state, below).Select(n => new Step(StepKind.Cross, default, 0, n)));
        }
        return _steps[state] = [.. steps];
    }

    // With the pending store: then nothing is pending, or, while no loop that moves its tile follows, its next store.
    private IEnumerable<StoreState> Resolve(StoreState state, StoreState at)
    {
        var operand = (Operand)state.Pending;
        StoreState next = at.With(operand, state.Target);
        yield return next with { Pending = -1, Target = 0 };
        for (int level = state.Target + 1; level < _hierarchy.Levels.Length; level++)
            if (Keeps(operand, level) && !Skips(operand, state.Target, level)) yield return next with { Target = level };
    }

    private bool Keeps(Operand operand, int level) =>
        _hierarchy.Levels[level] is MemoryLevel memory && memory.Keeps[operand] != Keeping.Bypass;

    // Whether a memory that must keep the operand lies between two levels.
    private bool Skips(Operand operand, int from, int to)
    {
        for (int level = from + 1; level < to; level++)
            if (_hierarchy.Levels[level] is MemoryLevel memory && memory.Keeps[operand] == Keeping.Must) return true;
        return false;
    }
}
